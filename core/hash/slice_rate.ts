/**
 * How fast an engine works, from the slices it is given.
 *
 * @module
 */

/**
 * What earlier slices count beside the last one. Hosts learn of finished work some ten milliseconds
 * apart, of two slices at once, so a single one says little.
 */
const RATE_MEMORY = 0.85;
/** Slices of less than this together are not measured at all. */
const RATE_LEAST_MS = 10;

/** Candidates a millisecond, measured over slices that may overlap. */
export class SliceRate {
  #candidates = 0;
  #busyMs = 0;
  #lastEndMs = -Infinity;

  /**
   * @param perMs to expect before anything was measured
   * @param sliceMs wanted length of a slice
   */
  constructor(public perMs: number, readonly sliceMs: number) {}

  /**
   * Takes in one slice; slices are given in the order in which they end.
   * @param isWhole false for the short rest of a range: most of its time is that of learning of it
   */
  add(candidates: number, startMs: number, endMs: number, isWhole: boolean): void {
    const busyMs = endMs - Math.max(startMs, this.#lastEndMs);
    this.#lastEndMs = endMs;
    if (!isWhole && busyMs < this.sliceMs) return;
    // Short slices are gathered first: those of an engine much faster than was expected.
    const memory = this.#busyMs < RATE_LEAST_MS ? 1 : RATE_MEMORY;
    this.#candidates = memory * this.#candidates + candidates;
    this.#busyMs = memory * this.#busyMs + busyMs;
    if (this.#busyMs >= RATE_LEAST_MS) this.perMs = this.#candidates / this.#busyMs;
  }
}
