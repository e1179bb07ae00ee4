/**
 * What a compute validator keeps of challenges, row by row as the published one does.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `neurons/Validator/database/challenge.py`.
 *
 * @module
 */

/** One challenge that a miner was given. */
export interface ChallengeRow {
  readonly uid: number;
  readonly hotkey: string;
  readonly success: boolean;
  /** In seconds, as the validator measured it. */
  readonly elapsedS: number;
  readonly difficulty: number;
  /** Milliseconds since 1970. */
  readonly unixMs: number;
}

/** Where rows are kept: over restarts, in a file. */
export interface ChallengeBook {
  add(rows: readonly ChallengeRow[]): Promise<void>;
  /** The newest rows of a miner, newest first; a uid that another hotkey has now begins anew. */
  lastRows(uid: number, hotkey: string, count: number): Promise<ChallengeRow[]>;
  /** Forgets hotkeys that are not registered any more. */
  keepOnly(hotkeys: ReadonlySet<string>): Promise<void>;
}
