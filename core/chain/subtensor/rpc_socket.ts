/**
 * JSON-RPC over one WebSocket, from its opening to its end.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { Clock, OpenSocket, Socket } from "../../host.ts";
import { readMessage, RpcError } from "./rpc_message.ts";
import { seconds, withinTime } from "./time_limit.ts";

/** What a node is asked to tell again and again. */
export interface RpcSubscription {
  /** `chain_subscribeNewHeads` */
  readonly method: string;
  /** `chain_unsubscribeNewHeads` */
  readonly unsubscribe: string;
  readonly params: readonly unknown[];
  readonly onItem: (item: unknown) => void;
  /**
   * Called once if the socket goes; nothing comes after it. Without it the subscription is made
   * again whenever there is a new socket.
   */
  readonly onLost?: () => void;
}

/** The socket went before the answer came. The node may have heard the request, or not. */
export class ConnectionLostError extends WeftError {
  override name = "ConnectionLostError";
}

/** What a socket needs. */
export interface RpcSocketSettings {
  readonly endpoint: string;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
}

/** A request that waits. It is told from within the socket's event, before the next message. */
interface Waiting {
  readonly method: string;
  answer(result: unknown): void;
  refuse(error: Error): void;
}

/** What Deno says before it says what happened. */
const PLATFORM_PREFIX = /^.*failed to connect to WebSocket: /;

/** How long the node may take to say goodbye. */
const CLOSING_MS = 1500;

/** See the module. */
export class RpcSocket {
  readonly #endpoint: string;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  readonly #waiting = new Map<number, Waiting>();
  readonly #subscriptions = new Map<string, RpcSubscription>();
  /** Items that came before the answer which names their subscription. */
  readonly #early: { readonly subscription: string; readonly item: unknown }[] = [];
  #trouble = "";
  #isOpen = false;
  #requests = 0;
  /** Subscriptions that the node has not answered yet. */
  #asking = 0;
  #lastHeardMs: number;

  /** Begins to connect. @throws {UsageError} if the address is none */
  constructor({ endpoint, openSocket, clock }: RpcSocketSettings) {
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#lastHeardMs = clock.nowMs();
    this.#opened.promise.catch(() => {});
    try {
      this.#socket = openSocket(endpoint);
    } catch (cause) {
      throw new UsageError(`"${endpoint}" is no address of a chain: expected ws:// or wss://`, {
        cause,
      });
    }
    this.#socket.addEventListener("open", () => {
      this.#isOpen = true;
      this.#opened.resolve();
    });
    this.#socket.addEventListener("message", ({ data }) => this.#hear(data));
    this.#socket.addEventListener("error", ({ message = "" }) => {
      this.#trouble ||= message.replace(PLATFORM_PREFIX, "");
    });
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#closed.resolve();
      this.#end(reason || this.#trouble || `closed by the other side, code ${code}`);
    });
  }

  /** Aborted when the socket has ended; the reason says why, in words. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** When the node was heard last, on the clock. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** Waits until it is open. @throws {ConnectionLostError} if that fails */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * @throws {RpcError} if the node refuses
   * @throws {ConnectionLostError} if the socket ends first, as it does when the time is up
   */
  request(method: string, params: readonly unknown[], limitMs: number): Promise<unknown> {
    return this.#ask(method, params, limitMs, (result) => result);
  }

  /**
   * Resolves with a function that ends the subscription.
   *
   * @throws {RpcError} if the node refuses
   * @throws {ConnectionLostError} if the socket ends first
   */
  async subscribe(subscription: RpcSubscription, limitMs: number): Promise<() => void> {
    const { method, params, unsubscribe } = subscription;
    this.#asking += 1;
    const id = await this.#ask(method, params, limitMs, (id) => this.#follow(id, subscription))
      .finally(() => {
        this.#asking -= 1;
        if (this.#asking === 0) this.#early.length = 0;
      });
    return () => {
      if (!this.#subscriptions.delete(String(id)) || this.#ended.signal.aborted) return;
      // Whether the node still knows it does not matter.
      this.request(unsubscribe, [id], limitMs).catch(() => {});
    };
  }

  /** Ends it, and waits a moment for the other side to agree. */
  async close(): Promise<void> {
    this.#end("closed");
    await withinTime(this.#clock, CLOSING_MS, this.#closed.promise, () => new Error("no goodbye"))
      .catch(() => {});
  }

  /** @param read is called before any later message is read */
  async #ask<T>(
    method: string,
    params: readonly unknown[],
    limitMs: number,
    read: (result: unknown) => T,
  ): Promise<T> {
    if (this.#ended.signal.aborted) throw this.#lost(String(this.#ended.signal.reason));
    const id = ++this.#requests;
    const asked = Promise.withResolvers<T>();
    this.#waiting.set(id, {
      method,
      answer: (result) => asked.resolve(read(result)),
      refuse: asked.reject,
    });
    this.#socket.send(JSON.stringify({ id, jsonrpc: "2.0", method, params }));
    return await withinTime(this.#clock, limitMs, asked.promise, () => {
      // A node that does not answer one request is taken to be gone: others wait for it as well.
      const reason = `no answer to ${method} within ${seconds(limitMs)}`;
      this.#end(reason);
      return this.#lost(reason);
    });
  }

  #hear(data: unknown): void {
    this.#lastHeardMs = this.#clock.nowMs();
    const message = readMessage(data);
    if (message === undefined) return this.#end("it speaks another protocol than JSON-RPC");
    if (message.kind === "item") return this.#deliver(message.subscription, message.item);
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.kind === "answer") return waiting.answer(message.result);
    waiting.refuse(new RpcError(waiting.method, message.error.code, message.error.text));
  }

  #follow(id: unknown, subscription: RpcSubscription): unknown {
    this.#subscriptions.set(String(id), subscription);
    for (const early of this.#early) {
      if (early.subscription === String(id)) subscription.onItem(early.item);
    }
    return id;
  }

  #deliver(subscription: string, item: unknown): void {
    const known = this.#subscriptions.get(subscription);
    if (known !== undefined) known.onItem(item);
    else if (this.#asking > 0) this.#early.push({ subscription, item });
  }

  #end(reason: string): void {
    if (this.#ended.signal.aborted) return;
    const lost = this.#lost(reason);
    this.#opened.reject(lost);
    this.#ended.abort(reason);
    for (const { refuse } of this.#waiting.values()) refuse(lost);
    this.#waiting.clear();
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const { onLost } of subscriptions) onLost?.();
    this.#socket.close();
  }

  #lost(reason: string): ConnectionLostError {
    const what = this.#isOpen ? "lost the connection to" : "no connection to";
    return new ConnectionLostError(`${what} ${this.#endpoint}: ${reason}`);
  }
}
