/**
 * Formulas of 1.3: a weighted sum of the share of successes, their difficulty and their time, less a
 * penalty for each failure.
 *
 * Source: neuralinternet/compute-subnet @ f246e2a, dca07cb, 59322a8, 0d921c1 and baca54a,
 * `calculate_score.py`.
 *
 * @module
 */

import { percent, percentOfTime, percentYield } from "./percent.ts";
import { type ScoreFormula, type ScoreInput, TIMEOUT_S } from "./score_input.ts";

interface SuccessRatio {
  readonly maxDifficulty: number;
  readonly weights: {
    readonly success: number;
    readonly difficulty: number;
    readonly time: number;
  };
  readonly time: (a: number, b: number) => number;
  /** For each failure of the last 20, and for each of all. */
  readonly penalties: { readonly last: number; readonly all: number };
  /** Failures that give 0, of all or of the last 20. */
  readonly zeroFrom: { readonly last: number; readonly all: number };
  readonly needsSuccess: boolean;
  /** What is left without docker. */
  readonly withoutDocker: number;
  readonly isClamped: boolean;
}

const FIRST: SuccessRatio = {
  maxDifficulty: 7,
  weights: { success: 0.8, difficulty: 0.18, time: 0.02 },
  time: percentOfTime,
  penalties: { last: 0, all: 0.5 },
  zeroFrom: { last: Infinity, all: 10 },
  ...{ needsSuccess: false, withoutDocker: 1, isClamped: false },
};
const SECOND: SuccessRatio = { ...FIRST, maxDifficulty: 12, needsSuccess: true };
const THIRD: SuccessRatio = {
  ...SECOND,
  penalties: { last: 0.5, all: 0.2 },
  zeroFrom: { last: 10, all: Infinity },
};
const FOURTH: SuccessRatio = {
  ...THIRD,
  weights: { success: 1, difficulty: 4, time: 0.05 },
  time: percentYield,
  penalties: { last: 1, all: 0 },
  isClamped: true,
};

/** Before 1.3.0. */
export const RATIO_FIRST: ScoreFormula = {
  commit: "f246e2a",
  description: "Before 1.3.0: successes, difficulty up to 7 and time; 0 from ten failures on.",
  score: successRatio(FIRST),
};
/** Before 1.3.0, with difficulties up to 12. */
export const RATIO_SECOND: ScoreFormula = {
  commit: "dca07cb",
  description: "The same with difficulty up to 12, and 0 without a success.",
  score: successRatio(SECOND),
};
/** 1.3.0 */
export const RATIO_THIRD: ScoreFormula = {
  commit: "59322a8",
  description: "1.3.0: failures of the last 20 count more than others.",
  score: successRatio(THIRD),
};
/** 1.3.9 */
export const RATIO_FOURTH: ScoreFormula = {
  commit: "0d921c1",
  description: "1.3.9: difficulty counts as much as half of the successes.",
  score: successRatio(FOURTH),
};
/** 1.3.10 */
export const RATIO_FIFTH: ScoreFormula = {
  commit: "baca54a",
  description: "1.3.10: the same, half of it without docker.",
  score: successRatio({ ...FOURTH, withoutDocker: 0.5 }),
};

function successRatio(of: SuccessRatio): (input: ScoreInput) => number {
  return ({ stats, isAllocated, hasDocker }) => {
    const { zeroFrom, weights, penalties } = of;
    if (stats.failed >= zeroFrom.all || stats.lastFailed >= zeroFrom.last) return 0;
    if (of.needsSuccess && stats.successes === 0) return 0;
    const sum = percent(stats.successes, stats.attempts) * weights.success +
      Math.min(stats.difficultyMean, of.maxDifficulty) * weights.difficulty +
      of.time(stats.elapsedMeanS, TIMEOUT_S) * weights.time +
      (isAllocated ? 1 : 0) - penalties.last * stats.lastFailed - penalties.all * stats.failed;
    const score = hasDocker ? sum : sum * of.withoutDocker;
    return (of.isClamped ? Math.max(0, score) : score) / 100;
  };
}
