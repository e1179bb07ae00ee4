/**
 * A clock that moves when a test says so.
 *
 * @module
 */

import type { Clock } from "../../../core/host.ts";

/** Turns of the event loop in which work that waits for no clock comes to its end. */
const TURNS = 5;

/** Sleepers wake in the order of their time. */
export class ManualClock implements Clock {
  #nowMs = 1000;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ atMs: this.#nowMs + durationMs, wake });
    });
  }

  /** Moves on, waking whom it passes. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
    due.sort((a, b) => a.atMs - b.atMs).forEach(({ wake }) => wake());
  }

  /** Moves from sleeper to sleeper until the work is done. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    work.then(() => isDone = true, () => isDone = true);
    while (true) {
      for (let turn = 0; turn < TURNS && !isDone; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      if (isDone) return await work;
      if (this.#sleepers.length === 0) throw new Error("the work waits for no clock");
      this.advance(Math.min(...this.#sleepers.map(({ atMs }) => atMs)) - this.#nowMs);
    }
  }
}
