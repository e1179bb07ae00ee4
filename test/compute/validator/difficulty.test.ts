import { test } from "#test";
import { assert } from "chai";
import type { ChallengeStats } from "../../../core/compute/scores/challenge_stats.ts";
import { nextDifficulty, nextDifficulty130 } from "../../../core/compute/validator/difficulty.ts";

/** Of a miner with so many successes, failures of the last 20, and a mean of the last successes. */
function miner(successes: number, lastFailed: number, lastDifficultyMean: number): ChallengeStats {
  return {
    ...{ attempts: 60, successes, failed: 60 - successes, elapsedMeanS: 1 },
    ...{ difficultyMean: lastDifficultyMean, lastFailed, lastDifficultyMean },
  };
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
    assert.equal(nextDifficulty(miner(successes, failed, mean)), expected);
  });
}

/** The same for 1.3.0, as its Python gave it; the last three where that one leaves the bounds. */
const CASES_130: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 6],
  [19, 0, 12, 6],
  [20, 0, 6, 7],
  [20, 0, 7.05, 9],
  [20, 1, 8, 8],
  [20, 2, 8, 7],
  [60, 20, 9.95, 9],
  [60, 0, 11, 12],
  [60, 0, 12, 12],
  [20, 2, 6, 6],
  [20, 20, 0, 6],
];
for (const [successes, failed, mean, expected] of CASES_130) {
  test(`in 1.3.0, after ${successes}, ${failed} and ${mean} comes ${expected}`, () => {
    assert.equal(nextDifficulty130(miner(successes, failed, mean)), expected);
  });
}

for (const [next, least] of [[nextDifficulty, 7], [nextDifficulty130, 6]] as const) {
  test(`${next.name} stays between ${least} and 12, and never rises with failures`, () => {
    for (let mean = 0; mean <= 20; mean += 0.25) {
      let before = 12;
      for (let lastFailed = 0; lastFailed <= 20; lastFailed++) {
        const difficulty = next(miner(60, lastFailed, mean));
        assert.isAtLeast(difficulty, least);
        assert.isAtMost(difficulty, before);
        before = difficulty;
      }
    }
  });
}
