/**
 * Signals between the processes that share an SQLite file.
 *
 * @module
 */

import type { Clock } from "../../core/host.ts";
import type { Signals } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import { TopicWaiters } from "../../core/iota/orchestrator/topic_waiters.ts";
import type { StateFile, Statement } from "./file.ts";

/** How often it is looked whether another process has written; a look takes microseconds. */
const LOOK_MS = 25;

/**
 * See the module. SQLite tells nobody, so while anybody waits it is asked again and again. Within
 * the process a signal arrives at once.
 */
export class SqliteSignals implements Signals {
  readonly #file: StateFile;
  readonly #clock: Clock;
  readonly #waiters = new TopicWaiters();
  readonly #origin = crypto.randomUUID();
  readonly #raise: Statement;
  readonly #version: Statement;
  readonly #heard: Statement;
  #seenVersion: unknown;
  #seenSequence: number;
  /** Ends the looking. */
  #looking: AbortController | undefined;

  constructor(file: StateFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#raise = file.prepare(
      `INSERT OR REPLACE INTO signals VALUES (
         ?, (SELECT ifnull(max(sequence), 0) + 1 FROM signals), ?
       )`,
    );
    this.#version = file.prepare("PRAGMA data_version");
    this.#heard = file.prepare(
      "SELECT topic, sequence FROM signals WHERE sequence > ? AND origin <> ? ORDER BY sequence",
    );
    const last = file.prepare("SELECT ifnull(max(sequence), 0) AS sequence FROM signals");
    this.#seenSequence = file.whole(last.get()?.sequence);
  }

  raise(topic: string): void {
    this.#raise.run(checkedName("topic", topic), this.#origin);
    this.#waiters.raise(topic);
  }

  async next(topics: readonly string[], signal: AbortSignal): Promise<void> {
    // What others raised before is not for who comes now.
    this.#look();
    const woken = this.#waiters.next(topics, signal);
    this.#keepLooking();
    await woken;
    if (this.#waiters.isEmpty) this.close();
  }

  /** Ends the looking; who waits is woken by signals of this process only. */
  close(): void {
    this.#looking?.abort();
    this.#looking = undefined;
  }

  #keepLooking(): void {
    if (this.#looking || this.#waiters.isEmpty) return;
    const looking = this.#looking = new AbortController();
    const loop = async (): Promise<void> => {
      while (!looking.signal.aborted) {
        await this.#clock.sleep(LOOK_MS, looking.signal);
        if (!looking.signal.aborted) this.#look();
      }
    };
    // A file that has gone bad: who waits looks for himself, and is told why that fails.
    loop().catch(() => {
      this.close();
      this.#waiters.raiseAll();
    });
  }

  /** Passes on what other processes have raised since the last look. */
  #look(): void {
    const version = this.#version.get()?.data_version;
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    for (const row of this.#heard.all(this.#seenSequence, this.#origin)) {
      this.#seenSequence = this.#file.whole(row.sequence);
      this.#waiters.raise(this.#file.text(row.topic));
    }
  }
}
