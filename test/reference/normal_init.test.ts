/**
 * Random weights: their distribution, and what they depend on.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { normalInit } from "../../core/reference/normal_init.ts";

const COUNT = 100_000;

function numbers(seed: number, stream: number, count: number = COUNT): Float32Array {
  const out = new Float32Array(count).fill(NaN);
  normalInit(out, { seed, stream, deviation: 1 });
  return out;
}

function mean(values: Float32Array): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

// Means of n numbers scatter by 1/sqrt(n) of one number's deviation: four times that is allowed.
const SCATTER = 4 / Math.sqrt(COUNT);

test("normalInit() has mean 0, deviation 1, no skew and a normal's fourth moment", () => {
  for (const seed of [0, 1, 0xffffffff]) {
    const values = numbers(seed, 0);
    assert.closeTo(mean(values), 0, SCATTER);
    assert.closeTo(mean(values.map((x) => x ** 2)), 1, SCATTER * Math.sqrt(2));
    assert.closeTo(mean(values.map((x) => x ** 3)), 0, SCATTER * Math.sqrt(15));
    assert.closeTo(mean(values.map((x) => x ** 4)), 3, SCATTER * Math.sqrt(96));
  }
});

test("normalInit() scales with the deviation", () => {
  const out = new Float32Array(10);
  normalInit(out, { seed: 5, stream: 1, deviation: 0.02 });
  const expected = numbers(5, 1, 10).map((x) => x * 0.02);
  out.forEach((value, i) => assert.closeTo(value, expected[i], 1e-8)); // two roundings of 0.05
});

test("normalInit() gives unrelated numbers for neighbouring indices, streams and seeds", () => {
  const values = numbers(7, 3);
  for (const other of [values.slice(1), numbers(7, 4), numbers(8, 3)]) {
    assert.closeTo(mean(other.map((x, i) => x * values[i])), 0, SCATTER);
  }
});

test("normalInit() gives the same number at an index however many there are", () => {
  assert.deepEqual(numbers(7, 3, 10), numbers(7, 3).slice(0, 10));
});

test("normalInit() is finite and within what 24 bits allow", () => {
  // sqrt(-2 log(2^-24)) = 5.77
  assert.isTrue(numbers(1, 2, 1_000_000).every((x) => Math.abs(x) < 5.8));
});
