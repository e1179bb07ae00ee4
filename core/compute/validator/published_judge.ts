/**
 * Judges miners as one of the published validators did.
 *
 * @module
 */

import type { WallClock } from "../../host.ts";
import { type ChallengeStats, challengeStats } from "../scores/challenge_stats.ts";
import type { ScoreInput } from "../scores/score_input.ts";
import { type ScoreName, SCORES } from "../scores/scores.ts";
import type { ChallengeRow } from "./challenge_book.ts";
import { statsOfThreeDays } from "./challenge_stats.ts";
import type { Judge } from "./compute_validator.ts";
import { nextDifficulty, nextDifficulty130 } from "./difficulty.ts";

/** Nothing is asked of a miner but challenges: what else there is counts for it. */
const UNASKED: Pick<
  ScoreInput,
  "hasDocker" | "returnsSpecs" | "isAllocated" | "penalties" | "bestScore"
> = {
  ...{ hasDocker: true, returnsSpecs: true, isAllocated: false, bestScore: 0 },
  penalties: { count: 0, validators: 1 },
};

/** The judge by one of the formulas, with the rows and difficulties of its time. */
export function publishedJudge(name: ScoreName, wallClock: WallClock): Judge {
  const isOld = name.startsWith("1.3.");
  const statsOf = (rows: readonly ChallengeRow[]): ChallengeStats =>
    isOld ? statsOfThreeDays(rows, wallClock.unixMs()) : challengeStats(rows);
  const next = isOld ? nextDifficulty130 : nextDifficulty;
  return {
    difficulty: (rows) => next(statsOf(rows)),
    score: (rows) => {
      return SCORES[name].score({ ...UNASKED, stats: statsOf(rows), latest: rows[0] });
    },
  };
}
