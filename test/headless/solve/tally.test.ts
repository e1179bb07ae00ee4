import { test } from "#test";
import { assert } from "chai";
import type { SolveProgress } from "../../../core/hash/solver.ts";
import { Tally } from "../../../headless/solve/tally.ts";

function progress(tried: bigint, elapsedMs: number, total = 100n): SolveProgress {
  return { tried, total, elapsedMs, rate: 0 };
}

test("Tally knows the whole before anything was tried", () => {
  const { tried, total, elapsedMs, rate, leftMs, sliceMs } = new Tally(() => 5, 3, 100n).sums();
  assert.deepEqual([tried, total, elapsedMs, rate], [0n, 300n, 0, 0]);
  assert.equal(leftMs, Infinity);
  assert.isNaN(sliceMs);
});

test("Tally adds up searches that ended, run and wait", () => {
  let now = 1000;
  const tally = new Tally(() => now, 3, 100n);
  const [first, second] = [{}, {}];
  tally.progress(first, progress(40n, 10));
  now += 10;
  tally.finish(first, progress(80n, 20));
  now += 10;
  tally.progress(second, progress(20n, 10, 110n));
  const sums = tally.sums();
  // 80 of 100, 20 of 110 and none of an expected 100, in 10 ms before the first report and 20 after.
  assert.deepEqual([sums.tried, sums.total, sums.elapsedMs], [100n, 310n, 30]);
  assert.closeTo(sums.rate, 100 / 0.03, 1e-6);
  assert.closeTo(sums.leftMs, 210 / 100 * 30, 1e-6);
  assert.equal(sums.sliceMs, 10);
});

test("Tally counts a search once that ends with its first slice", () => {
  const tally = new Tally(() => 50, 2, 100n);
  tally.finish({}, progress(100n, 20));
  const { tried, total, elapsedMs } = tally.sums();
  assert.deepEqual([tried, total, elapsedMs], [100n, 200n, 20]);
});

test("Tally starts no clock for a search that ended before its first slice", () => {
  const tally = new Tally(() => 50, 1, 100n);
  tally.finish({}, progress(0n, 0));
  const { tried, total, elapsedMs, rate } = tally.sums();
  assert.deepEqual([tried, total, elapsedMs, rate], [0n, 100n, 0, 0]);
});

test("Tally adds sums past 2^53 exactly", () => {
  const tally = new Tally(() => 1, 2, 2n ** 62n + 1n);
  tally.finish({}, progress(2n ** 62n + 1n, 1, 2n ** 62n + 1n));
  assert.equal(tally.sums().total, 2n ** 63n + 2n);
});
