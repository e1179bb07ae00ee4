import { test } from "#test";
import { assert } from "chai";
import type { Answered, Progress } from "./served_messages.ts";
import { countOf, partsOf, percentile, slicesPerSecond, spreadOf } from "./statistics.ts";
import type { Outcome } from "./validators.ts";

const OUTCOME: Outcome = { verdict: "right", roundTripMs: 100, reason: "" };
const ANSWERED: Answered = {
  ...{ kind: "answered", outcome: "cracked", elapsedMs: 90, waitedMs: 10, rate: 1e8 },
};

test("percentile() leaves ten of a thousand out at 99%, whatever their order", () => {
  const values = Array.from({ length: 1000 }, (_, at) => (at * 7) % 1000 + 1);
  assert.equal(percentile(values, 0.99), 990);
});

test("percentile() of few values is the largest at 99%", () => {
  assert.equal(percentile([3, 1, 2], 0.99), 3);
});

test("percentile() sorts numbers, not their texts", () => {
  assert.equal(percentile([10, 9, 100], 0.5), 10);
});

test("percentile() of the share 0 is the least value", () => {
  assert.equal(percentile([5, 4], 0), 4);
});

test("percentile() of nothing is refused", () => {
  assert.throws(() => percentile([], 0.5), RangeError, "no values");
});

test("spreadOf() counts, and tells the largest", () => {
  assert.deepEqual(spreadOf([1, 2, 3, 4]), { count: 4, p50: 2, p99: 4, max: 4 });
});

test("partsOf() takes what a search took from its own challenge's round trip", () => {
  const slow = { ...OUTCOME, roundTripMs: 1000 };
  const parts = partsOf([slow, OUTCOME], [{ ...ANSWERED, elapsedMs: 995 }, ANSWERED]);
  // 1000 less 985, and 100 less 80: had they been swapped, one would be negative.
  assert.deepEqual([parts.beside.p50, parts.beside.max], [15, 20]);
});

test("partsOf() counts waiting as no part of the search", () => {
  const { solver, wait } = partsOf([OUTCOME], [ANSWERED]);
  assert.deepEqual([solver.max, wait.max], [80, 10]);
});

test("partsOf() is refused if the miner told of fewer challenges", () => {
  assert.throws(() => partsOf([OUTCOME, OUTCOME], [ANSWERED]), RangeError, "expected the 2");
});

test("countOf() counts one verdict only", () => {
  const late: Outcome = { ...OUTCOME, verdict: "late" };
  assert.equal(countOf([OUTCOME, late, late], "late"), 2);
});

test("slicesPerSecond() goes by the miner's own clock", () => {
  const at = (slices: number, atMs: number): Progress => ({
    ...{ kind: "progress", slices, steps: 0, atMs },
  });
  assert.equal(slicesPerSecond(at(10, 500), at(60, 3000)), 20);
});
