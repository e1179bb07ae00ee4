/**
 * What a node has said about a call and nobody has heard yet.
 *
 * @module
 */

import type { Clock } from "../../host.ts";
import type { CallStatus } from "./submission.ts";

/** Statuses in the order they came. */
export class StatusQueue {
  readonly #clock: Clock;
  readonly #waiting: CallStatus[] = [];
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(status: CallStatus): void {
    this.#waiting.push(status);
    this.#wake();
  }

  /** The next status, or undefined if none comes in time. For one listener at a time. */
  async next(timeoutMs: number): Promise<CallStatus | undefined> {
    if (this.#waiting.length === 0) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await this.#clock.sleep(timeoutMs, woken.signal);
    }
    return this.#waiting.shift();
  }
}
