/**
 * Grids and uniform words.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { f32Word, gridOf } from "../../core/gpu/kernel.ts";

test("gridOf() covers all items, in one dimension while it can", () => {
  assert.deepEqual(gridOf(0, 64), [1, 1, 1]);
  assert.deepEqual(gridOf(1, 64), [1, 1, 1]);
  assert.deepEqual(gridOf(65, 64), [2, 1, 1]);
  assert.deepEqual(gridOf(64 * 32_768, 64), [32_768, 1, 1]);
});

test("gridOf() folds what is too long over a second dimension", () => {
  for (const groups of [32_769, 65_536, 1_000_000]) {
    const [x, y] = gridOf(groups, 1);
    assert.isAtMost(Math.max(x, y), 65_535);
    assert.isAtLeast(x * y, groups);
  }
});

test("f32Word() gives the bits of an f32", () => {
  assert.equal(f32Word(1), 0x3f800000);
  assert.equal(f32Word(-2), 0xc0000000);
  assert.equal(f32Word(0.1), 0x3dcccccd);
});
