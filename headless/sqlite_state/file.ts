/**
 * The SQLite file of an orchestrator's state: its tables, and errors that name it.
 *
 * @module
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { WeftError } from "../../core/errors.ts";
import { useWriteAheadLog } from "../write_ahead_log.ts";

/** Marks the file for SQLite and for `file`: "WfSt". */
const APPLICATION_ID = 0x57665374;
/** The form of the tables below. */
const FORMAT_VERSION = 1;
/** How long a statement waits for those of other processes. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Revisions never come again, so that a record that was removed and made anew is not taken for the
 * one that was seen: the highest of all removed ones is kept.
 *
 * `work.leased_until` is 0 for what nobody holds and null for what has left; who counts a queue must
 * not count its rows, hence `tallies`.
 */
const TABLES = `
  CREATE TABLE records (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE removed (revision INTEGER NOT NULL) STRICT;
  INSERT INTO removed VALUES (0);
  CREATE TRIGGER after_remove AFTER DELETE ON records BEGIN
    UPDATE removed SET revision = max(revision, old.revision);
  END;

  CREATE TABLE work (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER DEFAULT 0,
    left_at INTEGER,
    UNIQUE (queue, id)
  ) STRICT;
  CREATE INDEX work_by_lease ON work (queue, leased_until, sequence);
  CREATE INDEX work_by_leaving ON work (left_at) WHERE left_at IS NOT NULL;
  CREATE TABLE tallies (
    queue TEXT PRIMARY KEY,
    free INTEGER NOT NULL,
    held INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER after_add AFTER INSERT ON work BEGIN
    INSERT INTO tallies VALUES (new.queue, 1, 0) ON CONFLICT DO UPDATE SET free = free + 1;
  END;
  CREATE TRIGGER after_lease AFTER UPDATE OF leased_until ON work BEGIN
    UPDATE tallies SET
      free = free + (new.leased_until IS 0) - (old.leased_until IS 0),
      held = held + ifnull(new.leased_until > 0, 0) - ifnull(old.leased_until > 0, 0)
    WHERE queue = new.queue;
  END;

  CREATE TABLE journal (
    journal TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (journal, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signals (
    topic TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    origin TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signals_by_sequence ON signals (sequence);`;

/** A row of an answer. */
export type Row = Record<string, unknown>;

/** A statement that is prepared once. Its errors are of {@linkcode WeftError}. */
export interface Statement {
  /** The first row. */
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  /** How many rows were changed. */
  run(...values: SQLInputValue[]): number;
}

/** See the module. */
export class StateFile {
  readonly #name: string;
  readonly #database: DatabaseSync;

  /**
   * Opens the file, and makes it where there is none.
   * @throws {WeftError} if it cannot be opened, or is something else
   */
  constructor(name: string) {
    this.#name = name;
    this.#database = this.#explained(() => new DatabaseSync(name, { timeout: BUSY_TIMEOUT_MS }));
    try {
      this.#explained(() => this.#prepareFile());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  prepare(sql: string): Statement {
    const statement = this.#explained(() => this.#database.prepare(sql));
    const explained = <T>(work: (statement: StatementSync) => T): T =>
      this.#explained(() => work(statement));
    return {
      get: (...values) => explained((it) => it.get(...values)),
      all: (...values) => explained((it) => it.all(...values)),
      run: (...values) => explained((it) => Number(it.run(...values).changes)),
    };
  }

  /** A text that this file's tables hold. */
  text(value: unknown): string {
    if (typeof value === "string") return value;
    throw this.#notOurs("its tables hold something else than Weft writes");
  }

  /** A whole number that this file's tables hold. */
  whole(value: unknown): number {
    if (Number.isSafeInteger(value)) return Number(value);
    throw this.#notOurs("its tables hold something else than Weft writes");
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Makes the tables in an empty file; refuses a file of anything else, and does not touch it. */
  #prepareFile(): void {
    const database = this.#database;
    database.exec("BEGIN IMMEDIATE");
    try {
      this.#makeOrCheckTables();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
    // Without a sync to disk at each call a killed process still loses nothing. A power cut may
    // lose the last moments as a whole, and with them what the miners would ask again anyway.
    useWriteAheadLog(database);
    database.exec("PRAGMA synchronous = NORMAL");
  }

  #makeOrCheckTables(): void {
    const number = (sql: string): unknown =>
      Object.values(this.#database.prepare(sql).get() ?? {})[0];
    const applicationId = number("PRAGMA application_id");
    if (applicationId === 0 && number("SELECT count(*) FROM sqlite_schema") === 0) {
      this.#database.exec(TABLES);
      this.#database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.#database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
      return;
    }
    if (applicationId !== APPLICATION_ID) throw this.#notOurs("it is another program's database");
    const version = Number(number("PRAGMA user_version"));
    if (version > FORMAT_VERSION) {
      throw new WeftError(
        `${this.#name} has format ${version}, and this Weft knows up to ${FORMAT_VERSION}: ` +
          "use a newer Weft, or begin with an empty state.",
      );
    }
  }

  #notOurs(reason: string): WeftError {
    return new WeftError(
      `${this.#name} is no orchestrator's state: ${reason}. Name another file.`,
    );
  }

  /** Runs something of SQLite's; its errors become one line that names the file. */
  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof WeftError || !(error instanceof Error)) throw error;
      throw new WeftError(`The state ${this.#name} cannot be used: ${error.message}.`, {
        cause: error,
      });
    }
  }
}
