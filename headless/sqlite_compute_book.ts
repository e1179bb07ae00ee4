/**
 * What a compute validator keeps, in an SQLite file with the tables of the published validator, whose
 * `database.db` is taken over as it is.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `compute/utils/db.py`.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import * as v from "valibot";
import type { ChallengeBook, ChallengeRow } from "../core/compute/validator/challenge_book.ts";
import { WeftError } from "../core/errors.ts";

const BUSY_TIMEOUT_MS = 10_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS miner (uid INTEGER PRIMARY KEY, ss58_address TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS challenge_details (
    uid INTEGER,
    ss58_address TEXT,
    success BOOLEAN,
    elapsed_time REAL,
    difficulty INTEGER,
    created_at TIMESTAMP,
    FOREIGN KEY (uid) REFERENCES miner(uid) ON DELETE CASCADE,
    FOREIGN KEY (ss58_address) REFERENCES miner(ss58_address) ON DELETE CASCADE
  );
  CREATE INDEX IF NOT EXISTS idx_uid ON challenge_details (uid);
  CREATE INDEX IF NOT EXISTS idx_ss58_address ON challenge_details (ss58_address);
  CREATE TABLE IF NOT EXISTS pog_stats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hotkey TEXT,
    gpu_name TEXT,
    num_gpus INTEGER,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
  );
  CREATE TABLE IF NOT EXISTS allocation (
    id INTEGER PRIMARY KEY, hotkey TEXT UNIQUE, details TEXT
  );
  CREATE TABLE IF NOT EXISTS stats (
    uid INTEGER PRIMARY KEY,
    hotkey TEXT NOT NULL,
    gpu_specs TEXT,
    score REAL,
    allocated BOOLEAN,
    own_score BOOLEAN,
    reliability_score REAL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
  );`;

const StoredRow = v.object({
  uid: v.number(),
  ss58_address: v.string(),
  success: v.number(),
  elapsed_time: v.nullable(v.number()),
  difficulty: v.number(),
  created_at: v.string(),
});

/** What a validator thought of a miner. */
export interface MinerScore {
  readonly uid: number;
  readonly hotkey: string;
  /** What its GPUs are, as far as it is known. */
  readonly gpuSpecs: string;
  readonly score: number;
  readonly isAllocated: boolean;
}

/** See the module. */
export class SqliteComputeBook implements ChallengeBook {
  readonly #database: DatabaseSync;
  readonly #addMiner: StatementSync;
  readonly #addRow: StatementSync;
  readonly #lastRows: StatementSync;
  readonly #hotkeys: StatementSync;
  readonly #addScore: StatementSync;

  /** @throws {WeftError} if the file cannot be opened, or is no such file */
  constructor(readonly file: string) {
    this.#database = this.#explained(() => new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }));
    this.#explained(() => this.#database.exec(TABLES));
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    // A uid that changes hands takes the old hotkey's rows with it.
    this.#addMiner = prepare("INSERT OR REPLACE INTO miner VALUES (?, ?)");
    this.#addRow = prepare("INSERT INTO challenge_details VALUES (?, ?, ?, ?, ?, ?)");
    this.#lastRows = prepare(
      `SELECT * FROM challenge_details WHERE uid = ? AND ss58_address = ?
       ORDER BY created_at DESC, rowid DESC LIMIT ?`,
    );
    this.#hotkeys = prepare("SELECT ss58_address FROM miner");
    this.#addScore = prepare(
      `INSERT OR REPLACE INTO stats (uid, hotkey, gpu_specs, score, allocated, own_score)
       VALUES (?, ?, ?, ?, ?, 1)`,
    );
  }

  add(rows: readonly ChallengeRow[]): Promise<void> {
    return this.#inTransaction(() => {
      for (const { uid, hotkey, success, elapsedS, difficulty, unixMs } of rows) {
        this.#know(uid, hotkey);
        const createdAt = pythonTime(unixMs);
        this.#addRow.run(uid, hotkey, success ? 1 : 0, elapsedS, difficulty, createdAt);
      }
    });
  }

  lastRows(uid: number, hotkey: string, count: number): Promise<ChallengeRow[]> {
    return this.#promised(() =>
      v.parse(v.array(StoredRow), this.#lastRows.all(uid, hotkey, count)).map((row) => ({
        ...{ uid: row.uid, hotkey: row.ss58_address, success: row.success !== 0 },
        ...{ elapsedS: row.elapsed_time ?? 0, difficulty: row.difficulty },
        unixMs: Date.parse(`${row.created_at.replace(" ", "T")}Z`),
      }))
    );
  }

  keepOnly(hotkeys: ReadonlySet<string>): Promise<void> {
    return this.#inTransaction(() => {
      const known = v.parse(v.array(v.object({ ss58_address: v.string() })), this.#hotkeys.all());
      for (const { ss58_address: hotkey } of known) if (!hotkeys.has(hotkey)) this.#forget(hotkey);
    });
  }

  /** Writes down what a validator thinks of its miners now. */
  writeScores(scores: readonly MinerScore[]): Promise<void> {
    return this.#inTransaction(() => {
      for (const { uid, hotkey, gpuSpecs, score, isAllocated } of scores) {
        this.#addScore.run(uid, hotkey, gpuSpecs, score, isAllocated ? 1 : 0);
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  #know(uid: number, hotkey: string): void {
    const before = this.#database.prepare("SELECT ss58_address FROM miner WHERE uid = ?").get(uid);
    if (before?.ss58_address === hotkey) return;
    if (typeof before?.ss58_address === "string") this.#forget(before.ss58_address);
    this.#addMiner.run(uid, hotkey);
  }

  /** The published file has no foreign keys turned on: rows must be removed one table at a time. */
  #forget(hotkey: string): void {
    for (const table of ["challenge_details", "miner"]) {
      this.#database.prepare(`DELETE FROM ${table} WHERE ss58_address = ?`).run(hotkey);
    }
    for (const table of ["pog_stats", "stats"]) {
      this.#database.prepare(`DELETE FROM ${table} WHERE hotkey = ?`).run(hotkey);
    }
  }

  #inTransaction(work: () => void): Promise<void> {
    return this.#promised(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        work();
        this.#database.exec("COMMIT");
      } catch (error) {
        this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #promised<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve) => resolve(this.#explained(work)));
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new WeftError(
        `${this.file} cannot be used as a validator's database (${reason}): choose another file`,
        { cause: error },
      );
    }
  }
}

/** As Python's sqlite3 writes a `datetime`. */
function pythonTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("T", " ").replace("Z", "000");
}
