/**
 * Queues of leased work as one work-queue stream of NATS: a subject for each id, and a durable
 * consumer for each queue, which hands a message out again when it is not acknowledged in time.
 *
 * @module
 */

import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { errors, type Msg, nanos } from "@nats-io/transport-node";
import { WeftError } from "../../core/errors.ts";
import type { WallClock } from "../../core/host.ts";
import type { Lease, Queues } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import { isMissingConsumer, isSubjectTaken, type NatsLink, REQUEST_MS } from "./link.ts";

/** Time after its addition in which an id is not taken in again, in milliseconds. */
const DUPLICATE_WINDOW_MS = 300_000;
/**
 * The server ends a lease by so much later than whoever took it counts: an acknowledgement on its
 * way, and clocks that differ between machines.
 */
const GRACE_MS = 1000;
/** Error codes of JetStream: there is such a consumer with other settings. */
const CONSUMER_EXISTS = [10_013, 10_148];

/** `$JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.sequence.time.pending[.token]`. */
const ACK_SUBJECT =
  /^\$JS\.ACK\.(?:[^. ]+\.[^. ]+\.)?([^. ]+)\.([^. ]+)\.(\d+)\.\d+\.\d+\.\d+\.\d+(?:\.[^. ]+)?$/;

/**
 * See the module. Two things are less exact than elsewhere. What was given back or ran out counts
 * as handed out until it is handed out again. And a token that was used in one process does
 * nothing there any more, but in another it may until the lease would have run out.
 */
export class NatsQueues implements Queues {
  readonly #link: NatsLink;
  readonly #wallClock: WallClock;
  readonly #stream: string;
  readonly #subject: string;
  /** By queue: for which lease its consumer is set, and when it is. */
  readonly #consumers = new Map<string, { leaseMs: number; ready: Promise<void> }>();

  /** Tokens that were used, and until when they would do something, oldest use first. */
  readonly #used = new Map<string, number>();

  private constructor(link: NatsLink, wallClock: WallClock) {
    this.#link = link;
    this.#wallClock = wallClock;
    this.#stream = `${link.address.name}-queues`;
    this.#subject = `${link.address.name}.queue`;
  }

  /** Opens the stream, and makes it where there is none. */
  static async open(link: NatsLink, wallClock: WallClock): Promise<NatsQueues> {
    const queues = new NatsQueues(link, wallClock);
    await link.ensureStream({
      name: queues.#stream,
      subjects: [`${queues.#subject}.*.*`],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      // An id that waits or is handed out is not taken in again, however long that lasts.
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: 1,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    });
    return queues;
  }

