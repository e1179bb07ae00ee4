/**
 * A validator's book that a test looks into.
 *
 * @module
 */

import type {
  ChallengeBook,
  ChallengeRow,
} from "../../../core/compute/validator/challenge_book.ts";

/** See the module. */
export class MemoryBook implements ChallengeBook {
  rows: ChallengeRow[] = [];

  add(rows: readonly ChallengeRow[]): Promise<void> {
    this.rows.push(...rows);
    return Promise.resolve();
  }

  lastRows(uid: number, hotkey: string, count: number): Promise<ChallengeRow[]> {
    const own = this.rows.filter((row) => row.uid === uid && row.hotkey === hotkey);
    return Promise.resolve(own.slice(-count).reverse());
  }

  keepOnly(hotkeys: ReadonlySet<string>): Promise<void> {
    this.rows = this.rows.filter(({ hotkey }) => hotkeys.has(hotkey));
    return Promise.resolve();
  }
}
