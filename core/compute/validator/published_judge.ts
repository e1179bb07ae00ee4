/**
 * Judges miners as one of the published validators did.
 *
 * @module
 */

import type { WallClock } from "../../host.ts";
import { type ChallengeStats, challengeStats } from "../scores/challenge_stats.ts";
import { gpuScore, type GpuScoreName } from "../scores/gpu_scores.ts";
import { type ScoreName, SCORES } from "../scores/scores.ts";
import type { ChallengeRow } from "./challenge_book.ts";
import { statsOfThreeDays } from "./challenge_stats.ts";
import type { Judge } from "./compute_validator.ts";
import { nextDifficulty, nextDifficulty130 } from "./difficulty.ts";

/** The judge by one of the formulas, with the rows and difficulties of its time. */
export function publishedJudge(
  name: ScoreName,
  wallClock: WallClock,
): Required<Judge> {
  const isOld = name.startsWith("1.3.");
  const statsOf = (rows: readonly ChallengeRow[]): ChallengeStats =>
    isOld ? statsOfThreeDays(rows, wallClock.unixMs()) : challengeStats(rows);
  const next = isOld ? nextDifficulty130 : nextDifficulty;
  return {
    difficulty: (rows) => next(statsOf(rows)),
    score: (rows, known) => {
      return SCORES[name].score({ ...known, stats: statsOf(rows), latest: rows[0] });
    },
  };
}

/** The judge by proven GPUs. A miner that any list wants punished gets nothing, as published. */
export function gpuJudge(name: GpuScoreName): Judge {
  return {
    score: (_, { gpu, isAllocated, penalties }) =>
      gpu && penalties.count === 0 ? gpuScore(name, { ...gpu, isAllocated }) : 0,
  };
}
