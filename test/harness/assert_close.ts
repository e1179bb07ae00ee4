/**
 * Closeness of two arrays of numbers, with a message that says where and by how much they differ.
 *
 * @module
 */

import { assert } from "chai";

/** Two values are close when `|actual - expected| <= absolute + relative * |expected|`. */
export interface Tolerance {
  absolute: number;
  relative: number;
}

/**
 * Asserts that every value of `actual` is close to its counterpart. A value that is not finite is
 * close only to itself. The message names the first bad index, the largest difference and how many
 * values are off.
 *
 * @param label what is compared; opens the message
 * @throws AssertionError if lengths differ or a value is not close
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute, relative }: Tolerance,
  label: string,
): void {
  assert.equal(actual.length, expected.length, `${label}: number of values`);
  let firstBad = -1;
  let badCount = 0;
  let largest = -1;
  let largestAt = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = distance(actual[i], expected[i]);
    if (difference > largest) [largest, largestAt] = [difference, i];
    const allowed = absolute + relative * Math.abs(expected[i]);
    if (difference === 0 || (difference < Infinity && difference <= allowed)) continue;
    if (firstBad < 0) firstBad = i;
    badCount++;
  }
  if (badCount === 0) return;
  const at = (i: number): string => `index ${i} (got ${actual[i]}, expected ${expected[i]})`;
  assert.fail(
    `${label}: ${badCount} of ${expected.length} values differ by more than ${absolute} + ` +
      `${relative} relative; first at ${at(firstBad)}; largest difference ${largest} at ` +
      at(largestAt),
  );
}

/** |a - b|; 0 for equal values and for two NaNs, Infinity where no finite difference exists. */
function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}
