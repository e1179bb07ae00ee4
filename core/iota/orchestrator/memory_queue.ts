/**
 * A queue of leased work in memory.
 *
 * @module
 */

import type { Lease } from "./state.ts";

/** Time after its end in which an id is not taken in again, in milliseconds. */
export const DUPLICATE_WINDOW_MS = 120_000;

interface Item {
  readonly sequence: number;
  readonly id: string;
  deliveries: number;
  leasedUntilMs: number;
}

/** See the module. The cost of a call does not grow with the number of ids. */
export class MemoryQueue {
  /** Gives numbers that no other queue gives, so that no token fits two queues. */
  readonly #nextSequence: () => number;
  /** Never handed out, oldest first. */
  readonly #fresh = new Map<number, Item>();
  /** Handed out before, held by nobody, oldest first; all are older than the fresh ones. */
  #returned: Item[] = [];
  readonly #leased = new Map<number, Item>();
  /** No lease ends before this. */
  #nextEndMs = Infinity;
  readonly #present = new Set<string>();
  /** When ids have left, in this order. */
  readonly #left = new Map<string, number>();

  constructor(nextSequence: () => number) {
    this.#nextSequence = nextSequence;
  }

  add(id: string, nowMs: number): void {
    this.#forgetLeft(nowMs);
    if (this.#present.has(id) || this.#left.has(id)) return;
    this.#present.add(id);
    const sequence = this.#nextSequence();
    this.#fresh.set(sequence, { sequence, id, deliveries: 0, leasedUntilMs: 0 });
  }

  take(leaseMs: number, nowMs: number): Lease | undefined {
    this.#endLeases(nowMs);
    const item = this.#returned.shift() ?? this.#fresh.values().next().value;
    if (item === undefined) return undefined;
    this.#fresh.delete(item.sequence);
    item.deliveries += 1;
    item.leasedUntilMs = nowMs + leaseMs;
    this.#nextEndMs = Math.min(this.#nextEndMs, item.leasedUntilMs);
    this.#leased.set(item.sequence, item);
    return { id: item.id, token: tokenOf(item), deliveries: item.deliveries };
  }

  acknowledge(token: string, nowMs: number): void {
    const item = this.#endLease(token, nowMs);
    if (item) this.#leave(item.id, nowMs);
  }

  giveBack(token: string, nowMs: number): void {
    const item = this.#endLease(token, nowMs);
    if (item) this.#return([item]);
  }

  count(nowMs: number): { waiting: number; leased: number } {
    this.#endLeases(nowMs);
    return {
      waiting: this.#returned.length + this.#fresh.size,
      leased: this.#leased.size,
    };
  }

  clear(nowMs: number): void {
    for (const id of this.#present) this.#leave(id, nowMs);
    this.#fresh.clear();
    this.#leased.clear();
    this.#returned = [];
  }

  /** Takes an item from whoever holds it; undefined if nobody does by this token. */
  #endLease(token: string, nowMs: number): Item | undefined {
    this.#endLeases(nowMs);
    const item = this.#leased.get(Number(token.split(":")[0]));
    if (item === undefined || tokenOf(item) !== token) return undefined;
    this.#leased.delete(item.sequence);
    return item;
  }

  #endLeases(nowMs: number): void {
    if (nowMs < this.#nextEndMs) return;
    const leased = [...this.#leased.values()];
    const ended = leased.filter((item) => item.leasedUntilMs <= nowMs);
    for (const item of ended) this.#leased.delete(item.sequence);
    this.#return(ended);
    this.#nextEndMs = Infinity;
    for (const { leasedUntilMs } of this.#leased.values()) {
      this.#nextEndMs = Math.min(this.#nextEndMs, leasedUntilMs);
    }
  }

  #return(items: readonly Item[]): void {
    this.#returned.push(...items);
    this.#returned.sort((a, b) => a.sequence - b.sequence);
  }

  #leave(id: string, nowMs: number): void {
    this.#present.delete(id);
    this.#left.set(id, nowMs);
  }

  #forgetLeft(nowMs: number): void {
    for (const [id, leftMs] of this.#left) {
      if (nowMs - leftMs < DUPLICATE_WINDOW_MS) return;
      this.#left.delete(id);
    }
  }
}

/** A lease of its own for every time that an item is handed out. */
function tokenOf({ sequence, deliveries }: Item): string {
  return `${sequence}:${deliveries}`;
}
