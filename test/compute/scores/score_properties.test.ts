/**
 * What must hold of every formula, whichever miner it scores.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { type ScoreName, SCORES } from "../../../core/compute/scores/scores.ts";
import type { ScoreInput } from "../../../core/compute/scores/score_input.ts";

const NAMES = Object.keys(SCORES) as ScoreName[];
/** Of one challenge each. */
const SINGLE: readonly ScoreName[] = ["guide", "1.1.0", "1.2.0"];
/** These take penalties off that may be more than all there is. */
const NEGATIVE: readonly ScoreName[] = ["1.3.0-first", "1.3.0"];
const MINERS = 500;
/** A sum of a few terms may round the other way when one of them grows: last digits, near 1 or 41. */
const ROUNDING = 1e-14;

/** Numbers from 0 to 1, the same in every run: the multiplier is that of `minstd_rand`. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
}

/** Miners as they may be, and some with figures that no row gives. */
function miners(): ScoreInput[] {
  const next = numbers(1);
  const upTo = (most: number): number => Math.floor(next() * (most + 1));
  return Array.from({ length: MINERS }, () => {
    const attempts = upTo(60);
    const successes = upTo(attempts);
    const [elapsedS, difficulty] = [next() < 0.1 ? 0 : next() * 45, upTo(15)];
    return {
      stats: {
        ...{ attempts, successes, failed: attempts - successes, lastFailed: upTo(20) },
        ...{ elapsedMeanS: elapsedS, difficultyMean: difficulty, lastDifficultyMean: upTo(15) },
      },
      latest: next() < 0.1 ? undefined : { success: next() < 0.8, elapsedS, difficulty },
      ...{ hasDocker: next() < 0.7, returnsSpecs: next() < 0.7, isAllocated: next() < 0.3 },
      penalties: { count: upTo(5), validators: upTo(8) },
      bestScore: next(),
    };
  });
}

/** The second miner has no less weight than the first; there is none below 0. */
function assertRises(name: ScoreName, worse: ScoreInput, better: ScoreInput): void {
  const [low, high] = [worse, better].map((miner) => Math.max(0, SCORES[name].score(miner)));
  assert.isAtLeast(high, low - ROUNDING, `${JSON.stringify(worse)} ${JSON.stringify(better)}`);
}

function withStats(miner: ScoreInput, stats: Partial<ScoreInput["stats"]>): ScoreInput {
  return { ...miner, stats: { ...miner.stats, ...stats } };
}

for (const name of NAMES) {
  const { score, description, commit } = SCORES[name];

  test(`${name} gives every miner a number`, () => {
    for (const miner of miners()) assert.isTrue(Number.isFinite(score(miner)));
  });

  test(`${name} tells its commit, and what it is in one line`, () => {
    assert.match(commit, /^[0-9a-f]{7}$/);
    assert.match(description, /^[^\n]{20,120}\.$/);
  });

  if (!NEGATIVE.includes(name)) {
    test(`${name} is never negative`, () => {
      for (const miner of miners()) assert.isAtLeast(score(miner), 0);
    });
  }

  test(`${name} never falls with successes in place of failures`, () => {
    for (const miner of miners()) {
      const { attempts, successes } = miner.stats;
      if (successes === attempts) continue;
      const better = { successes: successes + 1, failed: attempts - successes - 1 };
      assertRises(name, miner, withStats(miner, better));
    }
  });

  test(`${name} never rises with one more late failure`, () => {
    for (const miner of miners()) {
      const worse = withStats(miner, { lastFailed: miner.stats.lastFailed + 1 });
      assertRises(name, worse, miner);
    }
  });

  test(`${name} never falls with faster answers`, () => {
    for (const miner of miners().filter(({ stats }) => stats.elapsedMeanS > 0)) {
      const { elapsedMeanS } = miner.stats;
      const better = withStats(miner, { elapsedMeanS: elapsedMeanS / 2 });
      const latest = miner.latest && { ...miner.latest, elapsedS: miner.latest.elapsedS / 2 };
      assertRises(name, miner, { ...better, latest });
    }
  });

  test(`${name} never falls with difficulty, for answers in time`, () => {
    for (const miner of miners().filter(({ stats }) => stats.elapsedMeanS <= 30)) {
      const { difficultyMean, lastDifficultyMean } = miner.stats;
      const better = withStats(miner, {
        difficultyMean: difficultyMean + 0.5,
        lastDifficultyMean: lastDifficultyMean + 0.5,
      });
      const latest = miner.latest &&
        { ...miner.latest, difficulty: miner.latest.difficulty + 1 };
      assertRises(name, miner, { ...better, latest });
    }
  });

  test(`${name} changes nothing that it is given`, () => {
    const [miner] = miners();
    const before = structuredClone(miner);
    score(miner);
    assert.deepEqual(miner, before);
  });
}

test("1.3.0 gives a poor miner less than one that fails altogether, as published", () => {
  const [miner] = miners().filter(({ isAllocated }) => !isAllocated);
  const poor = withStats(miner, {
    ...{ attempts: 60, successes: 1, failed: 59, lastFailed: 9 },
    ...{ elapsedMeanS: 29, difficultyMean: 7 },
  });
  assert.isBelow(SCORES["1.3.0"].score(poor), 0);
  assert.equal(SCORES["1.3.0"].score(withStats(poor, { lastFailed: 10 })), 0);
});

for (const name of SINGLE) {
  test(`${name} looks at nothing but the last challenge`, () => {
    const [first, second] = miners();
    const latest = { success: true, elapsedS: 3, difficulty: 7 };
    const isAllocated = false;
    assert.equal(
      SCORES[name].score({ ...first, latest, isAllocated }),
      SCORES[name].score({ ...second, latest, isAllocated }),
    );
  });
}

for (
  const [name, most, difficulty] of [["guide", 41, 100], ["1.1.0", 41, 9], [
    "1.2.0",
    15,
    7,
  ]] as const
) {
  test(`${name} gives ${most} at most`, () => {
    const latest = { success: true, elapsedS: 0, difficulty };
    for (const miner of miners()) {
      assert.isAtMost(SCORES[name].score({ ...miner, latest }), most);
    }
  });
}

/** Of the miner below, what 1.5.3 gave where so many of so many validators punish it. */
const PUNISHED: readonly (readonly [number, number, boolean, number])[] = [
  [0, 0, false, 0.7645488271019893],
  [1, 0, false, 0],
  [1, 1, false, 0],
  [1, 3, false, 0.25484960903399645],
  [2, 3, false, 0],
  [2, 7, false, 0.32766378304370974],
  [3, 7, true, 0.112877063175868],
  [4, 8, false, 0],
  [5, 4, false, 0],
];
for (const [count, validators, isAllocated, expected] of PUNISHED) {
  const who = isAllocated ? "a reserved miner" : "a miner";
  test(`${who} that ${count} of ${validators} validators punish has ${expected}`, () => {
    const stats = {
      ...{ attempts: 60, successes: 54, failed: 6, elapsedMeanS: 6, difficultyMean: 9 },
      ...{ lastFailed: 2, lastDifficultyMean: 9.5 },
    };
    const miner = { stats, latest: undefined, hasDocker: true, returnsSpecs: true, bestScore: 0 };
    const input = { ...miner, isAllocated, penalties: { count, validators } };
    assert.equal(SCORES["1.5.3"].score(input), expected);
  });
}
