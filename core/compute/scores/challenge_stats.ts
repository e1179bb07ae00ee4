/**
 * What a miner's rows come to, as scores and difficulty look at them.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `select_challenge_stats` of
 * `neurons/Validator/database/challenge.py`.
 *
 * @module
 */

/** One challenge that a miner was given. */
export interface ChallengeOutcome {
  readonly success: boolean;
  readonly elapsedS: number;
  readonly difficulty: number;
}

/** Of a miner's judged rows; those of the last 20 where a name says so. */
export interface ChallengeStats {
  readonly attempts: number;
  readonly successes: number;
  readonly failed: number;
  /** Means of the successes; 0 without one. */
  readonly elapsedMeanS: number;
  readonly difficultyMean: number;
  /** Failures among the last 20 rows. */
  readonly lastFailed: number;
  /** Mean difficulty of the last 20 successes; 0 without one. */
  readonly lastDifficultyMean: number;
}

const ROWS = 60;
const LAST = 20;

/**
 * Of the last 60 rows, as 1.5.2 to 1.5.3 judge.
 *
 * @param rows the newest first, all that there are
 */
export function challengeStats(rows: readonly ChallengeOutcome[]): ChallengeStats {
  return statsOfJudged(rows.slice(0, ROWS), rows);
}

/**
 * Of some of a miner's rows; only what is said of the last 20 is looked for in all of them.
 *
 * @param judged the newest first
 * @param rows the newest first, all that there are
 */
export function statsOfJudged(
  judged: readonly ChallengeOutcome[],
  rows: readonly ChallengeOutcome[],
): ChallengeStats {
  const solved = judged.filter(({ success }) => success);
  const lastSolved = rows.filter(({ success }) => success).slice(0, LAST);
  return {
    attempts: judged.length,
    successes: solved.length,
    failed: judged.length - solved.length,
    elapsedMeanS: mean(solved.map(({ elapsedS }) => elapsedS)),
    difficultyMean: mean(solved.map(({ difficulty }) => difficulty)),
    lastFailed: rows.slice(0, LAST).filter(({ success }) => !success).length,
    lastDifficultyMean: mean(lastSolved.map(({ difficulty }) => difficulty)),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}
