/**
 * Whether weights have moved with ours, looked at where they must have.
 *
 * Most of what a step does to weights in bfloat16 may be lost in rounding, and a miner with bfloat16
 * weights loses more of it than a mirror with float32 ones. So only those elements count that ours
 * have moved by many places of a bfloat16: there no rounding hides a step, not even one with a tenth
 * of our learning rate, which is what the schedule may change by from one step to the next.
 *
 * @module
 */

import type { HostTensor } from "../../formats/dtype.ts";
import { elementBlocks } from "./comparison.ts";

/** So many places of a bfloat16 an element has moved by per step, to be counted. */
const LEAST_PLACES = 10;
/** Of fewer elements nothing is said. */
const LEAST_ELEMENTS = 64;

/** One place of a bfloat16, by the biased exponent of its value: 2^(exponent - 127 - 7). */
const PLACES = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 134));

/** Weights of the mirror, and after how many of its steps it had them. */
export interface WeightsThen {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly steps: number;
}

/** What the mirror's weights were before they were what they are. */
export class WeightsBefore {
  #before: WeightsThen;
  #latest: WeightsThen;

  /** @param start with which the mirror begins, after no step */
  constructor(start: Uint8Array<ArrayBuffer>) {
    this.#before = this.#latest = { bytes: start, steps: 0 };
  }

  /**
   * Takes in the mirror's weights of now; only their reference is kept.
   * @returns those from when it was told last, if there was a step since, else those before
   */
  of(now: WeightsThen): WeightsThen {
    if (now.steps > this.#latest.steps) this.#before = this.#latest;
    this.#latest = now;
    return this.#before;
  }
}

/** Takes in how far two vectors have moved from where both began. */
export class Movement {
  #elements = 0;
  #product = 0;
  #ours = 0;

  /** @param steps optimizer steps in which ours have moved */
  constructor(readonly steps: number) {}

  /** Takes in the next elements, as many of each. */
  add(ours: HostTensor, theirs: HostTensor, from: HostTensor): void {
    const others = elementBlocks(theirs);
    const starts = elementBlocks(from);
    for (const own of elementBlocks(ours)) {
      const [other, start] = [others.next().value, starts.next().value];
      if (other && start) this.#addBlock(own, other, start);
    }
  }

  /**
   * How far theirs have moved in the direction of ours: 1 for as far, 0 for not at all. Undefined
   * where so little has moved that a miner may have done its steps and not moved at all.
   */
  get share(): number | undefined {
    return this.#elements < LEAST_ELEMENTS ? undefined : this.#product / this.#ours;
  }

  #addBlock(ours: Float32Array, theirs: Float32Array, from: Float32Array): void {
    if (this.steps === 0) return;
    const [ownBits, fromBits] = [bitsOf(ours), bitsOf(from)];
    for (let i = 0; i < ours.length; i++) {
      const moved = ours[i] - from[i];
      const exponent = Math.max((ownBits[i] >>> 23) & 0xff, (fromBits[i] >>> 23) & 0xff);
      const isSure = Math.abs(moved) >= LEAST_PLACES * this.steps * PLACES[exponent];
      if (!isSure) continue;
      this.#elements += 1;
      this.#product += moved * (theirs[i] - from[i]);
      this.#ours += moved * moved;
    }
  }
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
