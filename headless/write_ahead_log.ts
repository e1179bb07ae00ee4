/**
 * SQLite's write-ahead log, with which readers and a writer do not wait for each other.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** What SQLite says to one that would have to wait. */
const BUSY = "database is locked";

/**
 * Turns the log on for a file, for good. To do so a process must be alone with it for a moment, and
 * SQLite does not wait for that: where several open a new file at once, one of them turns it on.
 */
export function useWriteAheadLog(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA journal_mode = WAL");
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(BUSY))) throw error;
  }
}
