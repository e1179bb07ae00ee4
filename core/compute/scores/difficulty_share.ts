/**
 * Formulas of 1.3.11 to 1.5.3: difficulty and successes count the same, time by some of it, failures
 * by a power, and who is reserved has nearly all there is.
 *
 * Source: neuralinternet/compute-subnet @ 51d3dca, 7748b54, 70866d3, 1e9c8d8, 02cd012 and ef778d5,
 * `calculate_pow_score.py`.
 *
 * @module
 */

import type { ChallengeStats } from "./challenge_stats.ts";
import { percent, percentYield } from "./percent.ts";
import { type ScoreFormula, type ScoreInput, TIMEOUT_S } from "./score_input.ts";

const LAST = 20;
const FAILURE_EXPONENT = 1.5;

interface DifficultyShare {
  /** What the difficulty comes to, in percent. */
  readonly difficulty: (stats: ChallengeStats) => number;
  readonly weights: {
    readonly time: number;
    readonly failure: number;
    readonly allocation: number;
  };
  /** Time counts more for harder challenges. */
  readonly timeByDifficulty: boolean;
  readonly timeoutS: number;
  /** What is left to who is not reserved. */
  readonly share: (input: ScoreInput) => number;
  readonly isZero: (input: ScoreInput) => boolean;
  /** What a reserved one has, of percent. */
  readonly allocated: (
    input: ScoreInput,
    parts: { readonly challenge: number; readonly allocation: number; readonly most: number },
  ) => number;
  /** The most there is. @default both parts */
  readonly most?: (challenge: number, allocation: number) => number;
  /** What is left to who is punished. @default all */
  readonly punished?: (input: ScoreInput, score: number) => number;
}

const ZERO_FROM_TEN = ({ stats }: ScoreInput): boolean =>
  stats.lastFailed >= 10 || stats.successes === 0;
/** As it is written there: many failures give 0 to who is reserved, too. */
const ZERO_FROM_NINETEEN = ({ stats, isAllocated }: ScoreInput): boolean =>
  stats.lastFailed >= 19 || (stats.successes === 0 && !isAllocated);
const HALF_WITHOUT_DOCKER = ({ hasDocker }: ScoreInput): number => hasDocker ? 1 : 0.5;

/** From 6 to 12. */
const above = ({ difficultyMean }: ChallengeStats): number =>
  percent(Math.max(Math.min(difficultyMean, 12) - 6, 0), 6);
/** Of 12, from some least on, by the last successes. */
const ofTwelve = (least: number) => ({ lastDifficultyMean }: ChallengeStats): number =>
  percent(Math.max(Math.min(lastDifficultyMean, 12), least), 12);

const A: DifficultyShare = {
  difficulty: above,
  weights: { time: 0.5, failure: 0.5, allocation: 0.4 },
  ...{ timeByDifficulty: true, timeoutS: TIMEOUT_S, isZero: ZERO_FROM_TEN },
  share: ({ hasDocker, returnsSpecs }) => hasDocker && returnsSpecs ? 1 : 0.5,
  allocated: (_, { challenge, allocation }) => challenge + allocation,
};
const B: DifficultyShare = {
  difficulty: ofTwelve(7),
  weights: { time: 0.3, failure: 0.4, allocation: 0.21 },
  ...{ timeByDifficulty: false, timeoutS: TIMEOUT_S, isZero: ZERO_FROM_TEN },
  share: HALF_WITHOUT_DOCKER,
  allocated: (_, { challenge, allocation }) => challenge * (1 - 0.21) + allocation,
};

/** 1.3.11 */
export const SHARE_A: ScoreFormula = {
  commit: "51d3dca",
  description: "1.3.11: difficulty from 6 to 12, half without docker and specs.",
  score: difficultyShare(A),
};
/** 1.4.1 */
export const SHARE_A_LENIENT: ScoreFormula = {
  commit: "7748b54",
  description: "1.4.1: the same, with nothing lost without docker.",
  score: difficultyShare({ ...A, share: () => 1 }),
};
/** 1.4.2, and 1.4.7 again. */
export const SHARE_B: ScoreFormula = {
  commit: "70866d3",
  description: "1.4.2 and 1.4.7: difficulty of the last 20 successes, of 12.",
  score: difficultyShare(B),
};
/** 1.4.3, taken back soon. */
export const SHARE_B_PATIENT: ScoreFormula = {
  commit: "1e9c8d8",
  description: "1.4.3, taken back soon: difficulty from 8, answers within two minutes.",
  score: difficultyShare({
    ...B,
    difficulty: ofTwelve(8),
    weights: { time: 0.35, failure: 0.35, allocation: 0.2 },
    ...{ timeoutS: 120, isZero: ZERO_FROM_NINETEEN },
    allocated: (_, { challenge, allocation }) => challenge * (1 - 0.2) + allocation,
  }),
};
/** 1.4.4 to 1.4.6, then taken back. */
export const SHARE_B_BEST: ScoreFormula = {
  commit: "02cd012",
  description: "1.4.4 to 1.4.6, then taken back: who is reserved has more than the best of all.",
  score: difficultyShare({
    ...B,
    weights: { time: 0.4, failure: 0.35, allocation: 0.1 },
    isZero: ZERO_FROM_NINETEEN,
    most: (challenge) => challenge + challenge * 0.1,
    allocated: ({ bestScore }, { allocation, most }) => bestScore * most * (1 + allocation / 100),
  }),
};
/** 1.4.8 to 1.5.3 */
export const SHARE_B_PENALISED: ScoreFormula = {
  commit: "ef778d5",
  description: "1.4.8 to 1.5.3: as 1.4.2, less by the share of validators that punish a miner.",
  score: difficultyShare({
    ...B,
    isZero: ({ stats, isAllocated }) =>
      (stats.lastFailed >= 19 || stats.successes === 0) && !isAllocated,
    punished,
  }),
};

function punished({ penalties: { count, validators } }: ScoreInput, score: number): number {
  if (count === 0) return score;
  const half = validators / 2;
  return count >= half ? 0 : score * Math.max(1 - count / half, 0);
}

function difficultyShare(of: DifficultyShare): (input: ScoreInput) => number {
  return (input) => {
    if (of.isZero(input)) return 0;
    const { weights } = of;
    const difficulty = of.difficulty(input.stats);
    const challenge = 100 * (1 + 1 + weights.time);
    const allocation = difficulty * weights.allocation;
    const most = of.most?.(challenge, 100 * weights.allocation) ??
      challenge + 100 * weights.allocation;
    const score = input.isAllocated
      ? of.allocated(input, { challenge, allocation, most })
      : earned(of, input.stats, difficulty) * of.share(input);
    return Math.max(0, of.punished?.(input, score) ?? score) / most;
  };
}

function earned(of: DifficultyShare, stats: ChallengeStats, difficulty: number): number {
  const { weights, timeByDifficulty, timeoutS } = of;
  const timeWeight = timeByDifficulty ? weights.time * (difficulty / 100) : weights.time;
  const time = percentYield(stats.elapsedMeanS, timeoutS) * timeWeight;
  const failures = (percent(stats.lastFailed, LAST) / 100) ** FAILURE_EXPONENT;
  return difficulty + percent(stats.successes, stats.attempts) + time -
    weights.failure * failures * 100;
}
