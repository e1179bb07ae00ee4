/**
 * The first formulas: the last challenge alone counts, and hard ones count by a power.
 *
 * Source: neuralinternet/compute-subnet @ c9d238c and 491ac23, `calculate_score.py`.
 *
 * @module
 */

import type { ScoreFormula, ScoreInput } from "./score_input.ts";

interface SingleChallenge {
  readonly maxDifficulty: number;
  /** Of the power of the difficulty; undefined is the difficulty itself. */
  readonly reward: number | undefined;
  readonly exponent: number;
  readonly weights: { readonly difficulty: number; readonly time: number };
  readonly timeScale: number;
  readonly bonus: number;
  /** What the sum is divided by before it becomes percent, and the most there is. */
  readonly scale: number;
  readonly most: number;
}

/** 1.1.0 and the published guide. */
export const SINGLE_4: ScoreFormula = {
  commit: "c9d238c",
  description: "1.1.0, and the published guide: the last challenge, by the fourth power of its " +
    "difficulty; 41 at most.",
  score: singleChallenge({
    ...{ maxDifficulty: 9, reward: 6, exponent: 4, weights: { difficulty: 0.75, time: 0.25 } },
    ...{ timeScale: 10_000, bonus: 100, scale: 1e5, most: 41 },
  }),
};

/** 1.2.0 */
export const SINGLE_6: ScoreFormula = {
  commit: "491ac23",
  description: "1.2.0: the last challenge, by the sixth power of its difficulty, 7 at most.",
  score: singleChallenge({
    ...{
      maxDifficulty: 7,
      reward: undefined,
      exponent: 6,
      weights: { difficulty: 0.5, time: 0.5 },
    },
    ...{ timeScale: 200_000, bonus: 20_000, scale: 1e6, most: 15 },
  }),
};

function singleChallenge(of: SingleChallenge): (input: ScoreInput) => number {
  return ({ latest, isAllocated }) => {
    if (!latest?.success) return 0;
    const difficulty = Math.min(latest.difficulty, of.maxDifficulty);
    const reward = (of.reward ?? difficulty) * (1 + difficulty ** of.exponent);
    const time = 1 / (1 + latest.elapsedS) * of.timeScale;
    const sum = reward + of.weights.difficulty * difficulty + of.weights.time * time +
      (isAllocated ? of.bonus : 0);
    return Math.min(sum / of.scale * 100, of.most);
  };
}
