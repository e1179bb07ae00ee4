import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import type { Weights } from "../../../core/chain/chain.ts";
import { WeftError } from "../../../core/errors.ts";
import type { MinerScores } from "../../../core/iota/api/schemas.ts";
import { ChainWeights, weightsFromScores } from "../../../core/iota/orchestrator/chain_weights.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { FakeTime } from "../fake_time.ts";
import { type TestContext, testContext } from "./context.ts";

const BURN = { burnFactor: 5, burnUid: 209 };
const HOUR_MS = 3_600_000;

test("scores become shares of what is not burnt", () => {
  const { uids, weights } = weightsFromScores({ "7": 3, "2": 1 }, BURN);
  assert.deepEqual(uids, [2, 7, 209]);
  // By hand: a quarter and three quarters of a fifth, and the other four fifths.
  for (const [index, expected] of [0.05, 0.15, 0.8].entries()) {
    assert.closeTo(weights[index], expected, 1e-15);
  }
});

test("a factor of one burns nothing", () => {
  const { uids, weights } = weightsFromScores({ "1": 1, "2": 3 }, { ...BURN, burnFactor: 1 });
  assert.deepEqual({ uids, weights }, { uids: [1, 2], weights: [0.25, 0.75] });
});

test("a burn uid that has its share by itself is left as it is", () => {
  const { uids, weights } = weightsFromScores({ "1": 1, "209": 9 }, BURN);
  assert.deepEqual({ uids, weights }, { uids: [1, 209], weights: [0.1, 0.9] });
});

test("a miner whose penalties outweigh its points has no weight", () => {
  assert.notInclude(weightsFromScores({ "1": -2, "2": 1, "3": 0 }, BURN).uids, 1);
});

test("without a score above zero there are no weights, not even for the burn uid", () => {
  assert.deepEqual(weightsFromScores({ "1": -2, "2": 0 }, BURN), { uids: [], weights: [] });
});

/** A chain that takes weights, or does not. */
interface Weighed {
  readonly context: TestContext;
  readonly calls: Weights[];
  readonly tick: () => Promise<void>;
  isDown: boolean;
}

async function weighed(
  scores: MinerScores,
  shared: { state?: MemoryState; time?: FakeTime; calls?: Weights[] } = {},
): Promise<Weighed> {
  const { calls = [], ...parts } = shared;
  const chain = {
    setWeights: (_: unknown, weights: Weights) => {
      calls.push(weights);
      return world.isDown ? Promise.reject(new WeftError("no chain")) : Promise.resolve({});
    },
  };
  // Nothing else of a chain is asked for here.
  const context = await testContext({ ...parts, chain: chain as unknown as Chain });
  const weights = new ChainWeights(context, { global: () => Promise.resolve(scores) });
  const world: Weighed = { context, calls, tick: () => weights.tick(), isDown: false };
  return world;
}

test("weights go to the chain as whole numbers under the protocol's version", async () => {
  const { tick, calls } = await weighed({ "1": 1 });
  await tick();
  assert.deepEqual(calls, [
    { netuid: 9, uids: [1, 209], values: [16384, 65535], versionKey: 4065n },
  ]);
});

test("weights are set once an interval", async () => {
  const { tick, calls, context } = await weighed({ "1": 1 });
  for (let minute = 0; minute < 119; minute++) {
    await tick();
    await context.time.pass(60_000);
  }
  assert.equal(calls.length, 2);
});

test("a call that failed is not repeated before the next interval, and is one line of the log", async () => {
  const world = await weighed({ "1": 1 });
  world.isDown = true;
  for (let minute = 0; minute < 10; minute++) {
    await world.tick();
    await world.context.time.pass(60_000);
  }
  assert.equal(world.calls.length, 1);
  assert.deepEqual(world.context.lines, [
    "warn: weights were not set, the next try is in an interval: no chain",
  ]);
  world.isDown = false;
  await world.context.time.pass(HOUR_MS);
  await world.tick();
  assert.equal(world.calls.length, 2);
});

test("of two processes on one state one sets the weights", async () => {
  const time = new FakeTime();
  const shared = { time, state: new MemoryState(time), calls: [] };
  const [one, other] = [await weighed({ "1": 1 }, shared), await weighed({ "1": 1 }, shared)];
  await Promise.all([one.tick(), other.tick()]);
  assert.equal(shared.calls.length, 1);
});

test("without scores the chain is left alone", async () => {
  const { tick, calls } = await weighed({});
  await tick();
  assert.isEmpty(calls);
});

test("a swarm without a chain sets no weights", async () => {
  const context = await testContext();
  await new ChainWeights(context, { global: () => Promise.resolve({ "1": 1 }) }).tick();
  assert.isEmpty(context.lines);
});
