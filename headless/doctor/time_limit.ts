/**
 * Limits of time, on a clock that tests can turn.
 *
 * @module
 */

import type { Clock } from "../../core/host.ts";

/** Something took longer than it may. */
export class TimeIsUpError extends Error {
  override name = "TimeIsUpError";

  constructor(readonly limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** The time of one check. It stands still while the check waits for what others find too. */
export class TimeLimit {
  readonly #startMs: number;
  #waits = 0;
  #waitingSinceMs = 0;
  #waitedMs = 0;

  constructor(readonly clock: Clock, readonly limitMs: number) {
    this.#startMs = clock.nowMs();
  }

  /** Waits without the time running. */
  async waitFor<T>(shared: Promise<T>): Promise<T> {
    if (this.#waits++ === 0) this.#waitingSinceMs = this.clock.nowMs();
    try {
      return await shared;
    } finally {
      if (--this.#waits === 0) this.#waitedMs += this.clock.nowMs() - this.#waitingSinceMs;
    }
  }

  /**
   * What the work comes to, if its time suffices.
   *
   * @throws {TimeIsUpError} if it does not
   */
  cover<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#end()]);
  }

  async #end(): Promise<never> {
    for (let leftMs = this.limitMs; leftMs > 0; leftMs = this.#leftMs()) {
      await this.clock.sleep(leftMs);
    }
    throw new TimeIsUpError(this.limitMs);
  }

  #leftMs(): number {
    const nowMs = this.clock.nowMs();
    const waitingMs = this.#waits > 0 ? nowMs - this.#waitingSinceMs : 0;
    return this.limitMs - (nowMs - this.#startMs - this.#waitedMs - waitingMs);
  }
}

/**
 * What the work comes to, if it takes no longer than that.
 *
 * @throws {TimeIsUpError} if it does
 */
export function within<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> {
  return new TimeLimit(clock, limitMs).cover(work);
}
