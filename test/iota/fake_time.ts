/**
 * Time that a test lets pass: whoever sleeps is woken in the order in which the sleeps end.
 *
 * @module
 */

import type { Clock, WallClock } from "../../core/host.ts";

/** 2026-11-23 07:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 23, 7);

/** Turns of the event loop after which what was woken has done what it can do without more time. */
const TURNS = 4;

interface Sleeper {
  readonly endMs: number;
  wake(): void;
}

/** See the module. */
export class FakeTime implements Clock, WallClock {
  #nowMs = 0;
  #startMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param startMs what the time of day is at the beginning, in milliseconds since 1970 */
  constructor(startMs: number = START_MS) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  unixMs(): number {
    return this.#startMs + this.#nowMs;
  }

  /** Those who sleep. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Sets the time of day on or back, as an operator would. */
  skew(durationMs: number): void {
    this.#startMs += durationMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        endMs: this.#nowMs + durationMs,
        wake: () => {
          signal?.removeEventListener("abort", sleeper.wake);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      signal?.addEventListener("abort", sleeper.wake);
      this.#sleepers.add(sleeper);
    });
  }

  /** Lets time pass; who wakes meanwhile does what it can before the next one wakes. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await this.settle();
    for (;;) {
      const due = [...this.#sleepers].filter(({ endMs }) => endMs <= untilMs)
        .reduce<Sleeper | undefined>((a, b) => a && a.endMs <= b.endMs ? a : b, undefined);
      if (due === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, due.endMs);
      due.wake();
      await this.settle();
    }
    this.#nowMs = untilMs;
    await this.settle();
  }

  /** Lets everything that is on its way arrive, without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}
