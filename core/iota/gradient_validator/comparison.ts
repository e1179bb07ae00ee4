/**
 * How alike two vectors are, in length and in direction, taken in block by block so that vectors of
 * gigabytes need no more memory than a block.
 *
 * Elements are widened to f64 and added up as such: bf16, f16 and f32 lose nothing, and no sum of
 * squares of theirs overflows.
 *
 * @module
 */

import {
  elementCount,
  type HostTensor,
  ITEM_SIZE_BYTES,
  tensorToFloat32,
} from "../../formats/dtype.ts";

/** What keeps the ratio of two norms from being divided by zero, as the published validator has it. */
const EPSILON = 1e-8;

/** Elements that are widened at once. */
const BLOCK_ELEMENTS = 1 << 16;

/** How alike two vectors are. */
export interface Likeness {
  readonly ourNorm: number;
  readonly theirNorm: number;
  /** `min(|v|, |m|) / (max(|v|, |m|) + 1e-8)`. */
  readonly ratio: number;
  /** `v·m / (|v| |m|)`, 0 if either norm is 0. */
  readonly cosine: number;
}

/** Two vectors that are nothing alike, and what stands for any comparison with NaN or infinity. */
const UNLIKE: Likeness = { ourNorm: 0, theirNorm: 0, ratio: 0, cosine: 0 };

/** Takes in two vectors. */
export class Comparison {
  #ours = 0;
  #theirs = 0;
  #product = 0;

  /**
   * Takes in the next elements of both.
   * @throws {RangeError} if they are not as many
   */
  add(ours: Float32Array, theirs: Float32Array): void {
    if (ours.length !== theirs.length) {
      throw new RangeError(`compared are as many elements, got ${ours.length}, ${theirs.length}`);
    }
    let [own, other, product] = [0, 0, 0];
    for (let i = 0; i < ours.length; i++) {
      const a = ours[i];
      const b = theirs[i];
      own += a * a;
      other += b * b;
      product += a * b;
    }
    this.#ours += own;
    this.#theirs += other;
    this.#product += product;
  }

  /** Whether our side, and so what it came from, has neither NaN nor infinity. */
  get isOursFinite(): boolean {
    return Number.isFinite(this.#ours);
  }

  /**
   * The likeness of all taken in so far; 0 in all if any element was NaN or infinite. Two vectors of
   * zeros are wholly alike: the published formulas give 0 there, and so fail who is right.
   */
  likeness(): Likeness {
    const ourNorm = Math.sqrt(this.#ours);
    const theirNorm = Math.sqrt(this.#theirs);
    if (!Number.isFinite(ourNorm + theirNorm)) return UNLIKE;
    if (ourNorm === 0 && theirNorm === 0) return { ourNorm, theirNorm, ratio: 1, cosine: 1 };
    const ratio = Math.min(ourNorm, theirNorm) / (Math.max(ourNorm, theirNorm) + EPSILON);
    const norms = ourNorm * theirNorm;
    // Rounding may bring a vector a little beyond its own direction.
    const cosine = norms === 0 ? 0 : Math.min(1, Math.max(-1, this.#product / norms));
    return { ourNorm, theirNorm, ratio, cosine };
  }
}

/** Two vectors, and what each is beyond a third that both began with. */
export class ChangeComparison {
  readonly whole = new Comparison();
  /** Without a third vector there is nothing in it. */
  readonly change = new Comparison();

  /**
   * Takes in the next elements, whatever their dtypes. @returns itself
   * @throws {RangeError} if they are not as many
   */
  add(ours: HostTensor, theirs: HostTensor, from?: HostTensor): this {
    const counts = [ours, theirs, ...from ? [from] : []].map(({ shape }) => elementCount(shape));
    if (new Set(counts).size > 1) {
      throw new RangeError(`compared are as many elements, got ${counts.join(", ")}`);
    }
    const others = elementBlocks(theirs);
    const starts = from && elementBlocks(from);
    for (const own of elementBlocks(ours)) {
      const other = others.next().value ?? NONE;
      this.whole.add(own, other);
      const start = starts?.next().value;
      if (!start) continue;
      this.change.add(minus(own, start), minus(other, start));
    }
    return this;
  }
}

const NONE = new Float32Array(0);

function minus(values: Float32Array, others: Float32Array): Float32Array {
  // Not `map`, which takes many times as long.
  const differences = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) differences[i] = values[i] - others[i];
  return differences;
}

/** The elements of a tensor as f32, block by block. */
export function* elementBlocks({ bytes, dtype }: HostTensor): Generator<Float32Array, void> {
  const size = ITEM_SIZE_BYTES[dtype];
  for (let start = 0; start < bytes.length; start += BLOCK_ELEMENTS * size) {
    const block = bytes.subarray(start, start + BLOCK_ELEMENTS * size);
    yield tensorToFloat32({ dtype, shape: [block.length / size], bytes: block });
  }
}
