/**
 * A connection to NATS that outlives the server's absence: what is asked meanwhile waits, is asked
 * again, and fails only after a time.
 *
 * @module
 */

import {
  jetstream,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import { connect, errors, type NatsConnection } from "@nats-io/transport-node";
import { WeftError } from "../../core/errors.ts";
import type { Clock, Log } from "../../core/host.ts";
import type { NatsAddress } from "./address.ts";

/** How long a call goes on before it fails, in milliseconds. */
export const PATIENCE_MS = 30_000;
/** How long one try waits for the answer, in milliseconds. */
export const REQUEST_MS = 5000;
/** And for all of it where it asks several things: some of what the client does waits for ever. */
const TRY_MS = 15_000;
const CONNECT_MS = 5000;
const RECONNECT_MS = 200;
/** A connection that is silent this long is asked for a sign, twice. */
const PING_MS = 5000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Error codes of JetStream. */
const CODES = {
  consumerNotFound: 10_014,
  streamNotFound: 10_059,
  wrongLastSequence: 10_071,
  storeFailed: 10_077,
};

/** Parts of a {@linkcode NatsLink}. */
interface LinkParts {
  readonly address: NatsAddress;
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly log: Log | undefined;
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
}

/** See the module. */
export class NatsLink {
  readonly address: NatsAddress;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #log: Log | undefined;
  readonly #onReconnect: (() => void)[] = [];
  /** Aborted when the connection is lost; a new one while there is one. */
  #lost = new AbortController();
  /** Aborted when it is back; a new one while there is none. */
  #back: AbortController | undefined;
  #isClosed = false;

  constructor({ address, clock, patienceMs, log, nc, jsm }: LinkParts) {
    this.address = address;
    this.nc = nc;
    this.jsm = jsm;
    this.js = jetstream(nc);
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#log = log;
    void this.#follow();
  }

  /** Calls the listener each time after the connection was lost and is back. */
  onReconnect(listener: () => void): void {
    this.#onReconnect.push(listener);
  }

  /**
   * Does something that is safe to be done twice, until it is done.
   * @throws {WeftError} if NATS has not answered for the whole time, or refuses
   */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    const endMs = this.#clock.nowMs() + this.#patienceMs;
    let reason = "no connection";
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (this.#isClosed) throw new WeftError("the connection to NATS has been closed");
      if (this.#back === undefined) {
        try {
          return await this.#unlessLost(work);
        } catch (error) {
          if (!isPassing(error)) throw this.#explained(error);
          reason = messageOf(error);
        }
      }
      const leftMs = endMs - this.#clock.nowMs();
      if (leftMs <= 0) throw this.#unanswered(reason);
      // Without a connection its return ends the pause.
      const waitMs = this.#back ? leftMs : Math.min(pauseMs, leftMs);
      await this.#clock.sleep(waitMs, this.#back?.signal);
    }
  }

  /** Makes a stream unless there is one of this name. */
  async ensureStream(config: Partial<StreamConfig> & { name: string }): Promise<void> {
    await this.ask(async () => {
      try {
        await this.jsm.streams.info(config.name);
      } catch (error) {
        if (!isMissingStream(error)) throw error;
        await this.jsm.streams.add({ ...config, num_replicas: this.address.replicas });
      }
    });
  }

  /** The message of a stream with this number; null if there is none. */
  async message(stream: string, seq: number): Promise<StoredMsg | null> {
    // Only with one replica is a direct answer the newest.
    const { direct, streams } = this.jsm;
    const source = this.address.replicas === 1 ? direct : streams;
    return await this.ask(() => source.getMessage(stream, { seq }));
  }

  /** Sends what nobody answers. */
  tell(subject: string): void {
    if (!this.#isClosed) this.nc.publish(subject);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#back === undefined) await this.nc.flush().catch(() => {});
    await this.nc.close();
    this.#back?.abort();
  }

  async #follow(): Promise<void> {
    const where = this.address.servers.join(", ");
    let sinceMs = 0;
    for await (const { type } of this.nc.status()) {
      if (type === "disconnect" && this.#back === undefined) {
        this.#back = new AbortController();
        this.#lost.abort();
        sinceMs = this.#clock.nowMs();
        if (this.#isClosed) continue;
        this.#log?.warn(`NATS at ${where} is gone: what is asked waits until it is back`);
      } else if (type === "reconnect" && this.#back) {
        const back = this.#back;
        this.#back = undefined;
        this.#lost = new AbortController();
        back.abort();
        for (const listener of this.#onReconnect) listener();
        const seconds = ((this.#clock.nowMs() - sinceMs) / 1000).toFixed(1);
        this.#log?.info(`NATS at ${where} is back after ${seconds} s`);
      }
    }
  }

  /** The client would wait on for answers that cannot come any more, or do not come. */
  async #unlessLost<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#lost;
    const done = new AbortController();
    let lose = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      lose = () => reject(new errors.ConnectionError("the connection was lost"));
      signal.addEventListener("abort", lose);
      this.#clock.sleep(TRY_MS, done.signal).then(() => reject(new errors.TimeoutError()));
    });
    try {
      return await Promise.race([work(), lost]);
    } finally {
      done.abort();
      signal.removeEventListener("abort", lose);
    }
  }

  #unanswered(reason: string): WeftError {
    const seconds = this.#patienceMs / 1000;
    return new WeftError(
      `NATS at ${this.address.servers.join(", ")} has not answered for ${seconds} s (${reason}): ` +
        "start it again, or look after the network; what was answered before is kept",
    );
  }

  #explained(error: unknown): WeftError {
    return new WeftError(
      `NATS at ${this.address.servers.join(", ")} refuses: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Connects.
 * @throws {WeftError} if nobody answers, or it is a NATS without JetStream
 */
export async function openNatsLink(
  address: NatsAddress,
  { clock, patienceMs, log }: Pick<LinkParts, "clock" | "patienceMs" | "log">,
): Promise<NatsLink> {
  const { servers, user, password } = address;
  const where = servers.join(", ");
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers: [...servers],
      ...address.isTls ? { tls: {} } : {},
      ...user === undefined ? {} : { user, pass: password },
      name: "weft",
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      pingInterval: PING_MS,
      noEcho: true,
    });
  } catch (error) {
    throw new WeftError(
      `no NATS at ${where} (${messageOf(error)}): start one with nats-server -js, or correct --bus`,
      { cause: error },
    );
  }
  try {
    const jsm = await jetstreamManager(nc, { timeout: REQUEST_MS });
    return new NatsLink({ address, clock, patienceMs, log, nc, jsm });
  } catch (error) {
    await nc.close();
    throw new WeftError(
      `the NATS at ${where} has no JetStream (${messageOf(error)}): start it with nats-server -js`,
      { cause: error },
    );
  }
}

/** Whether JetStream says that somebody else wrote a subject meanwhile. */
export function isWrongSequence(error: unknown): boolean {
  return codeOf(error) === CODES.wrongLastSequence;
}

/** Whether JetStream says that it has no such stream. */
export function isMissingStream(error: unknown): boolean {
  return codeOf(error) === CODES.streamNotFound;
}

/** Whether JetStream says that it has no such consumer. */
export function isMissingConsumer(error: unknown): boolean {
  return codeOf(error) === CODES.consumerNotFound;
}

/** Whether JetStream says that the subject has its one message already. */
export function isSubjectTaken(error: unknown): boolean {
  return codeOf(error) === CODES.storeFailed && messageOf(error).includes("per subject");
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** Whether it may go better in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === 503;
  // No responders; the client names it in two ways.
  if (error instanceof errors.RequestError) return true;
  if (error instanceof Error && error.name === "JetStreamNotEnabled") return true;
  return error instanceof errors.TimeoutError || error instanceof errors.ConnectionError;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, " ").trim();
}
