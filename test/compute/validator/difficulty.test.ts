import { test } from "#test";
import { assert } from "chai";
import { nextDifficulty } from "../../../core/compute/validator/difficulty.ts";

/** Of a miner with so many successes, failures of the last 20, and a mean of the last successes. */
function next(successes: number, lastFailed: number, lastDifficultyMean: number): number {
  return nextDifficulty({
    ...{ attempts: 60, successes, failed: 60 - successes, elapsedMeanS: 1 },
    ...{ difficultyMean: lastDifficultyMean, lastFailed, lastDifficultyMean },
  });
}

/** Successes, failures of the last 20, mean difficulty, and what comes next. */
const CASES: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 7],
  [4, 0, 12, 7],
  [5, 0, 7, 9],
  [5, 1, 7, 9],
  [5, 2, 7, 8],
  [5, 3, 7, 8],
  [5, 4, 7, 7],
  [5, 5, 9, 9],
  [5, 6, 9, 8],
  [5, 20, 7, 7],
  [60, 0, 11, 12],
  [60, 0, 12, 12],
  [60, 2, 12, 12],
  [60, 6, 12, 11],
  [60, 0, 7.05, 10],
  [60, 4, 7.05, 8],
  [60, 0, 0, 9],
];
for (const [successes, failed, mean, expected] of CASES) {
  test(`after ${successes} successes, ${failed} late failures and ${mean} comes ${expected}`, () => {
    assert.equal(next(successes, failed, mean), expected);
  });
}
