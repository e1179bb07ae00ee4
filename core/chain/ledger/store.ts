/**
 * Where a ledger keeps its state: tables of text by key, changed in transactions.
 *
 * @module
 */

/** Tables of text. What is read sees what the same transaction has written. */
export interface LedgerCells {
  get(table: string, key: string): string | undefined;
  put(table: string, key: string, value: string): void;
  delete(table: string, key: string): void;
  /**
   * Keys and values of a table in no order that means anything.
   *
   * @param prefix only keys that start so; it ends with `/` or is empty
   */
  entries(table: string, prefix: string): [key: string, value: string][];
}

/** Keeps the tables of one ledger; several may stand on the same tables, in several processes. */
export interface LedgerStore {
  /**
   * Runs `work` alone: no other transaction sees a part of it, and if it throws, nothing of it is
   * kept. `work` must not start another transaction, nor use its cells later.
   */
  transact<T>(work: (cells: LedgerCells) => T): T;
  close(): void;
}
