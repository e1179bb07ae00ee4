/**
 * Each formula beside what the published Python of its commit gave for the same miners, to the last
 * bit.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { type ScoreName, SCORES } from "../../../core/compute/scores/scores.ts";
import type { ScoreInput } from "../../../core/compute/scores/score_input.ts";
import vectors from "./score_vectors.json" with { type: "json" };

const NOTHING: ScoreInput = {
  stats: {
    ...{ attempts: 0, successes: 0, failed: 0, elapsedMeanS: 0, difficultyMean: 0 },
    ...{ lastFailed: 0, lastDifficultyMean: 0 },
  },
  latest: undefined,
  ...{ hasDocker: true, returnsSpecs: true, isAllocated: false, bestScore: 0 },
  penalties: { count: 0, validators: 4 },
};

/** The miner of a vector. */
function inputOf(of: (typeof vectors.cases)[number]): ScoreInput {
  return {
    stats: {
      ...{ attempts: of.attempts, successes: of.successes, failed: of.failed },
      ...{ elapsedMeanS: of.elapsed, difficultyMean: of.difficulty },
      ...{ lastFailed: of.last_failed, lastDifficultyMean: of.last_difficulty },
    },
    latest: undefined,
    ...{ hasDocker: of.docker, returnsSpecs: of.specs, isAllocated: of.allocated },
    penalties: { count: of.penalties, validators: of.validators },
    bestScore: of.best,
  };
}

function formulaOf(commit: string): (input: ScoreInput) => number {
  const found = Object.values(SCORES).find((formula) => formula.commit === commit);
  if (!found) throw new Error(`no formula of ${commit}`);
  return (input) => found.score(input);
}

for (const [commit, expected] of Object.entries(vectors.scores)) {
  test(`the formula of ${commit} gives what Python gave, for ${expected.length} miners`, () => {
    const score = formulaOf(commit);
    for (const [at, miner] of vectors.cases.entries()) {
      assert.equal(score(inputOf(miner)), expected[at], `miner ${at}`);
    }
  });
}

for (const [commit, rows] of Object.entries(vectors.single)) {
  test(`the formula of ${commit} gives what Python gave, challenge by challenge`, () => {
    for (const [success, elapsedS, difficulty, isAllocated, expected] of rows) {
      const latest = {
        ...{
          success: Boolean(success),
          elapsedS: Number(elapsedS),
          difficulty: Number(difficulty),
        },
      };
      const input = { ...NOTHING, latest, isAllocated: Boolean(isAllocated) };
      assert.equal(formulaOf(commit)(input), expected);
    }
  });
}

test("the guide's examples come out to the last digit", () => {
  const latest = { success: true, elapsedS: 4, difficulty: 6 };
  assert.equal(SCORES.guide.score({ ...NOTHING, latest }), 8.2865);
  const hard = { success: true, elapsedS: 16, difficulty: 8 };
  const registered = { ...NOTHING, latest: hard, isAllocated: true };
  assert.equal(SCORES.guide.score(registered), 24.835058823529412);
});

for (const name of Object.keys(SCORES) as ScoreName[]) {
  test(`${name} gives a number for a miner of which nothing is known`, () => {
    assert.isTrue(Number.isFinite(SCORES[name].score(NOTHING)));
  });
}

test("the broken one gives 0 to everybody", () => {
  for (const miner of vectors.cases) {
    assert.equal(SCORES["1.4.1-broken"].score(inputOf(miner)), 0);
  }
});

for (const name of ["1.3.9", "1.4.2", "1.5.3"] as const) {
  test(`${name} never gives less for one success more`, () => {
    const of = (successes: number): number => {
      const stats = {
        ...{ attempts: 60, successes, failed: 60 - successes, elapsedMeanS: 5, difficultyMean: 9 },
        ...{ lastFailed: 0, lastDifficultyMean: 9 },
      };
      return SCORES[name].score({ ...NOTHING, stats });
    };
    for (let successes = 0; successes < 60; successes++) {
      assert.isAtLeast(of(successes + 1), of(successes));
    }
  });
}
