/**
 * How often one key may ask one route, as the published server counts it: so many in a window that
 * begins with the first.
 *
 * Source: `slowapi`, whose default strategy is the fixed window of `limits`.
 *
 * @module
 */

import type { Clock } from "../../host.ts";
import type { Route } from "./routes.ts";

/** Counts are kept for at least so long; no window is longer. */
const GENERATION_MS = 60_000;
/** Keys of which a generation keeps count. A flood of keys makes room by forgetting early. */
const MAX_KEYS = 100_000;

/** Requests of a key since its window began. */
interface Window {
  requests: number;
  readonly endsMs: number;
}

/** Counts requests. Its work and its memory are bounded, whoever asks. */
export class RateLimiter {
  #young = new Map<string, Window>();
  #old = new Map<string, Window>();
  #youngSinceMs = 0;

  /** @param factor multiplies what every route allows; infinity for no limits */
  constructor(readonly clock: Clock, readonly factor: number) {}

  /**
   * Counts a request, if it is allowed.
   *
   * @param key who asks, and what
   * @returns 0, or for how many milliseconds the key must wait
   */
  take(key: string, { requests, perSeconds }: Route["limit"]): number {
    const allowed = Math.max(1, requests * this.factor);
    if (allowed === Infinity) return 0;
    const nowMs = this.clock.nowMs();
    this.#age(nowMs);
    const window = this.#young.get(key) ?? this.#old.get(key);
    if (window === undefined || window.endsMs <= nowMs) {
      this.#young.set(key, { requests: 1, endsMs: nowMs + perSeconds * 1000 });
      return 0;
    }
    if (window.requests + 1 > allowed) return window.endsMs - nowMs;
    window.requests += 1;
    return 0;
  }

  /** Forgets windows that have ended, all at once and without looking at them. */
  #age(nowMs: number): void {
    if (nowMs < this.#youngSinceMs + GENERATION_MS && this.#young.size < MAX_KEYS) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSinceMs = nowMs;
  }
}

/** What the published server says of a limit: `Rate limit exceeded: 10 per 1 second`. */
export function limitText({ requests, perSeconds }: Route["limit"], factor: number): string {
  const span = perSeconds === 60
    ? "1 minute"
    : `${perSeconds} second${perSeconds === 1 ? "" : "s"}`;
  return `Rate limit exceeded: ${Math.max(1, requests * factor)} per ${span}`;
}
