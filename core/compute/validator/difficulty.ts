/**
 * How hard a miner's next challenge is.
 *
 * Source: neuralinternet/compute-subnet v1.5.3 and, for 1.3.0, commit cb6aa8d: `calc_difficulty` of
 * `neurons/validator.py`.
 *
 * @module
 */

import type { ChallengeStats } from "../scores/challenge_stats.ts";

/** Of every challenge, since 1.4.2. */
export const MIN_DIFFICULTY = 7;
export const MAX_DIFFICULTY = 12;
/** Of a challenge of 1.3. */
export const MIN_DIFFICULTY_130 = 6;
const LAST = 20;
const ENOUGH_SUCCESSES = 4;
const ENOUGH_SUCCESSES_130 = 20;

/** Two steps up for nearly no failure among the last 20, one down for many. */
export function nextDifficulty(
  { successes, lastFailed, lastDifficultyMean }: ChallengeStats,
): number {
  if (successes <= ENOUGH_SUCCESSES) return MIN_DIFFICULTY;
  const now = Math.ceil(lastDifficultyMean || MIN_DIFFICULTY);
  const failed = lastFailed / LAST;
  const step = failed < 0.1 ? 2 : failed < 0.2 ? 1 : failed > 0.25 ? -1 : 0;
  return Math.max(MIN_DIFFICULTY, Math.min(now + step, MAX_DIFFICULTY));
}

/**
 * As 1.3.0 has it: a step up without a failure among the last 20, one down from two on. Upstream
 * forgets bounds, so that the difficulty of a failing miner sinks to nothing; here it stays within.
 */
export function nextDifficulty130(
  { successes, lastFailed, lastDifficultyMean }: ChallengeStats,
): number {
  if (successes < ENOUGH_SUCCESSES_130) return MIN_DIFFICULTY_130;
  const step = lastFailed === 0 ? 1 : lastFailed >= 2 ? -1 : 0;
  const next = Math.ceil(lastDifficultyMean || MIN_DIFFICULTY_130) + step;
  return Math.max(MIN_DIFFICULTY_130, Math.min(next, MAX_DIFFICULTY));
}
