import { test } from "#test";
import { assert } from "chai";
import { hashMode } from "../../../core/hash/modes.ts";
import type { SearchEngine, Suspect } from "../../../core/hash/search_engine.ts";
import type { Slice } from "../../../core/hash/search_plan.ts";
import { createChallenge } from "../../../core/bench/hash/challenge.ts";
import { openSliceRun } from "../../../core/bench/hash/rates.ts";

const PER_MS = 10_000;
const SLICES_IN_FLIGHT = 3;

/** An engine on a clock that only its slices move on, one after another. */
function fakeEngine(): {
  engine: SearchEngine;
  slices: Slice[];
  most: () => number;
  nowMs: () => number;
} {
  const slices: Slice[] = [];
  let [now, running, most] = [0, 0, 0];
  const engine: SearchEngine = {
    variant: "u64",
    deviceName: "fake",
    slicesInFlight: SLICES_IN_FLIGHT,
    leastInner: 50,
    guessedRate: PER_MS,
    warmUp: () => Promise.resolve(),
    close: () => {},
    start: (plan) =>
      Promise.resolve({
        end: () => {},
        async run(slice): Promise<Suspect[]> {
          slices.push(slice);
          most = Math.max(most, ++running);
          await Promise.resolve();
          now += slice.count * plan.inner.length / PER_MS;
          running -= 1;
          return [];
        },
      }),
  };
  return { engine, slices, most: () => most, nowMs: () => now };
}

test("openSliceRun() makes slices of 20 ms and a round of 600", async () => {
  const { engine, nowMs } = fakeEngine();
  const { sliceCandidates, times } = await openSliceRun(
    engine,
    createChallenge(hashMode(610), 12),
    nowMs,
  );
  assert.equal(sliceCandidates, 20 * PER_MS);
  assert.equal(times, 30);
});

test("openSliceRun() keeps as many slices on their way as the engine likes", async () => {
  const { engine, slices, most, nowMs } = fakeEngine();
  const { run } = await openSliceRun(engine, createChallenge(hashMode(610), 12), nowMs);
  const before = slices.length;
  await run(20);
  assert.equal(slices.length - before, 20);
  assert.equal(most(), SLICES_IN_FLIGHT);
});

test("openSliceRun() stays within a keyspace that is shorter than a round", async () => {
  const { engine, slices, nowMs } = fakeEngine();
  const { run, times } = await openSliceRun(engine, createChallenge(hashMode(610), 6), nowMs);
  slices.length = 0;
  await run(times);
  // A million candidates, a hundred of them in the inner table.
  assert.isAtMost(Math.max(...slices.map(({ first, count }) => first + count)), 10_000);
  assert.isAbove(times, 10_000 / slices[0].count);
});
