/**
 * Stats of a miner by days, as validators had them before they counted rows.
 *
 * Source: neuralinternet/compute-subnet @ 9ec6ef3 (1.3.8 and 1.3.9), `select_challenge_stats` of
 * `neurons/Validator/database/challenge.py`.
 *
 * @module
 */

import { type ChallengeStats, statsOfJudged } from "../scores/challenge_stats.ts";
import type { ChallengeRow } from "./challenge_book.ts";

const DAYS = 3;
const DAY_MS = 86_400_000;

/**
 * Of the rows since midnight UTC three days ago: whole days count, as upstream compares dates. What
 * is said of the last 20 looks at older rows, too. Upstream has no stats at all of a miner without a
 * row in that time; here there are 0 attempts.
 *
 * @param rows the newest first, all that there are
 * @param nowUnixMs milliseconds since 1970
 */
export function statsOfThreeDays(
  rows: readonly ChallengeRow[],
  nowUnixMs: number,
): ChallengeStats {
  const sinceMs = (Math.floor(nowUnixMs / DAY_MS) - DAYS) * DAY_MS;
  return statsOfJudged(rows.filter(({ unixMs }) => unixMs >= sinceMs), rows);
}
