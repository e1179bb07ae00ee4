/**
 * Machines that are rented, in the published validator's table `allocation` of its `database.db`. How
 * to get in stands there as there: the file is for its owner's eyes alone.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `update_allocation_db` of
 * `neurons/Validator/database/allocate.py`.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { explainedDatabase } from "./validator_database.ts";

const BUSY_TIMEOUT_MS = 10_000;
/** The second is ours: what was rented once is not in the first any more when it is given back. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS allocation (
    id INTEGER PRIMARY KEY, hotkey TEXT UNIQUE, details TEXT
  );
  CREATE TABLE IF NOT EXISTS rental_history (
    hotkey TEXT PRIMARY KEY, times INTEGER NOT NULL, last_unix_ms INTEGER NOT NULL
  );`;

/** Rows that cannot be read have the empty key. */
const SAME_KEY =
  "CASE WHEN json_valid(details) THEN coalesce(details ->> '$.regkey', '') ELSE '' END = ?";

/** As published; what we add is missing from rows of the published validator. */
const Details = v.object({
  username: v.fallback(v.string(), ""),
  password: v.fallback(v.string(), ""),
  port: v.fallback(v.number(), 0),
  ip: v.fallback(v.string(), ""),
  resource: v.fallback(v.string(), ""),
  /** The renter's public key as PEM: who has it, may give the machine back. */
  regkey: v.fallback(v.string(), ""),
  /** When it was rented, in milliseconds since 1970, and for how many days. */
  rented_unix_ms: v.optional(v.number()),
  days: v.optional(v.number()),
});
const Row = v.object({ hotkey: v.string(), details: v.nullable(v.string()) });
const Past = v.object({ hotkey: v.string(), times: v.number(), last_unix_ms: v.number() });

/** How to get into a machine, and how to give it back. */
export type AllocationDetails = v.InferOutput<typeof Details>;

/** A machine that is rented. */
export interface KeptAllocation {
  readonly hotkey: string;
  readonly details: AllocationDetails;
}

/** What was rented of a miner, up to now. */
export interface RentalHistory {
  readonly allocations: number;
  /** When it was rented last, in milliseconds since 1970. */
  readonly lastAllocatedMs: number;
}

/** See the module. */
export class SqliteAllocations {
  readonly #database: DatabaseSync;

  /** @throws {WeftError} if the file cannot be opened, or is no such file */
  constructor(readonly file: string) {
    this.#database = this.#explained(() => new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }));
    this.#explained(() => this.#database.exec(TABLES));
    if (Deno.build.os !== "windows") Deno.chmodSync(file, 0o600);
  }

  list(): KeptAllocation[] {
    return this.#explained(() => {
      const rows = this.#database.prepare("SELECT hotkey, details FROM allocation ORDER BY id");
      return v.parse(v.array(Row), rows.all()).map(({ hotkey, details }) => ({
        ...{ hotkey, details: v.parse(Details, jsonObject(details)) },
      }));
    });
  }

  of(hotkey: string): AllocationDetails | undefined {
    return this.list().find((each) => each.hotkey === hotkey)?.details;
  }

  /** Keeps a row where none is; false if another process was faster. */
  reserve(hotkey: string, details: AllocationDetails): boolean {
    return this.#explained(() => {
      const { changes } = this.#database
        .prepare("INSERT OR IGNORE INTO allocation (hotkey, details) VALUES (?, ?)")
        .run(hotkey, JSON.stringify(details));
      return changes === 1;
    });
  }

  /** Changes the row that has the same key: the machine is rented now, which is remembered. */
  confirm(hotkey: string, details: AllocationDetails, unixMs: number): void {
    this.#explained(() => {
      this.#database.prepare(`UPDATE allocation SET details = ? WHERE hotkey = ? AND ${SAME_KEY}`)
        .run(JSON.stringify(details), hotkey, details.regkey);
      this.#database.prepare(
        `INSERT INTO rental_history VALUES (?, 1, ?)
         ON CONFLICT (hotkey) DO UPDATE
         SET times = times + 1, last_unix_ms = excluded.last_unix_ms`,
      ).run(hotkey, Math.round(unixMs));
    });
  }

  /** By hotkey, of all miners that were rented from once. */
  history(): ReadonlyMap<string, RentalHistory> {
    return this.#explained(() => {
      const rows = this.#database.prepare("SELECT * FROM rental_history").all();
      return new Map(
        v.parse(v.array(Past), rows).map(({ hotkey, times, last_unix_ms: lastAllocatedMs }) => {
          return [hotkey, { allocations: times, lastAllocatedMs }];
        }),
      );
    });
  }

  /** Removes the row that has this key. */
  forget(hotkey: string, regkey: string): void {
    this.#explained(() => {
      this.#database.prepare(`DELETE FROM allocation WHERE hotkey = ? AND ${SAME_KEY}`)
        .run(hotkey, regkey);
    });
  }

  close(): void {
    this.#database.close();
  }

  #explained<Result>(work: () => Result): Result {
    return explainedDatabase(this.file, work);
  }
}

function jsonObject(text: string | null): object {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
