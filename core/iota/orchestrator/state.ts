/**
 * What the orchestrator remembers, in three forms: records that are replaced only by who has seen
 * the latest, queues of work that is leased until it is acknowledged, and journals that only grow.
 *
 * All else of an orchestrator may die at any moment: what a method here has answered is kept, and
 * several processes may share one state. SQLite stands behind it on one machine, NATS JetStream on
 * many, and memory in tests.
 *
 * Names are words of `[A-Za-z0-9_-]` with dots between them.
 *
 * @module
 */

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json | undefined;
};

/** A value, and the revision under which it was written. */
export interface Entry {
  readonly value: Json;
  readonly revision: number;
}

/** Values by name. */
export interface Records {
  get(name: string): Promise<Entry | undefined>;
  /**
   * Writes if the record still has the revision that was seen; 0 means that there is none.
   * @returns the new revision, or undefined if somebody else was faster
   */
  put(name: string, value: Json, seen: number): Promise<number | undefined>;
  /** Removes if the record still has the revision that was seen; false if somebody was faster. */
  remove(name: string, seen: number): Promise<boolean>;
  /** All records whose name begins with `prefix` and a dot, by name. */
  list(prefix: string): Promise<Map<string, Entry>>;
}

/** A piece of work that was handed out. */
export interface Lease {
  readonly id: string;
  /** Acknowledges or gives back the work, in any process. */
  readonly token: string;
  /** Times it was handed out, this one included. */
  readonly deliveries: number;
}

/** Work that is handed out in order, and again if it is not acknowledged in time. */
export interface Queues {
  /** Appends an id, unless the queue has held it in the last minutes. */
  add(queue: string, id: string): Promise<void>;
  /** The oldest id that nobody holds. */
  take(queue: string, leaseMs: number): Promise<Lease | undefined>;
  /** Ends it: the work is done. Nothing happens if the lease has run out meanwhile. */
  acknowledge(queue: string, token: string): Promise<void>;
  /** Puts it back at once, in front. */
  giveBack(queue: string, token: string): Promise<void>;
  /** How many ids nobody holds, and how many are handed out. */
  count(queue: string): Promise<{ readonly waiting: number; readonly leased: number }>;
  /** Removes all. */
  clear(queue: string): Promise<void>;
}

/** An entry of a journal. */
export interface JournalEntry {
  /** From 1, growing. */
  readonly sequence: number;
  readonly value: Json;
}

/** What was, in order. */
export interface Journals {
  append(journal: string, value: Json): Promise<number>;
  /** Up to `limit` entries after a sequence number, oldest first. */
  after(journal: string, sequence: number, limit: number): Promise<JournalEntry[]>;
  /** The last entries, oldest first. */
  last(journal: string, count: number): Promise<JournalEntry[]>;
}

/** Tells those who wait, in all processes, that something has changed. */
export interface Signals {
  raise(topic: string): void;
  /**
   * Resolves at the next signal of one of the topics, or when aborted. What was raised before is not
   * told: first wait, then look.
   */
  next(topics: readonly string[], signal: AbortSignal): Promise<void>;
}

/** See the module. */
export interface SwarmState {
  readonly records: Records;
  readonly queues: Queues;
  readonly journals: Journals;
  readonly signals: Signals;
  close(): Promise<void>;
}
