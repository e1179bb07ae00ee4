/**
 * What formulas score, and what a formula is.
 *
 * @module
 */

import type { ChallengeOutcome, ChallengeStats } from "./challenge_stats.ts";

/** What is known of a miner. */
export interface ScoreInput {
  readonly stats: ChallengeStats;
  /** Its last challenge; undefined before the first. */
  readonly latest: ChallengeOutcome | undefined;
  /** Whether it can give away containers, and tells what it has. */
  readonly hasDocker: boolean;
  readonly returnsSpecs: boolean;
  /** Whether somebody has reserved it; the first formulas call it registered. */
  readonly isAllocated: boolean;
  /** How many of the validators have it on their list of those to be punished. */
  readonly penalties: { readonly count: number; readonly validators: number };
  /** The best score of all miners in the round before, from 0 to 1. */
  readonly bestScore: number;
}

/** One way to score a miner by its challenges. */
export interface ScoreFormula {
  /** The commit that has it. */
  readonly commit: string;
  /** For `--help`. */
  readonly description: string;
  /** A number that may be negative or above 1 where the original's is. */
  score(input: ScoreInput): number;
}

/** What a validator waits for an answer, in seconds. */
export const TIMEOUT_S = 30;
