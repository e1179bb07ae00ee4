/**
 * Closeness assertions, and what their messages say.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { assertClose } from "./assert_close.ts";

const TOLERANCE = { absolute: 0.1, relative: 0.1 };

test("assertClose() passes values within absolute plus relative tolerance", () => {
  assertClose([0.09, 10.9, -5], [0, 10, -5], TOLERANCE, "values");
});

test("assertClose() names the first bad index and the largest difference", () => {
  assert.throws(
    () => assertClose([0, 0.5, 0, 2], [0, 0, 0, 0], TOLERANCE, "dq"),
    /^dq: 2 of 4 values .* first at index 1 .* largest difference 2 at index 3/,
  );
});

test("assertClose() refuses arrays of different lengths", () => {
  assert.throws(() => assertClose([1], [1, 1], TOLERANCE, "dq"), "dq: number of values");
});

test("assertClose() refuses NaN and infinities that were not expected", () => {
  for (const [actual, expected] of [[NaN, 1], [1, NaN], [Infinity, 1], [1, Infinity]]) {
    assert.throws(() => assertClose([actual], [expected], TOLERANCE, "dq"), "index 0");
  }
});

test("assertClose() accepts NaN and infinities where they were expected", () => {
  assertClose([NaN, Infinity, -Infinity], [NaN, Infinity, -Infinity], TOLERANCE, "values");
});

test("assertClose() tells the two infinities apart", () => {
  assert.throws(() => assertClose([Infinity], [-Infinity], TOLERANCE, "dq"), "index 0");
});
