/**
 * An orchestrator's state in NATS JetStream, which processes of several machines share: records in
 * a key-value bucket with compare-and-set, work in a work-queue stream with redelivery, journals in
 * streams, signals on plain subjects. Needs nats-server 2.9.
 *
 * @module
 */

import type { Clock, Log, WallClock } from "../core/host.ts";
import type {
  Journals,
  Queues,
  Records,
  Signals,
  SwarmState,
} from "../core/iota/orchestrator/state.ts";
import { parseNatsAddress } from "./nats_state/address.ts";
import { NatsJournals } from "./nats_state/journals.ts";
import { type NatsLink, openNatsLink, PATIENCE_MS } from "./nats_state/link.ts";
import { NatsQueues } from "./nats_state/queues.ts";
import { NatsRecords } from "./nats_state/records.ts";
import { NatsSignals } from "./nats_state/signals.ts";

/** What a state in NATS goes by. */
export interface NatsStateOptions {
  /** For pauses between tries. */
  readonly clock: Clock;
  /** By which whoever took work knows the end of the lease. */
  readonly wallClock: WallClock;
  /**
   * How long a call goes on while NATS does not answer.
   * @default {30000} milliseconds
   */
  readonly patienceMs?: number;
  /** Hears when the server goes away and comes back. */
  readonly log?: Log;
}

/**
 * Connects, and makes what is not there yet.
 *
 * Every method waits while NATS is away, and throws {@linkcode WeftError} if that lasts.
 *
 * @param address `nats://HOST[:PORT][,HOST…][?name=NAME&replicas=1|3|5]`
 * @throws {UsageError} if the address is none
 * @throws {WeftError} if nobody answers there, or without JetStream
 */
export async function openNatsState(
  address: string,
  { clock, wallClock, patienceMs = PATIENCE_MS, log }: NatsStateOptions,
): Promise<SwarmState> {
  const link = await openNatsLink(parseNatsAddress(address), { clock, patienceMs, log });
  try {
    const signals = await NatsSignals.open(link);
    const queues = await NatsQueues.open(link, wallClock);
    const records = await NatsRecords.open(link, clock);
    return new NatsState(link, records, queues, signals);
  } catch (error) {
    await link.close();
    throw error;
  }
}

class NatsState implements SwarmState {
  readonly records: Records;
  readonly queues: Queues;
  readonly journals: Journals;
  readonly signals: Signals;
  readonly #link: NatsLink;
  readonly #stopRecords: () => void;

  constructor(link: NatsLink, records: NatsRecords, queues: Queues, signals: Signals) {
    this.records = records;
    this.queues = queues;
    this.journals = new NatsJournals(link);
    this.signals = signals;
    this.#link = link;
    this.#stopRecords = () => records.stop();
  }

  async close(): Promise<void> {
    this.#stopRecords();
    await this.#link.close();
  }
}
