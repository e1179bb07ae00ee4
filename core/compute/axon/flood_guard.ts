/**
 * How much of our time who asks may take. An address has a budget of requests and one of requests
 * that came to nothing, and a hotkey, once it has proven itself, one of requests. All addresses of
 * which nothing good has come share one more. A budget fills steadily up to some seconds' worth.
 *
 * @module
 */

import type { Clock } from "../../host.ts";

/** Counts are kept for the last so many that asked. */
const MAX_COUNTED = 50_000;
/** How long an address is known for something good. */
const GOOD_MS = 600_000;

/** A budget: so many at once, and so many a second in the long run. */
export interface Budget {
  readonly burst: number;
  readonly perSecond: number;
}

/** What is left to one who asks. */
interface Account {
  left: number;
  sinceMs: number;
}

/** Budgets of all who ask, each the same. */
export class FloodGuard {
  /** Least recently used first. */
  readonly #accounts = new Map<string, Account>();

  constructor(readonly clock: Clock, readonly budget: Budget) {}

  /** Takes one from a budget; false if it is used up. */
  take(who: string): boolean {
    const account = this.#accountOf(who);
    if (account.left < 1) return false;
    account.left -= 1;
    return true;
  }

  /** Gives back what was taken. */
  giveBack(who: string): void {
    const account = this.#accountOf(who);
    account.left = Math.min(this.budget.burst, account.left + 1);
  }

  #accountOf(who: string): Account {
    const { burst, perSecond } = this.budget;
    const nowMs = this.clock.nowMs();
    const account = this.#accounts.get(who) ?? { left: burst, sinceMs: nowMs };
    const earned = (nowMs - account.sinceMs) / 1000 * perSecond;
    account.left = Math.min(burst, account.left + earned);
    account.sinceMs = nowMs;
    this.#accounts.delete(who);
    this.#accounts.set(who, account);
    forgetOldest(this.#accounts);
    return account;
  }
}

/** Addresses of which something good came lately. */
export class GoodAddresses {
  /** When, by address; the one longest ago first. */
  readonly #lastMs = new Map<string, number>();

  constructor(readonly clock: Clock) {}

  has(address: string): boolean {
    const lastMs = this.#lastMs.get(address);
    return lastMs !== undefined && this.clock.nowMs() - lastMs < GOOD_MS;
  }

  add(address: string): void {
    this.#lastMs.delete(address);
    this.#lastMs.set(address, this.clock.nowMs());
    forgetOldest(this.#lastMs);
  }
}

function forgetOldest(counted: Map<string, unknown>): void {
  if (counted.size <= MAX_COUNTED) return;
  for (const oldest of counted.keys()) return void counted.delete(oldest);
}
