/**
 * An orchestrator's state in an SQLite file, which several processes of one machine may share.
 *
 * @module
 */

import type { Clock, WallClock } from "../core/host.ts";
import { attempt } from "../core/iota/orchestrator/attempt.ts";
import type {
  Entry,
  JournalEntry,
  Journals,
  Json,
  Records,
  SwarmState,
} from "../core/iota/orchestrator/state.ts";
import { checkedName } from "../core/iota/orchestrator/state_names.ts";
import { type Row, StateFile, type Statement } from "./sqlite_state/file.ts";
import { SqliteQueues } from "./sqlite_state/queues.ts";
import { SqliteSignals } from "./sqlite_state/signals.ts";

/**
 * See the module. What a method has answered outlives a kill of the process. Any method may throw
 * {@linkcode WeftError}: the disk is full, or the file is no longer what it was.
 */
export class SqliteState implements SwarmState {
  readonly records: Records;
  readonly queues: SqliteQueues;
  readonly journals: Journals;
  readonly signals: SqliteSignals;
  readonly #file: StateFile;

  /**
   * Opens the file, and makes it where there is none.
   *
   * @param time by the wall clock leases end; by the clock other processes are listened to
   * @throws {WeftError} if it cannot be opened, or is something else
   */
  constructor(file: string, time: { readonly clock: Clock; readonly wallClock: WallClock }) {
    this.#file = new StateFile(file);
    this.records = new SqliteRecords(this.#file);
    this.queues = new SqliteQueues(this.#file, time.wallClock);
    this.journals = new SqliteJournals(this.#file);
    this.signals = new SqliteSignals(this.#file, time.clock);
  }

  close(): Promise<void> {
    this.signals.close();
    this.#file.close();
    return Promise.resolve();
  }
}

class SqliteRecords implements Records {
  readonly #file: StateFile;
  readonly #get: Statement;
  readonly #add: Statement;
  readonly #replace: Statement;
  readonly #remove: Statement;
  readonly #list: Statement;

  constructor(file: StateFile) {
    this.#file = file;
    this.#get = file.prepare("SELECT value, revision FROM records WHERE name = ?");
    this.#add = file.prepare(
      `INSERT INTO records VALUES (?, ?, (SELECT revision + 1 FROM removed))
       ON CONFLICT DO NOTHING RETURNING revision`,
    );
    this.#replace = file.prepare(
      "UPDATE records SET value = ?, revision = revision + 1 WHERE name = ? AND revision = ?",
    );
    this.#remove = file.prepare("DELETE FROM records WHERE name = ? AND revision = ?");
    this.#list = file.prepare(
      "SELECT name, value, revision FROM records WHERE name > ? AND name < ? ORDER BY name",
    );
  }

  get(name: string): Promise<Entry | undefined> {
    return attempt(() => {
      const row = this.#get.get(checkedName("record", name));
      return row && this.#entry(row);
    });
  }

  put(name: string, value: Json, seen: number): Promise<number | undefined> {
    return attempt(() => {
      const json = JSON.stringify(value);
      if (seen === 0) {
        const row = this.#add.get(checkedName("record", name), json);
        return row && this.#file.whole(row.revision);
      }
      return this.#replace.run(json, checkedName("record", name), seen) > 0 ? seen + 1 : undefined;
    });
  }

  remove(name: string, seen: number): Promise<boolean> {
    return attempt(() => {
      return this.#remove.run(checkedName("record", name), seen) > 0;
    });
  }

  list(prefix: string): Promise<Map<string, Entry>> {
    return attempt(() => {
      checkedName("record", prefix);
      // The slash is the letter after the dot.
      const rows = this.#list.all(`${prefix}.`, `${prefix}/`);
      return new Map(rows.map((row) => [this.#file.text(row.name), this.#entry(row)]));
    });
  }

  #entry({ value, revision }: Row): Entry {
    return { value: JSON.parse(this.#file.text(value)), revision: this.#file.whole(revision) };
  }
}

class SqliteJournals implements Journals {
  readonly #file: StateFile;
  readonly #append: Statement;
  readonly #after: Statement;
  readonly #last: Statement;

  constructor(file: StateFile) {
    this.#file = file;
    this.#append = file.prepare(
      `INSERT INTO journal VALUES (
         ?1, (SELECT ifnull(max(sequence), 0) + 1 FROM journal WHERE journal = ?1), ?2
       ) RETURNING sequence`,
    );
    this.#after = file.prepare(
      "SELECT sequence, value FROM journal WHERE journal = ? AND sequence > ? ORDER BY sequence LIMIT ?",
    );
    this.#last = file.prepare(
      "SELECT sequence, value FROM journal WHERE journal = ? ORDER BY sequence DESC LIMIT ?",
    );
  }

  append(journal: string, value: Json): Promise<number> {
    return attempt(() => {
      const row = this.#append.get(checkedName("journal", journal), JSON.stringify(value));
      return this.#file.whole(row?.sequence);
    });
  }

  after(journal: string, sequence: number, limit: number): Promise<JournalEntry[]> {
    return attempt(() => {
      const rows = this.#after.all(checkedName("journal", journal), sequence, limit);
      return rows.map((row) => this.#entry(row));
    });
  }

  last(journal: string, count: number): Promise<JournalEntry[]> {
    return attempt(() => {
      const rows = this.#last.all(checkedName("journal", journal), count);
      return rows.map((row) => this.#entry(row)).reverse();
    });
  }

  #entry({ sequence, value }: Row): JournalEntry {
    return { sequence: this.#file.whole(sequence), value: JSON.parse(this.#file.text(value)) };
  }
}
