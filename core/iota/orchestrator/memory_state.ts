/**
 * An orchestrator's state in memory, for tests and for what may be forgotten. Parts that share one
 * object behave as processes that share one state.
 *
 * @module
 */

import type { WallClock } from "../../host.ts";
import { attempt } from "./attempt.ts";
import { MemoryQueue } from "./memory_queue.ts";
import type {
  Entry,
  JournalEntry,
  Journals,
  Json,
  Lease,
  Queues,
  Records,
  Signals,
  SwarmState,
} from "./state.ts";
import { checkedName } from "./state_names.ts";
import { TopicWaiters } from "./topic_waiters.ts";

/** See the module. Values are kept as JSON, as every other state keeps them. */
export class MemoryState implements SwarmState {
  readonly records: Records = new MemoryRecords();
  readonly queues: Queues;
  readonly journals: Journals = new MemoryJournals();
  readonly signals: Signals = new TopicWaiters();

  /** @param wallClock by which leases end */
  constructor(wallClock: WallClock) {
    this.queues = new MemoryQueues(wallClock);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class MemoryRecords implements Records {
  readonly #entries = new Map<string, { readonly json: string; readonly revision: number }>();
  #lastRevision = 0;

  get(name: string): Promise<Entry | undefined> {
    return attempt(() => this.#entry(checkedName("record", name)));
  }

  put(name: string, value: Json, seen: number): Promise<number | undefined> {
    return attempt(() => {
      if ((this.#entries.get(checkedName("record", name))?.revision ?? 0) !== seen) {
        return undefined;
      }
      const revision = ++this.#lastRevision;
      this.#entries.set(name, { json: JSON.stringify(value), revision });
      return revision;
    });
  }

  remove(name: string, seen: number): Promise<boolean> {
    return attempt(() => {
      if (this.#entries.get(checkedName("record", name))?.revision !== seen) return false;
      return this.#entries.delete(name);
    });
  }

  list(prefix: string): Promise<Map<string, Entry>> {
    return attempt(() => {
      const start = `${checkedName("record", prefix)}.`;
      const names = [...this.#entries.keys()].filter((name) => name.startsWith(start)).sort();
      const found = new Map<string, Entry>();
      for (const name of names) {
        const entry = this.#entry(name);
        if (entry) found.set(name, entry);
      }
      return found;
    });
  }

  #entry(name: string): Entry | undefined {
    const kept = this.#entries.get(name);
    return kept && { value: JSON.parse(kept.json), revision: kept.revision };
  }
}

class MemoryQueues implements Queues {
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #wallClock: WallClock;
  #lastSequence = 0;

  constructor(wallClock: WallClock) {
    this.#wallClock = wallClock;
  }

  add(queue: string, id: string): Promise<void> {
    return this.#do(queue, (it, nowMs) => it.add(checkedName("piece of work", id), nowMs));
  }

  take(queue: string, leaseMs: number): Promise<Lease | undefined> {
    return this.#do(queue, (it, nowMs) => it.take(leaseMs, nowMs));
  }

  acknowledge(queue: string, token: string): Promise<void> {
    return this.#do(queue, (it, nowMs) => it.acknowledge(token, nowMs));
  }

  giveBack(queue: string, token: string): Promise<void> {
    return this.#do(queue, (it, nowMs) => it.giveBack(token, nowMs));
  }

  count(queue: string): Promise<{ waiting: number; leased: number }> {
    return this.#do(queue, (it, nowMs) => it.count(nowMs));
  }

  clear(queue: string): Promise<void> {
    return this.#do(queue, (it, nowMs) => it.clear(nowMs));
  }

  #do<T>(name: string, work: (queue: MemoryQueue, nowMs: number) => T): Promise<T> {
    return attempt(() => {
      let queue = this.#queues.get(checkedName("queue", name));
      if (queue === undefined) {
        queue = new MemoryQueue(() => ++this.#lastSequence);
        this.#queues.set(name, queue);
      }
      return work(queue, this.#wallClock.unixMs());
    });
  }
}

class MemoryJournals implements Journals {
  readonly #journals = new Map<string, string[]>();

  append(journal: string, value: Json): Promise<number> {
    return attempt(() => {
      const entries = this.#entries(journal);
      if (entries.length === 0) this.#journals.set(journal, entries);
      return entries.push(JSON.stringify(value));
    });
  }

  after(journal: string, sequence: number, limit: number): Promise<JournalEntry[]> {
    return attempt(() => this.#slice(journal, sequence, sequence + limit));
  }

  last(journal: string, count: number): Promise<JournalEntry[]> {
    return attempt(() => {
      const { length } = this.#entries(journal);
      return this.#slice(journal, Math.max(0, length - count), length);
    });
  }

  #slice(journal: string, begin: number, end: number): JournalEntry[] {
    return this.#entries(journal).slice(begin, end)
      .map((json, index) => ({ sequence: begin + index + 1, value: JSON.parse(json) }));
  }

  #entries(journal: string): string[] {
    return this.#journals.get(checkedName("journal", journal)) ?? [];
  }
}
