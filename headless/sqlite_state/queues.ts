/**
 * Queues of leased work in SQLite.
 *
 * @module
 */

import type { WallClock } from "../../core/host.ts";
import { DUPLICATE_WINDOW_MS } from "../../core/iota/orchestrator/memory_queue.ts";
import { attempt } from "../../core/iota/orchestrator/attempt.ts";
import type { Lease, Queues } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import type { Row, StateFile, Statement } from "./file.ts";

const FORGET_EVERY_MS = 1000;

/** The oldest that nobody holds: never handed out, given back, or run out at the time `?2`. */
const OLDEST_FREE = `
  SELECT min(sequence) FROM (
    SELECT min(sequence) AS sequence FROM work WHERE queue = ?1 AND leased_until = 0
    UNION ALL
    SELECT min(sequence) FROM work WHERE queue = ?1 AND leased_until BETWEEN 1 AND ?2
  )`;

/** The one that is held by the token of sequence and deliveries, at a time. */
const HELD = "queue = ? AND sequence = ? AND deliveries = ? AND leased_until > ?";

/** See the module. Each call is one transaction; none grows with the length of a queue. */
export class SqliteQueues implements Queues {
  readonly #file: StateFile;
  readonly #wallClock: WallClock;
  readonly #add: Statement;
  readonly #forget: Statement;
  readonly #take: Statement;
  readonly #acknowledge: Statement;
  readonly #giveBack: Statement;
  readonly #count: Statement;
  readonly #clear: Statement;
  #forgottenMs = -Infinity;

  constructor(file: StateFile, wallClock: WallClock) {
    this.#file = file;
    this.#wallClock = wallClock;
    this.#add = file.prepare("INSERT INTO work (queue, id) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#forget = file.prepare("DELETE FROM work WHERE left_at <= ?");
    this.#take = file.prepare(
      `UPDATE work SET leased_until = ?3, deliveries = deliveries + 1
       WHERE sequence = (${OLDEST_FREE}) RETURNING sequence, id, deliveries`,
    );
    this.#acknowledge = file.prepare(
      `UPDATE work SET leased_until = NULL, left_at = ? WHERE ${HELD}`,
    );
    this.#giveBack = file.prepare(`UPDATE work SET leased_until = 0 WHERE ${HELD}`);
    this.#count = file.prepare(
      `SELECT free, held, (
         SELECT count(*) FROM work WHERE queue = ?1 AND leased_until BETWEEN 1 AND ?2
       ) AS ended FROM tallies WHERE queue = ?1`,
    );
    this.#clear = file.prepare(
      "UPDATE work SET leased_until = NULL, left_at = ? WHERE queue = ? AND leased_until >= 0",
    );
  }

  add(queue: string, id: string): Promise<void> {
    return attempt(() => {
      checkedName("queue", queue);
      checkedName("piece of work", id);
      this.#forgetLeft();
      this.#add.run(queue, id);
    });
  }

  take(queue: string, leaseMs: number): Promise<Lease | undefined> {
    return attempt(() => {
      const nowMs = this.#nowMs();
      const row = this.#take.get(checkedName("queue", queue), nowMs, Math.ceil(nowMs + leaseMs));
      return row && this.#lease(row);
    });
  }

  acknowledge(queue: string, token: string): Promise<void> {
    return attempt(() => {
      const nowMs = this.#nowMs();
      this.#acknowledge.run(nowMs, checkedName("queue", queue), ...numbersOf(token), nowMs);
    });
  }

  giveBack(queue: string, token: string): Promise<void> {
    return attempt(() => {
      this.#giveBack.run(checkedName("queue", queue), ...numbersOf(token), this.#nowMs());
    });
  }

  count(queue: string): Promise<{ waiting: number; leased: number }> {
    return attempt(() => {
      const row = this.#count.get(checkedName("queue", queue), this.#nowMs());
      if (row === undefined) return { waiting: 0, leased: 0 };
      const [free, held, ended] = [row.free, row.held, row.ended].map((it) => this.#file.whole(it));
      return { waiting: free + ended, leased: held - ended };
    });
  }

  clear(queue: string): Promise<void> {
    return attempt(() => {
      this.#clear.run(this.#nowMs(), checkedName("queue", queue));
    });
  }

  /** Forgets what left long ago, from time to time: a search at each addition costs as much as it. */
  #forgetLeft(): void {
    const nowMs = this.#nowMs();
    if (Math.abs(nowMs - this.#forgottenMs) < FORGET_EVERY_MS) return;
    this.#forgottenMs = nowMs;
    this.#forget.run(nowMs - DUPLICATE_WINDOW_MS);
  }

  #lease(row: Row): Lease {
    const [sequence, deliveries] = [row.sequence, row.deliveries].map((it) => this.#file.whole(it));
    return { id: this.#file.text(row.id), token: `${sequence}:${deliveries}`, deliveries };
  }

  #nowMs(): number {
    return Math.floor(this.#wallClock.unixMs());
  }
}

/** Sequence and deliveries of a token; zeros, which nothing has, if it is none. */
function numbersOf(token: string): [number, number] {
  const found = /^(\d{1,15}):(\d{1,15})$/.exec(token);
  return found ? [Number(found[1]), Number(found[2])] : [0, 0];
}
