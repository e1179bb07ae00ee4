/**
 * How far all searches of one command have come together.
 *
 * @module
 */

import type { SolveProgress } from "../../core/hash/solver.ts";

/** Sums over all searches. */
export interface TallySums {
  readonly tried: bigint;
  readonly total: bigint;
  /** Milliseconds since the first slice of the first search. */
  readonly elapsedMs: number;
  /** Candidates a second over that time. */
  readonly rate: number;
  /** Milliseconds to the end if nothing is found, at that rate; Infinity before anything is known. */
  readonly leftMs: number;
  /** Milliseconds from one slice's end to the next one's; NaN before the first. */
  readonly sliceMs: number;
}

/** Adds up the progress of searches that run one after another. */
export class Tally {
  readonly #running = new Map<object, SolveProgress>();
  #tried = 0n;
  #total = 0n;
  #waiting: number;
  #slices = 0;
  #firstMs = NaN;
  #lastMs = NaN;

  /**
   * @param nowMs milliseconds since some moment
   * @param searches how many there will be
   * @param expected candidates of each, as far as is known before it starts
   */
  constructor(readonly nowMs: () => number, searches: number, readonly expected: bigint) {
    this.#waiting = searches;
  }

  /** Takes the progress of a search, which is named by any object of its own. */
  progress(search: object, progress: SolveProgress): void {
    if (!this.#running.has(search)) this.#waiting -= 1;
    this.#running.set(search, progress);
    this.#countSlice(progress);
  }

  /** Takes the end of a search. */
  finish(search: object, progress: SolveProgress): void {
    if (!this.#running.delete(search)) this.#waiting -= 1;
    this.#tried += progress.tried;
    this.#total += progress.total;
    if (progress.tried > 0n) this.#countSlice(progress);
  }

  sums(): TallySums {
    let tried = this.#tried;
    let total = this.#total + BigInt(this.#waiting) * this.expected;
    for (const progress of this.#running.values()) {
      tried += progress.tried;
      total += progress.total;
    }
    const elapsedMs = Number.isNaN(this.#firstMs) ? 0 : this.#lastMs - this.#firstMs;
    const rate = elapsedMs > 0 ? Number(tried) * 1000 / elapsedMs : 0;
    const leftMs = rate > 0 ? Number(total - tried) * 1000 / rate : Infinity;
    return { tried, total, elapsedMs, rate, leftMs, sliceMs: elapsedMs / this.#slices };
  }

  #countSlice({ elapsedMs }: SolveProgress): void {
    this.#lastMs = this.nowMs();
    if (Number.isNaN(this.#firstMs)) this.#firstMs = this.#lastMs - elapsedMs;
    this.#slices += 1;
  }
}
