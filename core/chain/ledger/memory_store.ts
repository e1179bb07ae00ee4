/**
 * A ledger's state in memory, for tests and for networks that live as long as a process.
 *
 * @module
 */

import type { LedgerCells, LedgerStore } from "./store.ts";

/** Tables in maps. */
export class MemoryLedgerStore implements LedgerStore {
  readonly #tables = new Map<string, Map<string, string>>();
  #isBusy = false;

  transact<T>(work: (cells: LedgerCells) => T): T {
    if (this.#isBusy) throw new Error("a ledger's transaction was started within another");
    const undo: (() => void)[] = [];
    this.#isBusy = true;
    try {
      return work(this.#cells(undo));
    } catch (error) {
      undo.reverse().forEach((step) => step());
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  close(): void {}

  #cells(undo: (() => void)[]): LedgerCells {
    const change = (name: string, key: string, act: (table: Map<string, string>) => void) => {
      const table = this.#table(name);
      const before = table.get(key);
      undo.push(() => before === undefined ? table.delete(key) : table.set(key, before));
      act(table);
    };
    return {
      get: (name, key) => this.#table(name).get(key),
      put: (name, key, value) => change(name, key, (table) => table.set(key, value)),
      delete: (name, key) => change(name, key, (table) => table.delete(key)),
      entries: (name, prefix) => [...this.#table(name)].filter(([key]) => key.startsWith(prefix)),
    };
  }

  #table(name: string): Map<string, string> {
    let table = this.#tables.get(name);
    if (!table) this.#tables.set(name, table = new Map());
    return table;
  }
}
