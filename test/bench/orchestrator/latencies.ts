/**
 * How long answers took, counted in steps that grow with the value, so that millions take no room.
 *
 * @module
 */

/** Each step is 2% above the one before. */
const GROWTH = 1.02;
const LEAST_MS = 0.01;

/** See the module. Values in milliseconds; percentiles are exact to 2%. */
export class Latencies {
  readonly #counts: number[] = [];
  count = 0;
  maxMs = 0;

  add(ms: number): void {
    const step = Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH)));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.count += 1;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  /**
   * The value that a share of all does not exceed, such as 0.99.
   * @throws {RangeError} if there is no value
   */
  percentileMs(share: number): number {
    if (this.count === 0) throw new RangeError("a percentile of no values was asked for");
    let left = Math.ceil(share * this.count);
    const step = this.#counts.findIndex((count) => (left -= count ?? 0) <= 0);
    return Math.min(this.maxMs, LEAST_MS * GROWTH ** step);
  }
}
