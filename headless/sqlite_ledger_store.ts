/**
 * A ledger's state in an SQLite file, which several processes may use at once.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { LedgerCells, LedgerStore } from "../core/chain/ledger/store.ts";
import { WeftError } from "../core/errors.ts";
import { useWriteAheadLog } from "./write_ahead_log.ts";

/** Marks the file as a ledger of Weft, for SQLite and for `file`: "Weft". */
const APPLICATION_ID = 0x57656674;
/** The form of the table below. */
const FORMAT_VERSION = 1;
/** How long a transaction waits for those of other processes. */
const BUSY_TIMEOUT_MS = 10_000;

const TABLE = `
  CREATE TABLE cells (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID`;

/** Statements that are prepared once. */
interface Statements {
  readonly get: StatementSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
  readonly all: StatementSync;
  readonly range: StatementSync;
}

/** A file of a ledger, made when it is not there. */
export class SqliteLedgerStore implements LedgerStore {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  /** @throws {WeftError} if the file cannot be opened, or is something else */
  constructor(file: string) {
    this.#file = file;
    this.#database = this.#explained(() => new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }));
    try {
      this.#explained(() => this.#prepareFile());
      this.#statements = this.#explained(() => prepareStatements(this.#database));
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  transact<T>(work: (cells: LedgerCells) => T): T {
    // Immediate: whoever reads will often write, and two who have both read could not both go on.
    this.#explained(() => this.#database.exec("BEGIN IMMEDIATE"));
    try {
      const result = work(this.#cells());
      this.#explained(() => this.#database.exec("COMMIT"));
      return result;
    } catch (error) {
      // Some failures have already ended the transaction.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #cells(): LedgerCells {
    const { get, put, delete: remove, all, range } = this.#statements;
    return {
      get: (table, key) =>
        this.#explained(() => {
          const row = get.get(table, key);
          return row && this.#text(row.value);
        }),
      put: (table, key, value) => this.#explained(() => void put.run(table, key, value)),
      delete: (table, key) => this.#explained(() => void remove.run(table, key)),
      entries: (table, prefix) =>
        this.#explained(() => {
          const rows = prefix === "" ? all.all(table) : range.all(table, prefix, endOf(prefix));
          return rows.map((row) => [this.#text(row.key), this.#text(row.value)]);
        }),
    };
  }

  #text(value: unknown): string {
    if (typeof value === "string") return value;
    throw this.#notALedger("its table holds something else than text");
  }

  /** Makes the table in an empty file; refuses a file of anything else, and does not touch it. */
  #prepareFile(): void {
    const database = this.#database;
    database.exec("BEGIN IMMEDIATE");
    try {
      this.#makeOrCheckTable();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
    useWriteAheadLog(database);
  }

  #makeOrCheckTable(): void {
    const number = (sql: string): unknown =>
      Object.values(this.#database.prepare(sql).get() ?? {})[0];
    const applicationId = number("PRAGMA application_id");
    if (applicationId === 0 && number("SELECT count(*) FROM sqlite_schema") === 0) {
      this.#database.exec(TABLE);
      this.#database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.#database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
      return;
    }
    if (applicationId !== APPLICATION_ID) {
      throw this.#notALedger("it is another program's database");
    }
    const version = Number(number("PRAGMA user_version"));
    if (version > FORMAT_VERSION) {
      throw new WeftError(
        `${this.#file} has format ${version}, and this Weft knows up to ${FORMAT_VERSION}: ` +
          "use a newer Weft, or begin a new ledger.",
      );
    }
  }

  #notALedger(reason: string): WeftError {
    return new WeftError(`${this.#file} is no ledger: ${reason}. Name another file.`);
  }

  /** Runs something of SQLite's; its errors become one line that names the file. */
  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof WeftError || !(error instanceof Error)) throw error;
      throw new WeftError(`The ledger ${this.#file} cannot be used: ${error.message}.`, {
        cause: error,
      });
    }
  }
}

function prepareStatements(database: DatabaseSync): Statements {
  return {
    get: database.prepare("SELECT value FROM cells WHERE bucket = ? AND key = ?"),
    put: database.prepare(
      "INSERT INTO cells VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    ),
    delete: database.prepare("DELETE FROM cells WHERE bucket = ? AND key = ?"),
    all: database.prepare("SELECT key, value FROM cells WHERE bucket = ?"),
    range: database.prepare(
      "SELECT key, value FROM cells WHERE bucket = ? AND key >= ? AND key < ?",
    ),
  };
}

/** The first text after all that start with the prefix, which ends with `/`. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}
