/**
 * Threads that are none: the program of a thread runs beside its engine, and a test sees and holds
 * what goes to and fro.
 *
 * @module
 */

import type { Thread, Threads } from "../../../core/host.ts";
import { serveSearches } from "../../../core/hash/wasm/thread.ts";

/** One thread as its engine and the test see it. */
export class FakeThread implements Thread {
  /** Everything that was posted to it. */
  readonly received: unknown[] = [];
  isStopped = false;
  /** While true, it does nothing. */
  isHeld = false;
  readonly #waiting: unknown[] = [];
  #serve: (message: unknown) => void = () => {};
  #listener: (message: unknown) => void = () => {};
  #errorListener: (reason: string) => void = () => {};

  constructor(nowMs: () => number) {
    serveSearches({
      post: (message) => this.answer(message),
      onMessage: (listener) => this.#serve = listener,
    }, nowMs);
  }

  post(message: unknown): void {
    const copy: unknown = structuredClone(message);
    this.received.push(copy);
    this.#waiting.push(copy);
    queueMicrotask(() => this.#work());
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  onError(listener: (reason: string) => void): void {
    this.#errorListener = listener;
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Sends a message to the engine. */
  answer(message: unknown): void {
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => this.isStopped || this.#listener(copy));
  }

  /** Ends as by an error. */
  die(reason: string): void {
    this.#errorListener(reason);
  }

  release(): void {
    this.isHeld = false;
    this.#work();
  }

  #work(): void {
    while (!this.isHeld && !this.isStopped && this.#waiting.length > 0) {
      try {
        this.#serve(this.#waiting.shift());
      } catch (error) {
        this.die(String(error));
      }
    }
  }
}

/** See the module. */
export class FakeThreads implements Threads {
  readonly started: FakeThread[] = [];
  #nowMs = 0;

  constructor(readonly count: number) {}

  startHashThread(): Thread {
    // Every look at the clock takes some time, so that kernels get measured.
    const thread = new FakeThread(() => this.#nowMs += 5);
    this.started.push(thread);
    return thread;
  }
}
