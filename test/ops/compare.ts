/**
 * Comparison of a GPU's sums with the reference's, which adds in double.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype } from "../../core/gpu/tensor.ts";

/** Bits of a bf16's fraction, counting the leading one. */
const BF16_BITS = 8;

/**
 * Asserts that `actual` equals `expected` but for rounding: f32 sums may be off by `relative` times
 * the sum of their terms' magnitudes, since that is what each f32 rounding on the way is relative
 * to. A bf16 result may besides be half a unit in the last place away: it was rounded once.
 *
 * @param magnitudes sum of the magnitudes of each value's terms, or one bound for all
 */
export function assertSumsClose(
  label: string,
  actual: Float32Array,
  expected: Float32Array,
  { magnitudes, relative, dtype }: {
    magnitudes: Float32Array | number;
    relative: number;
    dtype: StorageDtype;
  },
): void {
  assert.equal(actual.length, expected.length, `${label}: number of values`);
  let worst = { index: -1, excess: 0 };
  for (let i = 0; i < expected.length; i++) {
    const magnitude = typeof magnitudes === "number" ? magnitudes : magnitudes[i];
    const allowed = relative * magnitude + (dtype === "bf16" ? bf16Unit(expected[i]) / 2 : 0);
    const difference = Math.abs(actual[i] - expected[i]);
    if (difference <= allowed) continue;
    const excess = Number.isFinite(difference) ? difference / allowed : Infinity;
    if (excess > worst.excess) worst = { index: i, excess };
  }
  if (worst.index < 0) return;
  assert.fail(
    `${label}: value ${worst.index} of ${expected.length} is ${actual[worst.index]}, expected ` +
      `${expected[worst.index]}: ${worst.excess.toPrecision(3)} times the tolerance`,
  );
}

/** Magnitudes of values, or of the sums that an op makes of magnitudes. */
export function absolute(values: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, Math.abs);
}

/** Distance from a bf16 to the next one away from zero. */
function bf16Unit(value: number): number {
  if (value === 0) return 0;
  return 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1 - BF16_BITS);
}
