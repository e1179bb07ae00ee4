/**
 * Time that moves only when a test moves it.
 *
 * @module
 */

import type { Clock, WallClock } from "../../../core/host.ts";

/** When the tests' ledgers begin. */
export const GENESIS_MS = 1_700_000_000_000;

/** Both clocks of a ledger. The time of day may be set back; sleepers wake by the other. */
export class ManualTime implements Clock, WallClock {
  #wallMs = GENESIS_MS;
  #clockMs = 0;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  unixMs(): number {
    return this.#wallMs;
  }

  nowMs(): number {
    return this.#clockMs;
  }

  /** Who sleeps now. */
  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  sleep(durationMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.add({ untilMs: this.#clockMs + durationMs, wake: resolve });
    return promise;
  }

  /** Lets time pass on both clocks, and those go on who wake. */
  async advance(durationMs: number): Promise<void> {
    this.#wallMs += durationMs;
    this.#clockMs += durationMs;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.untilMs > this.#clockMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await Promise.resolve();
  }

  /** Sets the time of day, forward or back. */
  setWall(unixMs: number): void {
    this.#wallMs = unixMs;
  }
}
