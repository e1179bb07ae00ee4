/**
 * Credit in the way of CLASP (contribution loss assessment via sampling of pathways): from the
 * pathways that batches took and the losses they ended with, the effect of each miner on the loss.
 *
 * In a model that adds up, a miner's Shapley value is its effect against its layer's mean, which
 * least squares estimate from the pathways that happened. Shown are effects against the middle miner
 * of the layer: one bad miner then does not make the others look good. A miner is an outlier if its
 * effect is more than noise and more than what honest miners differ by, over all miners together.
 *
 * Limits: in a layer of one miner nothing can be told; in a layer of two, or one half of which is
 * bad, the half with the higher loss is taken for the bad one; miners of two layers that always work
 * together share what they do. The last layer reports the losses: a liar there lowers them, and
 * shows as "too good".
 *
 * Source: F. Quinque et al., Incentivised Orchestrated Training Architecture (IOTA): A Technical
 * Primer for Release, 2025, arXiv:2507.17766.
 *
 * @module
 */

import { type Fit, fitPathways, parameterCount, type Pathways } from "./pathway_regression.ts";
import {
  discoveries,
  median,
  normalOfStudent,
  spreadWithin,
  twoSidedTail,
} from "./robust_statistics.ts";

/** The way of one batch. */
export interface Pathway {
  /** By layer: who ran it. */
  readonly hotkeys: readonly string[];
  /** In nats a token. */
  readonly loss: number;
}

/** What a miner does to the loss. */
export interface MinerCredit {
  readonly hotkey: string;
  readonly layer: number;
  /** Pathways of the window that it was part of. */
  readonly pathways: number;
  /** Nats that it adds to a loss, against the middle miner of its layer; null if not known yet. */
  readonly effect: number | null;
  /** Standard error of the effect, in nats. */
  readonly standardError: number | null;
  /** Whether it stands out, and how. */
  readonly outlier: "harmful" | "too good" | null;
}

/** The credit of all miners. */
export interface CreditReport {
  /** Pathways of the window. */
  readonly pathways: number;
  /** Standard deviation of a loss around what time and miners explain, in nats; null if unknown. */
  readonly noise: number | null;
  /** By layer, then by hotkey. */
  readonly miners: readonly MinerCredit[];
}

/** See {@linkcode Clasp}. */
export interface ClaspOptions {
  /** Pathways that are looked at, the latest. @default {4096} */
  readonly window?: number;
  /** Share of false ones among all outliers that is put up with. @default {0.001} */
  readonly falseRate?: number;
  /** Smaller effects are of no account, in nats. @default {0.01} */
  readonly leastEffect?: number;
}

/** Part of the window that is looked at by itself, so that who turns bad is found soon. */
const RECENT_SHARE = 1 / 8;
/** Pathways from which on a miner is judged. */
const LEAST_PATHWAYS = 8;
/** Pathways for each number that is estimated, from which on anything is. */
const LEAST_SHARE = 3;
/** Miners whose standard error is worked out with all their company; others' as if it were even. */
const MAX_EXACT = 32;
/** Deviations from which on the exact standard error matters. */
const SUSPECT = 2.5;
/** Differences between miners, from which on it is asked what honest ones differ by. */
const LEAST_COMPARISONS = 6;
/** What the estimate of the honest spread is worth of the degrees of freedom that it has. */
const SPREAD_EFFICIENCY = 0.5;
/** Variance of a median of few values against that of their mean, less what both share. */
const MEDIAN_COST = Math.PI / 2 - 1;

/** Keeps the latest pathways and judges miners by them. */
export class Clasp {
  readonly #window: number;
  readonly #falseRate: number;
  readonly #leastEffect: number;
  /** A ring; the oldest is at `#next` once it is full. */
  readonly #pathways: Pathway[] = [];
  #next = 0;
  #report: CreditReport | undefined;

  constructor({ window = 4096, falseRate = 0.001, leastEffect = 0.01 }: ClaspOptions = {}) {
    this.#window = window;
    this.#falseRate = falseRate;
    this.#leastEffect = leastEffect;
  }

