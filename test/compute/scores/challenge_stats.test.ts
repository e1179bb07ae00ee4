import { test } from "#test";
import { assert } from "chai";
import {
  type ChallengeOutcome,
  challengeStats,
} from "../../../core/compute/scores/challenge_stats.ts";

/** The newest first: `7` is a success of that difficulty, `-7` a failure. */
function rows(...difficulties: readonly number[]): ChallengeOutcome[] {
  return difficulties.map((difficulty) => ({
    ...{
      success: difficulty > 0,
      elapsedS: Math.abs(difficulty),
      difficulty: Math.abs(difficulty),
    },
  }));
}

test("of no rows there is nothing", () => {
  assert.deepEqual(challengeStats([]), {
    ...{ attempts: 0, successes: 0, failed: 0, elapsedMeanS: 0, difficultyMean: 0 },
    ...{ lastFailed: 0, lastDifficultyMean: 0 },
  });
});

test("means are those of successes alone", () => {
  const { elapsedMeanS, difficultyMean, failed } = challengeStats(rows(7, -12, 9));
  assert.deepEqual([elapsedMeanS, difficultyMean, failed], [8, 8, 1]);
});

test("no more than 60 rows count", () => {
  const many = rows(...Array(60).fill(7), ...Array(40).fill(-7));
  assert.deepInclude(challengeStats(many), { attempts: 60, successes: 60, failed: 0 });
});

test("failures of the last 20 are those of the newest rows", () => {
  const many = rows(...Array(15).fill(7), ...Array(10).fill(-7));
  assert.deepInclude(challengeStats(many), { failed: 10, lastFailed: 5 });
});

test("the last difficulty is that of the last 20 successes, however many failures lie between", () => {
  const many = rows(...Array(25).fill(-12), ...Array(20).fill(8), ...Array(10).fill(12));
  assert.deepInclude(challengeStats(many), { lastFailed: 20, lastDifficultyMean: 8 });
});
