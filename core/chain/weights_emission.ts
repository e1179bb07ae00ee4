/**
 * From a validator's weights to the whole numbers that the chain takes.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** The weight of the best neuron; the chain scales whatever it gets so that this is the largest. */
export const MAX_WEIGHT = 65535;

/** Uids and their weights from 1 to 65535, pair by pair. */
export interface EmittedWeights {
  readonly uids: number[];
  readonly values: number[];
}

/**
 * `w / max(w) * 65535`, rounded half to even as Python rounds, without those that become 0:
 * `convert_weights_and_uids_for_emit` of the Python SDK 10.2. All zeros give no weights at all.
 *
 * @throws {UsageError} for a weight that is negative or not finite, a uid that is none or comes
 *   twice, and lists of different lengths
 */
export function emittedWeights(
  uids: readonly number[],
  weights: ArrayLike<number>,
): EmittedWeights {
  checkWeights(uids, weights);
  const largest = Array.from(weights).reduce((a, b) => Math.max(a, b), 0);
  const emitted: EmittedWeights = { uids: [], values: [] };
  if (largest === 0) return emitted;
  uids.forEach((uid, i) => {
    const value = roundHalfToEven(weights[i] / largest * MAX_WEIGHT);
    if (value === 0) return;
    emitted.uids.push(uid);
    emitted.values.push(value);
  });
  return emitted;
}

function checkWeights(uids: readonly number[], weights: ArrayLike<number>): void {
  if (uids.length !== weights.length) {
    throw new UsageError(`${uids.length} uids with ${weights.length} weights: one for each uid`);
  }
  const seen = new Set<number>();
  uids.forEach((uid, i) => {
    if (!Number.isInteger(uid) || uid < 0 || uid > 65535) {
      throw new UsageError(`${uid} is no uid: a whole number from 0 to 65535`);
    }
    if (seen.has(uid)) throw new UsageError(`uid ${uid} has two weights`);
    seen.add(uid);
    if (!(weights[i] >= 0 && weights[i] < Infinity)) {
      throw new UsageError(`the weight of uid ${uid} is ${weights[i]}: it must be 0 or more`);
    }
  });
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