  /** Takes a pathway in place of the oldest; one whose loss is not finite tells nothing. */
  add(pathway: Pathway): void {
    if (!Number.isFinite(pathway.loss)) return;
    this.#pathways[this.#next] = pathway;
    this.#next = (this.#next + 1) % this.#window;
    this.#report = undefined;
  }

  /** The credit as of the latest pathway. */
  report(): CreditReport {
    return this.#report ??= this.#judge();
  }

  /** Whoever stands out lately is shown as of lately: in the long run it would look better. */
  #judge(): CreditReport {
    const ordered = [...this.#pathways.slice(this.#next), ...this.#pathways.slice(0, this.#next)];
    const whole = this.#judgePathways(ordered);
    const recent = Math.ceil(this.#window * RECENT_SHARE);
    if (ordered.length <= recent) return whole;
    const lately = this.#judgePathways(ordered.slice(-recent)).miners;
    const outliers = new Map(
      lately.filter(({ outlier }) => outlier !== null).map((each) => [keyOf(each), each]),
    );
    const miners = whole.miners.map((miner) => {
      const { effect, standardError, outlier } = outliers.get(keyOf(miner)) ?? miner;
      return { ...miner, effect, standardError, outlier };
    });
    return { ...whole, miners };
  }

  #judgePathways(ordered: readonly Pathway[]): CreditReport {
    const { pathways, hotkeys } = numbered(ordered);
    const { layers, layerOf } = pathways;
    const count = ordered.length;
    const isEnough = count >= LEAST_SHARE * parameterCount(count, hotkeys.length, layers);
    const fit = isEnough ? fitPathways(pathways) : undefined;
    const judged = fit ? this.#outliers(fit, layerOf, layers) : [];
    const seen = countsOf(pathways);
    const miners = hotkeys.map((hotkey, miner): MinerCredit => ({
      hotkey,
      layer: layerOf[miner],
      pathways: seen[miner],
      ...judged[miner] ?? UNKNOWN,
    }));
    const order = (a: MinerCredit, b: MinerCredit): number =>
      a.layer - b.layer || (a.hotkey < b.hotkey ? -1 : 1);
    return { pathways: count, noise: fit?.noise ?? null, miners: miners.sort(order) };
  }

  /** By miner: its effect, or undefined where nothing can be told. */
  #outliers(fit: Fit, layerOf: Int32Array, layers: number): (Judgement | undefined)[] {
    const groups = groupsOf(fit, layerOf, layers);
    const variances = evenVariances(groups, fit);
    const spread = honestSpread(groups, fit, variances);
    const effects = relativeEffects(groups, fit);
    const sizeOf = (miner: number): number =>
      Math.abs(effects[miner]) / Math.sqrt(variances[miner] + spread);
    const known = groups.flat().sort((a, b) => sizeOf(b) - sizeOf(a));
    for (const miner of known.slice(0, MAX_EXACT)) {
      if (sizeOf(miner) < SUSPECT) break;
      const exact = fit.noise ** 2 * fit.unitVariance(miner);
      variances[miner] = Math.max(variances[miner], exact);
    }
    const tails = known.map((miner) => {
      const freedom = freedomOf(groups, spread, variances[miner]);
      return twoSidedTail(normalOfStudent(sizeOf(miner), freedom));
    });
    const found = discoveries(tails, this.#falseRate);
    const judged: (Judgement | undefined)[] = [];
    known.forEach((miner, i) => {
      const isOutlier = found[i] && Math.abs(effects[miner]) >= this.#leastEffect &&
        !isBetterOfTwo(groups[layerOf[miner]], effects[miner]);
      judged[miner] = {
        effect: effects[miner],
        standardError: Math.sqrt(variances[miner]),
        outlier: !isOutlier ? null : effects[miner] > 0 ? "harmful" : "too good",
      };
    });
    return judged;
  }
}

type Judgement = Pick<MinerCredit, "effect" | "standardError" | "outlier">;

