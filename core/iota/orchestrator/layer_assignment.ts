/**
 * Which layer a miner works for, so that no layer holds the others up.
 *
 * @module
 */

/** A miner as the balance sees it. */
export interface Workforce {
  readonly layer: number;
  /** Mean milliseconds of a piece of work; 0 for not known. */
  readonly meanWorkMs: number;
}

/** A layer must be as many times stronger than the weakest before a miner is taken from it. */
const MOVE_RATIO = 2;

/**
 * Pieces of work that each layer gets done, by layer. A miner whose speed is not known counts as the
 * mean of its layer, or as that of all; only the ratios mean something if none is known.
 */
export function layerStrengths(miners: readonly Workforce[], layers: number): number[] {
  const sums = Array.from({ length: layers }, () => ({ miners: 0, known: 0, rate: 0 }));
  const all = { known: 0, rate: 0 };
  for (const { layer, meanWorkMs } of miners) {
    if (layer >= layers) continue;
    sums[layer].miners += 1;
    if (meanWorkMs <= 0) continue;
    for (const sum of [sums[layer], all]) {
      sum.known += 1;
      sum.rate += 1 / meanWorkMs;
    }
  }
  const anyRate = all.known > 0 ? all.rate / all.known : 1;
  return sums.map(({ miners, known, rate }) => miners * (known > 0 ? rate / known : anyRate));
}

/** The layer that needs a newcomer most: an empty one, or the weakest; the first of several. */
export function chooseLayer(miners: readonly Workforce[], layers: number): number {
  const strengths = layerStrengths(miners, layers);
  return strengths.indexOf(Math.min(...strengths));
}

/**
 * The layer of a miner that comes back. It keeps its own, unless that does much better without it
 * than the weakest does.
 *
 * @param others all miners but this one
 */
export function keepOrMove(
  own: number,
  others: readonly Workforce[],
  layers: number,
): number {
  if (own >= layers) return chooseLayer(others, layers);
  const strengths = layerStrengths(others, layers);
  const weakest = Math.min(...strengths);
  const isNeeded = strengths[own] === 0 || strengths[own] < MOVE_RATIO * weakest;
  return isNeeded ? own : strengths.indexOf(weakest);
}
