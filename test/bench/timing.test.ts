import { test } from "#test";
import { assert } from "chai";
import { median, raceMs, type Run, timesForRound } from "../../core/bench/timing.ts";

/** A clock that only runs move on: each by a fixed wait and some time for each repetition. */
function fakeRun(eachMs: number, waitMs = 0): { run: Run; nowMs: () => number; calls: number[] } {
  let now = 0;
  const calls: number[] = [];
  return {
    calls,
    nowMs: () => now,
    run: (times) => {
      calls.push(times);
      now += waitMs + times * eachMs;
      return Promise.resolve();
    },
  };
}

test("median() sorts as numbers, not as text", () => {
  assert.equal(median([9, 10, 100]), 10);
});

test("median() of an even number of values is the mean of the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("median() leaves its argument as it was", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test("median() of nothing is an error", () => {
  assert.throws(() => median([]), RangeError, "no values");
});

test("timesForRound() does not repeat what takes long enough by itself", async () => {
  const { run, nowMs, calls } = fakeRun(150);
  assert.equal(await timesForRound(run, nowMs, 100), 1);
  assert.deepEqual(calls, [1, 1]);
});

test("timesForRound() is not taken in by one slow run", async () => {
  let now = 0;
  let calls = 0;
  const run: Run = (times) => {
    now += calls++ === 0 ? 500 : times;
    return Promise.resolve();
  };
  assert.isAtLeast(await timesForRound(run, () => now, 100), 100);
});

test("timesForRound() finds a round that is long enough although each run waits ten milliseconds", async () => {
  const { run, nowMs } = fakeRun(0.01, 10);
  const times = await timesForRound(run, nowMs, 100);
  assert.isAtLeast(10 + times * 0.01, 100);
});

test("timesForRound() ends for a run that takes no time at all", async () => {
  const { run, nowMs } = fakeRun(0);
  assert.equal(await timesForRound(run, nowMs, 100), 2 ** 20);
});

test("raceMs() takes turns and gives the median of one run for each", async () => {
  const order: string[] = [];
  let now = 0;
  const runner = (name: string, tookMs: number[]): { run: Run; times: number } => ({
    times: 2,
    run: () => {
      order.push(name);
      now += tookMs.shift() ?? NaN;
      return Promise.resolve();
    },
  });
  const ms = await raceMs([runner("a", [2, 40, 4]), runner("b", [60, 8, 6])], 3, () => now);
  assert.deepEqual(order, ["a", "b", "a", "b", "a", "b"]);
  assert.deepEqual(ms, [2, 4]);
});
