/**
 * Tables of checked records over tables of text.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type { LedgerCells } from "./store.ts";

/** One table of records, written as JSON with bigints as digits. */
export class Table<T> {
  readonly #cells: LedgerCells;
  readonly #name: string;
  readonly #schema: v.GenericSchema<unknown, T>;

  /** @param schema takes the JSON of a record and gives the record */
  constructor(cells: LedgerCells, name: string, schema: v.GenericSchema<unknown, T>) {
    this.#cells = cells;
    this.#name = name;
    this.#schema = schema;
  }

  /** @throws {WeftError} if what is kept there is no such record */
  get(key: string): T | undefined {
    const text = this.#cells.get(this.#name, key);
    return text === undefined ? undefined : this.#parse(key, text);
  }

  put(key: string, record: T): void {
    this.#cells.put(this.#name, key, JSON.stringify(record, bigintsAsText));
  }

  delete(key: string): void {
    this.#cells.delete(this.#name, key);
  }

  /**
   * Keys and records.
   *
   * @param prefix ends with `/`; empty for the whole table
   * @throws {WeftError} if one is no such record
   */
  entries(prefix = ""): [key: string, record: T][] {
    return this.#cells.entries(this.#name, prefix)
      .map(([key, text]) => [key, this.#parse(key, text)]);
  }

  #parse(key: string, text: string): T {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    const parsed = v.safeParse(this.#schema, json);
    if (parsed.success) return parsed.output;
    const path = v.getDotPath(parsed.issues[0]);
    throw new WeftError(
      `The ledger is damaged: its table ${this.#name} has no valid record at "${key}"` +
        `${path === null ? "" : ` (${path})`}. Use a copy, or begin a new ledger.`,
    );
  }
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
