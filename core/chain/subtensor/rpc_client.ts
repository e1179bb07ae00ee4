/**
 * JSON-RPC to one address through as many sockets as it takes.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Log } from "../../host.ts";
import {
  ConnectionLostError,
  RpcSocket,
  type RpcSocketSettings,
  type RpcSubscription,
} from "./rpc_socket.ts";
import { seconds, withinTime } from "./time_limit.ts";

/** How to reach a node, and when to take it for gone. */
export interface RpcClientSettings extends RpcSocketSettings {
  readonly log: Log;
  /** For each request, waiting for a socket included. */
  readonly timeoutMs: number;
}

/** Looks at what answers on a new socket before anything else is asked there. */
export type Greet = (socket: RpcSocket) => Promise<void>;

/** What answers at the address now is not what did: nothing may be asked there any more. */
export class ForeignChainError extends WeftError {
  override name = "ForeignChainError";
}

/** A subscription that outlives its socket. */
interface Kept {
  readonly subscription: RpcSubscription;
  stop: () => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Silence after which the node is asked for a sign of life; proxies cut what is silent longer. */
const SILENCE_MS = 20_000;

/** See the module. It connects again after each cut, until it is closed. */
export class RpcClient {
  readonly #settings: RpcClientSettings;
  readonly #greet: Greet;
  readonly #closing = new AbortController();
  readonly #kept = new Set<Kept>();
  #socket: RpcSocket | undefined;
  /** The next socket; resolved when it is there. */
  #next = Promise.withResolvers<RpcSocket>();
  #reconnecting: Promise<void> = Promise.resolve();

  constructor(settings: RpcClientSettings, greet: Greet) {
    this.#settings = settings;
    this.#greet = greet;
    this.#next.promise.catch(() => {});
  }

  /**
   * Connects for the first time, once.
   *
   * @throws {ConnectionLostError} if that fails
   */
  async open(): Promise<void> {
    this.#use(await this.#connect());
  }

  /** Waits for a socket. @throws {WeftError} if that takes too long */
  async ready(): Promise<void> {
    await this.#live(this.#settings.timeoutMs);
  }

  /**
   * One request; repeated if the socket goes before the answer comes.
   *
   * @throws {RpcError} if the node refuses
   * @throws {WeftError} if it does not answer in time
   */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#persist((socket, leftMs) => socket.request(method, params, leftMs));
  }

  /** Subscribes, once or for good: see {@linkcode RpcSubscription}. */
  async subscribe(subscription: RpcSubscription): Promise<() => void> {
    const { timeoutMs } = this.#settings;
    if (subscription.onLost !== undefined) {
      return await (await this.#live(timeoutMs)).subscribe(subscription, timeoutMs);
    }
    const kept: Kept = { subscription, stop: () => {} };
    await this.#persist(async (socket, leftMs) => {
      kept.stop = await socket.subscribe(subscription, leftMs);
      this.#kept.add(kept);
    });
    return () => {
      this.#kept.delete(kept);
      kept.stop();
    };
  }

  /** Ends everything; what still waits is rejected. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#closing.abort();
    this.#kept.clear();
    this.#giveUp(new WeftError(`the connection to ${this.#settings.endpoint} is closed`));
    await Promise.all([socket?.close(), this.#reconnecting]);
  }

  async #persist<T>(work: (socket: RpcSocket, leftMs: number) => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#settings;
    const endMs = clock.nowMs() + timeoutMs;
    for (;;) {
      const socket = await this.#live(endMs - clock.nowMs());
      try {
        return await work(socket, endMs - clock.nowMs());
      } catch (error) {
        if (!(error instanceof ConnectionLostError) || clock.nowMs() >= endMs) throw error;
      }
    }
  }

  async #live(leftMs: number): Promise<RpcSocket> {
    if (this.#socket !== undefined) return this.#socket;
    const { clock, endpoint, timeoutMs } = this.#settings;
    return await withinTime(clock, leftMs, this.#next.promise, () =>
      new WeftError(
        `the connection to ${endpoint} was lost and is not back within ${seconds(timeoutMs)}: ` +
          "try again later, or choose another with --subtensor.chain_endpoint",
      ));
  }

  async #connect(): Promise<RpcSocket> {
    const { clock, endpoint, timeoutMs } = this.#settings;
    const socket = new RpcSocket(this.#settings);
    const stop = (): void => void socket.close();
    this.#closing.signal.addEventListener("abort", stop, { once: true });
    try {
      const late = (): Error =>
        new ConnectionLostError(`${endpoint} does not answer within ${seconds(timeoutMs)}`);
      await withinTime(clock, timeoutMs, this.#shakeHands(socket), late);
      return socket;
    } catch (error) {
      await socket.close();
      throw error;
    } finally {
      this.#closing.signal.removeEventListener("abort", stop);
    }
  }

  async #shakeHands(socket: RpcSocket): Promise<void> {
    await socket.opened();
    await this.#greet(socket);
    for (const kept of this.#kept) {
      const stop = await socket.subscribe(kept.subscription, this.#settings.timeoutMs);
      kept.stop = stop;
      if (!this.#kept.has(kept)) stop();
    }
  }

  #use(socket: RpcSocket): void {
    this.#socket = socket;
    this.#next.resolve(socket);
    socket.ended.addEventListener("abort", () => this.#lose(socket), { once: true });
    if (socket.ended.aborted) this.#lose(socket);
    else void this.#keepAlive(socket);
  }

  #lose(socket: RpcSocket): void {
    if (this.#closing.signal.aborted || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => {});
    const { log, endpoint } = this.#settings;
    log.warn(`the connection to ${endpoint} was lost (${socket.ended.reason}): connecting again`);
    this.#reconnecting = this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { clock, endpoint, log } = this.#settings;
    const { signal } = this.#closing;
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await clock.sleep(pauseMs, signal);
      if (signal.aborted) return;
      try {
        const socket = await this.#connect();
        if (signal.aborted) return await socket.close();
        log.info(`connected to ${endpoint} again`);
        return this.#use(socket);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ForeignChainError) return this.#giveUp(error);
        log.debug(`still no connection to ${endpoint}: ${error}`);
      }
    }
  }

  #giveUp(error: WeftError): void {
    this.#socket = undefined;
    this.#next.promise.catch(() => {});
    this.#next.reject(error);
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => {});
    this.#next.reject(error);
  }

  /** Asks when the node has been silent, so that a connection that is dead is found out. */
  async #keepAlive(socket: RpcSocket): Promise<void> {
    const { clock, timeoutMs } = this.#settings;
    while (!socket.ended.aborted) {
      const silentMs = clock.nowMs() - socket.lastHeardMs;
      await clock.sleep(Math.max(0, SILENCE_MS - silentMs), socket.ended);
      if (socket.ended.aborted || clock.nowMs() - socket.lastHeardMs < SILENCE_MS) continue;
      // A refusal is a sign of life too.
      await socket.request("system_health", [], timeoutMs).catch(() => {});
    }
  }
}
