/**
 * A validator's book as a log of records, where a host has no database.
 *
 * @module
 */

import * as v from "valibot";
import type { Storage } from "../../host.ts";
import type { ChallengeBook, ChallengeRow } from "./challenge_book.ts";

/** Of each miner; no formula looks farther back. */
const KEPT_ROWS = 600;
/** The log is written anew when it has so many records that are not kept. */
const MAX_STALE = 1_000;

const Row = v.object({
  uid: v.number(),
  hotkey: v.string(),
  success: v.boolean(),
  elapsedS: v.number(),
  difficulty: v.number(),
  unixMs: v.number(),
});

/** See the module. */
export class RecordBook implements ChallengeBook {
  /** By `uid hotkey`, oldest first. */
  readonly #rows = new Map<string, ChallengeRow[]>();
  #stale = 0;

  private constructor(readonly storage: Storage, readonly log: string) {}

  /** Reads what was kept. @throws {WeftError} if the storage fails */
  static async open(storage: Storage, log: string): Promise<RecordBook> {
    const book = new RecordBook(storage, log);
    for (const record of await storage.readRecords(log)) {
      const row = v.safeParse(Row, record);
      if (row.success) book.#keep(row.output);
      else book.#stale += 1;
    }
    return book;
  }

  async add(rows: readonly ChallengeRow[]): Promise<void> {
    for (const { uid, hotkey, success, elapsedS, difficulty, unixMs } of rows) {
      const row = { uid, hotkey, success, elapsedS, difficulty, unixMs };
      this.#keep(row);
      await this.storage.appendRecord(this.log, row);
    }
    if (this.#stale > MAX_STALE) await this.#rewrite();
  }

  lastRows(uid: number, hotkey: string, count: number): Promise<ChallengeRow[]> {
    const rows = this.#rows.get(`${uid} ${hotkey}`) ?? [];
    return Promise.resolve(rows.slice(-count).reverse());
  }

  async keepOnly(hotkeys: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#rows].filter(([, [{ hotkey }]]) => !hotkeys.has(hotkey));
    for (const [name] of gone) this.#rows.delete(name);
    if (gone.length > 0) await this.#rewrite();
  }

  #keep(row: ChallengeRow): void {
    const name = `${row.uid} ${row.hotkey}`;
    const rows = this.#rows.get(name) ?? [];
    rows.push(row);
    if (rows.length > KEPT_ROWS) {
      rows.shift();
      this.#stale += 1;
    }
    this.#rows.set(name, rows);
  }

  async #rewrite(): Promise<void> {
    const rows = [...this.#rows.values()].flat().sort((one, other) => one.unixMs - other.unixMs);
    this.#stale = 0;
    await this.storage.replaceRecords(this.log, rows);
  }
}