  async add(queue: string, id: string): Promise<void> {
    const word = wordOf(checkedName("queue", queue));
    const subject = `${this.#subject}.${word}.${wordOf(checkedName("piece of work", id))}`;
    await this.#link.ask(async () => {
      try {
        await this.#link.js.publish(subject, undefined, { msgID: `${queue}/${id}` });
      } catch (error) {
        if (!isSubjectTaken(error)) throw error;
      }
    });
  }

  async take(queue: string, leaseMs: number): Promise<Lease | undefined> {
    const word = wordOf(checkedName("queue", queue));
    const next = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${word}`;
    return await this.#link.ask(async () => {
      await this.#setLease(word, leaseMs);
      const untilMs = Math.floor(this.#wallClock.unixMs() + leaseMs);
      try {
        // The answer has the subject of the work, by which the client's one inbox finds no asker.
        const options = { timeout: REQUEST_MS, noMux: true };
        const message = await this.#link.nc.request(next, NO_WAIT, options);
        return leaseOf(message, untilMs);
      } catch (error) {
        // It may be that somebody has removed the consumer.
        if (error instanceof errors.TimeoutError) this.#consumers.delete(word);
        throw error;
      }
    });
  }

  async acknowledge(queue: string, token: string): Promise<void> {
    await this.#answer(queue, token, "+ACK");
  }

  async giveBack(queue: string, token: string): Promise<void> {
    await this.#answer(queue, token, "-NAK");
  }

  async count(queue: string): Promise<{ waiting: number; leased: number }> {
    const word = wordOf(checkedName("queue", queue));
    const { jsm } = this.#link;
    return await this.#link.ask(async () => {
      try {
        const info = await jsm.consumers.info(this.#stream, word);
        return { waiting: info.num_pending, leased: info.num_ack_pending };
      } catch (error) {
        if (!isMissingConsumer(error)) throw error;
      }
      // Nobody has taken anything yet.
      const subjects_filter = `${this.#subject}.${word}.*`;
      const { state } = await jsm.streams.info(this.#stream, { subjects_filter });
      return { waiting: Object.keys(state.subjects ?? {}).length, leased: 0 };
    });
  }

  async clear(queue: string): Promise<void> {
    const filter = `${this.#subject}.${wordOf(checkedName("queue", queue))}.*`;
    await this.#link.ask(() => this.#link.jsm.streams.purge(this.#stream, { filter }));
  }

  /** Tells the server how a lease ends, unless it has run out or is none of this queue. */
  async #answer(queue: string, token: string, answer: "+ACK" | "-NAK"): Promise<void> {
    const word = wordOf(checkedName("queue", queue));
    const [reply, until] = token.split(" ");
    const [, stream, consumer] = ACK_SUBJECT.exec(reply) ?? [];
    if (stream !== this.#stream || consumer !== word) return;
    const untilMs = Number(until);
    if (this.#used.has(token) || !(this.#wallClock.unixMs() < untilMs)) return;
    this.#use(token, untilMs);
    await this.#link.ask(async () => {
      // The server itself would take it though the work has gone to another.
      if (this.#wallClock.unixMs() >= untilMs) return;
      await this.#link.nc.request(reply, answer, { timeout: REQUEST_MS });
    });
  }

  #use(token: string, untilMs: number): void {
    const nowMs = this.#wallClock.unixMs();
    for (const [used, usedUntilMs] of this.#used) {
      if (usedUntilMs > nowMs) break;
      this.#used.delete(used);
    }
    this.#used.set(token, untilMs);
  }

  /** Makes the queue's consumer, or sets it to another lease. */
  async #setLease(word: string, leaseMs: number): Promise<void> {
    let consumer = this.#consumers.get(word);
    if (consumer?.leaseMs !== leaseMs) {
      consumer = { leaseMs, ready: this.#makeConsumer(word, leaseMs) };
      this.#consumers.set(word, consumer);
    }
    try {
      await consumer.ready;
    } catch (error) {
      if (this.#consumers.get(word) === consumer) this.#consumers.delete(word);
      throw error;
    }
  }

  async #makeConsumer(word: string, leaseMs: number): Promise<void> {
    const { consumers } = this.#link.jsm;
    const ack_wait = nanos(leaseMs + GRACE_MS);
    try {
      await consumers.add(this.#stream, {
        durable_name: word,
        filter_subject: `${this.#subject}.${word}.*`,
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        ack_wait,
        max_ack_pending: -1,
      });
    } catch (error) {
      if (!(error instanceof JetStreamApiError && CONSUMER_EXISTS.includes(error.code))) {
        throw error;
      }
      await consumers.update(this.#stream, word, { ack_wait });
    }
  }
}

/** Asks for one message, or none at once. */
const NO_WAIT = JSON.stringify({ batch: 1, no_wait: true });

/** One word of a subject, which a dot would end; no name has a `=`. */
function wordOf(name: string): string {
  return name.replaceAll(".", "=");
}

/** What was handed out; undefined for the server's word that there is nothing. */
function leaseOf(message: Msg, untilMs: number): Lease | undefined {
  const status = message.headers?.code;
  if (status === 404 || status === 408) return undefined;
  const found = ACK_SUBJECT.exec(message.reply ?? "");
  if (!found) {
    throw new WeftError(
      `NATS hands out no work: ${status ?? "?"} ${message.headers?.description ?? ""}`.trim(),
    );
  }
  const word = message.subject.slice(message.subject.lastIndexOf(".") + 1);
  return {
    id: word.replaceAll("=", "."),
    token: `${message.reply} ${untilMs}`,
    deliveries: Number(found[3]),
  };
}
