/**
 * Pathways of a swarm that learns, with miners of known effect.
 *
 * @module
 */

import { Clasp, type ClaspOptions, type Pathway } from "../../../core/iota/orchestrator/clasp.ts";

/** What a simulated swarm is like. */
export interface SimulatedSwarm {
  readonly layers: number;
  readonly perLayer: number;
  readonly pathways: number;
  /** Nats that some miners add to a loss, by name: `2-0` is the first of layer 2. */
  readonly effects?: Readonly<Record<string, number>>;
  /** Standard deviation of a loss, in nats; that of text. @default {0.2} */
  readonly noise?: number;
  /** Share of losses whose deviation is ten times as large. @default {0} */
  readonly wildShare?: number;
  /** Standard deviation of what honest miners differ by. @default {0} */
  readonly spread?: number;
  /** Chooses the miner of a layer. @default evenly */
  readonly route?: (layer: number, random: () => number, chosen: readonly number[]) => number;
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Losses fall from about 6 to 2, smoothly and by a step at each merge. */
export function simulate(swarm: SimulatedSwarm, seed: number): Pathway[] {
  const { layers, perLayer, pathways, noise = 0.2, wildShare = 0, spread = 0 } = swarm;
  const random = seededRandom(seed);
  const own = Array.from(
    { length: layers },
    () => Array.from({ length: perLayer }, () => spread * normal(random)),
  );
  return Array.from({ length: pathways }, (_, i) => {
    const chosen: number[] = [];
    let loss = 2 + 4 * Math.exp(-i / 600) - 0.1 * Math.min(10, Math.floor(i / 320));
    for (let layer = 0; layer < layers; layer++) {
      const miner = swarm.route?.(layer, random, chosen) ?? Math.floor(random() * perLayer);
      chosen.push(miner);
      loss += own[layer][miner] + (swarm.effects?.[`${layer}-${miner}`] ?? 0);
    }
    loss += noise * normal(random) * (random() < wildShare ? 10 : 1);
    return { hotkeys: chosen.map((miner, layer) => `${layer}-${miner}`), loss };
  });
}

/** The credit of a simulated swarm. */
export function creditOf(swarm: SimulatedSwarm, seed: number, options?: ClaspOptions): Clasp {
  const clasp = new Clasp(options);
  for (const pathway of simulate(swarm, seed)) clasp.add(pathway);
  return clasp;
}

/** Hotkeys of the miners that stand out. */
export function outliersOf(clasp: Clasp): string[] {
  return clasp.report().miners.filter(({ outlier }) => outlier).map(({ hotkey }) => hotkey);
}
