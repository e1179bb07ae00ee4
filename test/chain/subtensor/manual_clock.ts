/**
 * A clock that a test turns.
 *
 * @module
 */

import type { Clock } from "../../../core/host.ts";

interface Sleeper {
  readonly durationMs: number;
  readonly endMs: number;
  readonly wake: () => void;
}

/** See the module. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #watchers: { readonly durationMs: number; readonly tell: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted) return Promise.resolve();
    const sleeper: Sleeper = {
      durationMs,
      endMs: this.#nowMs + durationMs,
      wake: () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", sleeper.wake);
        resolve();
      },
    };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", sleeper.wake, { once: true });
    for (const watcher of this.#watchers) {
      if (watcher.durationMs === durationMs) watcher.tell();
    }
    return promise;
  }

  /** How many sleep. */
  get asleep(): number {
    return this.#sleepers.size;
  }

  /** Waits until somebody sleeps for just so long. */
  sleeping(durationMs: number): Promise<void> {
    if ([...this.#sleepers].some((sleeper) => sleeper.durationMs === durationMs)) {
      return Promise.resolve();
    }
    return new Promise((tell) => this.#watchers.push({ durationMs, tell }));
  }

  /** Time passes; who has slept enough wakes. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
    for (const sleeper of [...this.#sleepers]) if (sleeper.endMs <= this.#nowMs) sleeper.wake();
  }
}