const UNKNOWN: Judgement = { effect: null, standardError: null, outlier: null };

function keyOf({ layer, hotkey }: MinerCredit): string {
  return `${layer} ${hotkey}`;
}

/** Pathways in numbers; a miner that has changed its layer is two. */
function numbered(ordered: readonly Pathway[]): { pathways: Pathways; hotkeys: string[] } {
  const layers = ordered.reduce((most, { hotkeys }) => Math.max(most, hotkeys.length), 0);
  const miners = new Int32Array(ordered.length * layers).fill(-1);
  const known = Array.from({ length: layers }, () => new Map<string, number>());
  const hotkeys: string[] = [];
  const layerOf: number[] = [];
  ordered.forEach((pathway, row) => {
    pathway.hotkeys.forEach((hotkey, layer) => {
      let miner = known[layer].get(hotkey);
      if (miner === undefined) {
        miner = hotkeys.push(hotkey) - 1;
        layerOf.push(layer);
        known[layer].set(hotkey, miner);
      }
      miners[row * layers + layer] = miner;
    });
  });
  const losses = Float64Array.from(ordered, ({ loss }) => loss);
  return { pathways: { losses, miners, layers, layerOf: Int32Array.from(layerOf) }, hotkeys };
}

function countsOf({ miners, layerOf }: Pathways): Float64Array {
  const counts = new Float64Array(layerOf.length);
  for (const miner of miners) if (miner >= 0) counts[miner] += 1;
  return counts;
}

/** By layer: the miners that can be compared with each other. */
function groupsOf(fit: Fit, layerOf: Int32Array, layers: number): number[][] {
  const groups = Array.from({ length: layers }, (): number[] => []);
  layerOf.forEach((layer, miner) => {
    if (fit.counts[miner] >= LEAST_PATHWAYS) groups[layer].push(miner);
  });
  return groups.map((group) => group.length > 1 ? group : []);
}

/** Variances of effects against the layer's middle, if every miner met every other evenly. */
function evenVariances(groups: readonly number[][], fit: Fit): Float64Array {
  const variances = new Float64Array(fit.counts.length);
  for (const group of groups) {
    const shared = group.reduce((sum, miner) => sum + 1 / fit.counts[miner], 0) / group.length ** 2;
    for (const miner of group) {
      const own = (1 - 1 / group.length) / fit.counts[miner];
      variances[miner] = fit.noise ** 2 * (own + (group.length > 2 ? MEDIAN_COST * shared : 0));
    }
  }
  return variances;
}

/** Variance of what honest miners differ by besides noise; 0 where too few are there to tell. */
function honestSpread(groups: readonly number[][], fit: Fit, variances: Float64Array): number {
  if (comparisons(groups) < LEAST_COMPARISONS) return 0;
  const compared = groups.flat();
  const spread = spreadWithin(groups.map((group) => group.map((miner) => fit.effects[miner])));
  return Math.max(0, spread ** 2 - median(compared.map((miner) => variances[miner])));
}

/** Degrees of freedom of an effect's deviation: few where most of it is the spread, an estimate. */
function freedomOf(groups: readonly number[][], spread: number, variance: number): number {
  return SPREAD_EFFICIENCY * comparisons(groups) * ((variance + spread) / spread) ** 2;
}

/** How many differences between miners are independent of each other. */
function comparisons(groups: readonly number[][]): number {
  return groups.reduce((sum, { length }) => sum + Math.max(0, length - 1), 0);
}

/** Effects against the middle miner of the layer; of two, against their mean. */
function relativeEffects(groups: readonly number[][], fit: Fit): Float64Array {
  const effects = new Float64Array(fit.effects.length);
  for (const group of groups) {
    const middle = median(group.map((miner) => fit.effects[miner]));
    for (const miner of group) effects[miner] = fit.effects[miner] - middle;
  }
  return effects;
}

/** Of two that differ only one is at fault, more likely that with the higher loss. */
function isBetterOfTwo(group: readonly number[], effect: number): boolean {
  return group.length === 2 && effect < 0;
}
