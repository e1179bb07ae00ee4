/**
 * What a compute validator keeps, in an SQLite file with the tables of the published validator, whose
 * `database.db` is taken over as it is.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `compute/utils/db.py` and, for `miner_details`,
 * `neurons/Validator/database/allocate.py`.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import * as v from "valibot";
import type { ChallengeBook, ChallengeRow } from "../core/compute/validator/challenge_book.ts";
import type { MinerBook, MinerScore, ProvenGpu } from "../core/compute/validator/miner_book.ts";
import { type MinerSpecs, readMinerSpecs } from "../core/compute/validator/miner_specs.ts";
import { explainedDatabase } from "./validator_database.ts";

const BUSY_TIMEOUT_MS = 10_000;
/** What a miner told is forgotten when it has been silent so often. */
const MOST_SILENT = 5;
/** Of each miner. */
const KEPT_PROOFS = 4;

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
  CREATE TABLE IF NOT EXISTS miner_details (
    id INTEGER PRIMARY KEY,
    hotkey TEXT UNIQUE,
    details TEXT,
    no_specs_count INTEGER DEFAULT 0
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

const Hotkeys = v.array(v.object({ hotkey: v.string() }));
/** The published validator writes none for miners that it could not score. */
const Scores = v.array(v.object({ hotkey: v.string(), score: v.fallback(v.number(), 0) }));
const Proof = v.object({ gpu_name: v.string(), num_gpus: v.number() });

/** See the module. */
export class SqliteComputeBook implements ChallengeBook, MinerBook {
  readonly #database: DatabaseSync;
  readonly #addMiner: StatementSync;
  readonly #addRow: StatementSync;
  readonly #lastRows: StatementSync;
  readonly #hotkeys: StatementSync;
  readonly #addScore: StatementSync;

  /** @throws {WeftError} if the file cannot be opened, or is no such file */
  constructor(readonly file: string) {
    // The published file has foreign keys that Python does not look at, into tables without rows.
    const options = { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: false };
    this.#database = this.#explained(() => new DatabaseSync(file, options));
    this.#explained(() => {
      this.#database.exec(TABLES);
      this.#bringUpToDate();
    });
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

  specsOf(hotkey: string): Promise<MinerSpecs | undefined> {
    const sql = "SELECT details FROM miner_details WHERE hotkey = ?";
    return this.#promised(() => {
      const details = this.#database.prepare(sql).get(hotkey)?.details;
      return typeof details === "string" ? readMinerSpecs(details) : undefined;
    });
  }

  addSpecs(hotkey: string, specs: MinerSpecs | undefined): Promise<void> {
    return this.#inTransaction(() => {
      const details = specs ? JSON.stringify(specs) : "{}";
      const update = this.#database.prepare(
        specs
          ? "UPDATE miner_details SET details = ?, no_specs_count = 0 WHERE hotkey = ?"
          : `UPDATE miner_details SET
               details = CASE WHEN no_specs_count + 1 >= ${MOST_SILENT} THEN ? ELSE details END,
               no_specs_count = MIN(no_specs_count + 1, ${MOST_SILENT}) WHERE hotkey = ?`,
      );
      if (update.run(details, hotkey).changes !== 0) return;
      this.#database.prepare(
        "INSERT INTO miner_details (hotkey, details, no_specs_count) VALUES (?, ?, ?)",
      ).run(hotkey, details, specs ? 0 : 1);
    });
  }

  gpuOf(hotkey: string): Promise<ProvenGpu | undefined> {
    const sql = `SELECT gpu_name, num_gpus FROM pog_stats
      WHERE hotkey = ? AND gpu_name IS NOT NULL AND num_gpus IS NOT NULL
      ORDER BY id DESC LIMIT 1`;
    return this.#promised(() => {
      const { success, output } = v.safeParse(Proof, this.#database.prepare(sql).get(hotkey));
      return success ? { name: output.gpu_name, count: output.num_gpus } : undefined;
    });
  }

  addGpu(hotkey: string, gpu: ProvenGpu | undefined): Promise<void> {
    return this.#inTransaction(() => {
      this.#database.prepare("INSERT INTO pog_stats (hotkey, gpu_name, num_gpus) VALUES (?, ?, ?)")
        .run(hotkey, gpu?.name ?? null, gpu?.count ?? null);
      this.#database.prepare(
        `DELETE FROM pog_stats WHERE hotkey = ?1 AND id NOT IN
           (SELECT id FROM pog_stats WHERE hotkey = ?1 ORDER BY id DESC LIMIT ${KEPT_PROOFS})`,
      ).run(hotkey);
    });
  }

  allocated(): Promise<ReadonlySet<string>> {
    return this.#promised(() => {
      const rows = this.#database.prepare("SELECT hotkey FROM allocation").all();
      return new Set(v.parse(Hotkeys, rows).map(({ hotkey }) => hotkey));
    });
  }

  writeScores(scores: readonly MinerScore[]): Promise<void> {
    return this.#inTransaction(() => {
      for (const { uid, hotkey, gpu, score, isAllocated } of scores) {
        const specs = gpu ? JSON.stringify({ gpu_name: gpu.name, num_gpus: gpu.count }) : null;
        // As published, of a hundred.
        this.#addScore.run(uid, hotkey, specs, 100 * score, isAllocated ? 1 : 0);
      }
    });
  }

  /** The scores written last, 0 to 1, by hotkey. */
  scores(): Promise<ReadonlyMap<string, number>> {
    return this.#promised(() => {
      const rows = this.#database.prepare("SELECT hotkey, score FROM stats").all();
      return new Map(v.parse(Scores, rows).map(({ hotkey, score }) => [hotkey, score / 100]));
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Files of before 1.3.11 do not count silent miners. */
  #bringUpToDate(): void {
    const columns = this.#database.prepare("PRAGMA table_info(miner_details)").all();
    if (columns.some(({ name }) => name === "no_specs_count")) return;
    this.#database.exec("ALTER TABLE miner_details ADD COLUMN no_specs_count INTEGER DEFAULT 0");
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
    for (const table of ["miner_details", "pog_stats", "stats"]) {
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
    return explainedDatabase(this.file, work);
  }
}

/** As Python's sqlite3 writes a `datetime`. */
function pythonTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("T", " ").replace("Z", "000");
}
