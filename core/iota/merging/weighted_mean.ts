/**
 * The mean of several miners' vectors, each counted as often as its weight says, with every step as
 * PyTorch takes it on a CPU, so that all who merge the same vectors get the same bytes.
 *
 * Source: macrocosm-os/iota @ 56aee24, `_merge_models` of `miner/miner.py`.
 *
 * @module
 */

import type { WeightsDtype } from "../orchestrator/settings.ts";
import { decodeElements, encodeElements } from "./elements.ts";
import { ITEM_BYTES } from "./vector_metadata.ts";

/**
 * `round_once(Σ f32(x)·w / Σ w)`: products, sums and the quotient are each rounded to float32. The
 * mean of one vector is that vector, to the last bit.
 */
export class WeightedMean {
  /** Of the products, or the first vector alone. */
  readonly #sums: Float32Array<ArrayBuffer>;
  #weight = 0;
  #count = 0;

  /** @param numElements elements of each vector */
  constructor(readonly dtype: WeightsDtype, readonly numElements: number) {
    this.#sums = new Float32Array(numElements);
  }

  /** The sum of the weights so far. */
  get weight(): number {
    return this.#weight;
  }

  /**
   * Adds a vector; the order decides about the last bit.
   * @param weight a whole number from 1 up
   * @throws {RangeError} for another weight or length
   */
  add(bytes: Uint8Array, weight: number): void {
    const expected = this.numElements * ITEM_BYTES[this.dtype];
    if (bytes.length !== expected) {
      throw new RangeError(`${bytes.length} bytes to be averaged, expected ${expected}`);
    }
    if (!Number.isSafeInteger(weight) || weight < 1) {
      throw new RangeError(`a weight must be a whole number from 1 up, got ${weight}`);
    }
    const values = decodeElements(bytes, this.dtype);
    const factor = Math.fround(weight);
    if (this.#count === 0) this.#sums.set(values);
    else {
      if (this.#count === 1) this.#scaleFirst();
      const sums = this.#sums;
      for (let i = 0; i < sums.length; i++) sums[i] += Math.fround(values[i] * factor);
    }
    this.#weight += weight;
    this.#count += 1;
  }

  #scaleFirst(): void {
    const sums = this.#sums;
    const factor = Math.fround(this.#weight);
    for (let i = 0; i < sums.length; i++) sums[i] *= factor;
  }

  /**
   * The mean of what was added. Ends it: memory is used again.
   * @throws {RangeError} if nothing was added
   */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#weight === 0) throw new RangeError("there is nothing to average");
    const total = Math.fround(this.#weight);
    const sums = this.#sums;
    if (this.#count > 1) { for (let i = 0; i < sums.length; i++) sums[i] /= total; }
    return encodeElements(sums, this.dtype);
  }
}
