/**
 * Judges miners as one of the published validators did.
 *
 * @module
 */

import { challengeStats } from "../scores/challenge_stats.ts";
import type { ScoreInput } from "../scores/score_input.ts";
import { type ScoreName, SCORES } from "../scores/scores.ts";
import type { Judge } from "./compute_validator.ts";
import { nextDifficulty } from "./difficulty.ts";

/** Nothing is asked of a miner but challenges: what else there is counts for it. */
const UNASKED: Pick<
  ScoreInput,
  "hasDocker" | "returnsSpecs" | "isAllocated" | "penalties" | "bestScore"
> = {
  ...{ hasDocker: true, returnsSpecs: true, isAllocated: false, bestScore: 0 },
  penalties: { count: 0, validators: 1 },
};

/** The judge by one of the formulas. */
export function publishedJudge(name: ScoreName): Judge {
  return {
    difficulty: (rows) => nextDifficulty(challengeStats(rows)),
    score: (rows) => {
      return SCORES[name].score({ ...UNASKED, stats: challengeStats(rows), latest: rows[0] });
    },
  };
}
