/**
 * The orchestrator of one process as a state machine: step by step, and with miners that act in
 * any order.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  DirectOrchestrator,
  type DirectOrchestratorOptions,
} from "../../../core/bench/direct_network/direct_orchestrator.ts";
import type { RoundResult } from "../../../core/node/training_network.ts";
import type { Submission, Work } from "../../../core/bench/direct_network/work.ts";
import { learningRateAt, PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
import { seededRandom } from "../../reference/random.ts";
import { settle, SimulatedMiners } from "./simulated_miners.ts";

const SCHEDULE = { peak: 1e-3, warmupSteps: 10, ...PUBLISHED_SCHEDULE };
const APPLIED = { step: 1, applied: true, norm: 1 };

function orchestrate(options: Partial<DirectOrchestratorOptions> = {}): DirectOrchestrator {
  return new DirectOrchestrator({
    ...{ layers: 3, batchesBeforeMerging: 2, maxInFlight: 2, schedule: SCHEDULE, roundsDone: 0 },
    ...options,
  });
}

/** The work of a layer if there is some now. A layer that must wait goes on waiting. */
async function workNow(orchestrator: DirectOrchestrator, layer: number): Promise<Work | "waits"> {
  const work = orchestrator.nextWork(layer);
  return await Promise.race([work, settle().then(() => "waits" as const)]);
}

async function kindNow(orchestrator: DirectOrchestrator, layer: number): Promise<string> {
  const work = await workNow(orchestrator, layer);
  return work === "waits" ? work : work.kind;
}

async function submit(
  orchestrator: DirectOrchestrator,
  layer: number,
  uid: string,
  direction: Submission["direction"],
): Promise<void> {
  const path = direction === "backward" && layer === 0 ? null : `${uid}/${layer}/${direction}`;
  await orchestrator.submit({ layer, uid, direction, path });
}

/** Starts a batch on layer 0 of a two-layer network and brings its gradient back to it. */
async function batchToTail(orchestrator: DirectOrchestrator): Promise<string> {
  const work = await workNow(orchestrator, 0);
  if (work === "waits" || work.kind !== "initial") throw new Error("a batch was expected");
  await submit(orchestrator, 0, work.uid, "initial");
  await submit(orchestrator, 0, work.uid, "forward");
  assert.equal(await kindNow(orchestrator, 1), "forward");
  return work.uid;
}

async function results(orchestrator: DirectOrchestrator): Promise<RoundResult[]> {
  const all: RoundResult[] = [];
  for (let one = await orchestrator.nextRound(); one; one = await orchestrator.nextRound()) {
    all.push(one);
  }
  return all;
}

test("no batch is started before a round is allowed", async () => {
  const orchestrator = orchestrate();
  const work = orchestrator.nextWork(0);
  assert.equal(await Promise.race([work, settle().then(() => "waits")]), "waits");
  orchestrator.allowRounds(1);
  assert.deepEqual(await work, { kind: "initial", uid: "batch-1" });
});

test("no more batches are started than may be in flight", async () => {
  const orchestrator = orchestrate({ maxInFlight: 2, batchesBeforeMerging: 5 });
  orchestrator.allowRounds(1);
  assert.deepEqual(await workNow(orchestrator, 0), { kind: "initial", uid: "batch-1" });
  assert.deepEqual(await workNow(orchestrator, 0), { kind: "initial", uid: "batch-2" });
  const third = orchestrator.nextWork(0);
  assert.equal(await Promise.race([third, settle().then(() => "waits")]), "waits");
  await submit(orchestrator, 0, "batch-1", "backward");
  assert.deepEqual(await third, { kind: "initial", uid: "batch-3" });
});

test("no batch of the next round is started before the first layer has merged", async () => {
  const orchestrator = orchestrate({ layers: 2, batchesBeforeMerging: 1 });
  orchestrator.allowRounds(2);
  const uid = await batchToTail(orchestrator);
  await submit(orchestrator, 1, uid, "backward");
  assert.equal(await kindNow(orchestrator, 0), "backward");
  await submit(orchestrator, 0, uid, "backward");
  assert.equal(await kindNow(orchestrator, 0), "merge");
  assert.equal(await kindNow(orchestrator, 0), "initial");
});

test("the last layer is told where the tokens of its batch are", async () => {
  const orchestrator = orchestrate();
  orchestrator.allowRounds(1);
  await workNow(orchestrator, 0);
  await submit(orchestrator, 0, "batch-1", "initial");
  await submit(orchestrator, 0, "batch-1", "forward");
  await submit(orchestrator, 1, "batch-1", "forward");
  assert.deepEqual(await workNow(orchestrator, 2), {
    kind: "forward",
    uid: "batch-1",
    path: "batch-1/1/forward",
    tokensPath: "batch-1/0/initial",
  });
});

test("a layer merges after the agreed number of backwards, and counts anew", async () => {
  const orchestrator = orchestrate({ layers: 2, batchesBeforeMerging: 2 });
  orchestrator.allowRounds(2);
  for (let round = 0; round < 2; round++) {
    for (let batch = 0; batch < 2; batch++) {
      const uid = await batchToTail(orchestrator);
      await submit(orchestrator, 1, uid, "backward");
      assert.equal(await kindNow(orchestrator, 0), "backward");
      await submit(orchestrator, 0, uid, "backward");
    }
    assert.equal(await kindNow(orchestrator, 1), "merge");
    assert.equal(await kindNow(orchestrator, 0), "merge");
  }
  assert.equal(await kindNow(orchestrator, 0), "waits");
});

test("a gradient comes before an activation, and both before a fresh batch", async () => {
  const orchestrator = orchestrate({ maxInFlight: 3, batchesBeforeMerging: 3 });
  orchestrator.allowRounds(1);
  await workNow(orchestrator, 0);
  await workNow(orchestrator, 0);
  await submit(orchestrator, 0, "batch-1", "forward");
  await submit(orchestrator, 0, "batch-2", "forward");
  assert.deepInclude(await workNow(orchestrator, 1), { kind: "forward", uid: "batch-1" });
  await submit(orchestrator, 2, "batch-1", "backward");
  assert.deepInclude(await workNow(orchestrator, 1), { kind: "backward", uid: "batch-1" });
  assert.deepInclude(await workNow(orchestrator, 1), { kind: "forward", uid: "batch-2" });
  await submit(orchestrator, 1, "batch-1", "backward");
  assert.deepInclude(await workNow(orchestrator, 0), { kind: "backward", uid: "batch-1" });
  assert.deepInclude(await workNow(orchestrator, 0), { kind: "initial", uid: "batch-3" });
});

test("each layer's learning rate is that of its own next step", async () => {
  const orchestrator = orchestrate({ layers: 2, batchesBeforeMerging: 1, roundsDone: 3 });
  orchestrator.allowRounds(1);
  const uid = await batchToTail(orchestrator);
  await submit(orchestrator, 1, uid, "backward");
  assert.equal(await kindNow(orchestrator, 1), "merge");
  assert.equal(await orchestrator.learningRate(1), learningRateAt(4, SCHEDULE));
  assert.equal(await kindNow(orchestrator, 0), "backward");
  await submit(orchestrator, 0, uid, "backward");
  assert.equal(await kindNow(orchestrator, 0), "merge");
  assert.equal(await orchestrator.learningRate(0), learningRateAt(4, SCHEDULE));
});

test("a round is told once all layers have merged, with what each did", async () => {
  const orchestrator = orchestrate({ batchesBeforeMerging: 1 });
  const round = orchestrator.nextRound();
  await orchestrator.reportLoss("batch-1", 2.5);
  const skipped = { step: 0, applied: false, norm: NaN };
  await orchestrator.reportMerge(2, APPLIED);
  await orchestrator.reportMerge(0, skipped);
  assert.equal(await Promise.race([round, settle().then(() => "waits")]), "waits");
  await orchestrator.reportMerge(1, APPLIED);
  assert.deepEqual(await round, {
    round: 1,
    learningRate: learningRateAt(1, SCHEDULE),
    losses: [2.5],
    outcomes: [skipped, APPLIED, APPLIED],
  });
});

test("rounds go on counting from those that were done before", async () => {
  const orchestrator = orchestrate({ layers: 1, roundsDone: 41 });
  await orchestrator.reportMerge(0, APPLIED);
  await orchestrator.reportMerge(0, APPLIED);
  for (const expected of [42, 43]) {
    const result = await orchestrator.nextRound();
    assert.equal(result?.round, expected);
    assert.equal(result?.learningRate, learningRateAt(expected, SCHEDULE));
  }
});

test("stop before any work ends every layer and tells no round", async () => {
  const orchestrator = orchestrate();
  const waiting = [0, 1, 2].map((layer) => orchestrator.nextWork(layer));
  const round = orchestrator.nextRound();
  orchestrator.stop();
  assert.deepEqual((await Promise.all(waiting)).map(({ kind }) => kind), ["stop", "stop", "stop"]);
  assert.isUndefined(await round);
  assert.isUndefined(await orchestrator.nextRound());
});

test("stop in a round without a merge ends it at once, though batches are in flight", async () => {
  const orchestrator = orchestrate({ layers: 2 });
  orchestrator.allowRounds(1);
  await batchToTail(orchestrator);
  orchestrator.stop();
  assert.equal(await kindNow(orchestrator, 0), "stop");
  assert.equal(await kindNow(orchestrator, 1), "stop");
  assert.isUndefined(await orchestrator.nextRound());
});

test("after stop no layer merges alone, even one whose backwards are all in", async () => {
  const orchestrator = orchestrate({ layers: 2, batchesBeforeMerging: 1 });
  orchestrator.allowRounds(1);
  const uid = await batchToTail(orchestrator);
  orchestrator.stop();
  assert.equal(await kindNow(orchestrator, 0), "stop");
  // The tail was at work when the head was stopped.
  await submit(orchestrator, 1, uid, "backward");
  assert.equal(await kindNow(orchestrator, 1), "stop");
  assert.isUndefined(await orchestrator.nextRound());
});

test("stop after one layer has merged lets the others finish the round", async () => {
  const orchestrator = orchestrate({ layers: 2, batchesBeforeMerging: 1 });
  orchestrator.allowRounds(5);
  const uid = await batchToTail(orchestrator);
  await submit(orchestrator, 1, uid, "backward");
  assert.equal(await kindNow(orchestrator, 1), "merge");
  await orchestrator.reportMerge(1, APPLIED);
  orchestrator.stop();
  assert.equal(await kindNow(orchestrator, 0), "backward");
  await submit(orchestrator, 0, uid, "backward");
  assert.equal(await kindNow(orchestrator, 0), "merge");
  const round = orchestrator.nextRound();
  await orchestrator.reportMerge(0, APPLIED);
  assert.equal((await round)?.round, 1);
  assert.isUndefined(await orchestrator.nextRound());
  assert.equal(await kindNow(orchestrator, 0), "stop");
  assert.equal(await kindNow(orchestrator, 1), "stop");
});

test("a failure ends the wait for a round, and every later one", async () => {
  const orchestrator = orchestrate();
  const round = orchestrator.nextRound();
  orchestrator.fail(new RangeError("a miner is gone"));
  for (const waiting of [round, orchestrator.nextRound()]) {
    assert.match(String(await waiting.catch((error: unknown) => error)), /a miner is gone/);
  }
});

test("a round that was finished before a failure is told before it", async () => {
  const orchestrator = orchestrate({ layers: 1 });
  await orchestrator.reportMerge(0, APPLIED);
  orchestrator.fail(new RangeError("a miner is gone"));
  assert.equal((await orchestrator.nextRound())?.round, 1);
  assert.instanceOf(await orchestrator.nextRound().catch((error: unknown) => error), RangeError);
});

test("with miners in any order every round has its own losses, in order of time", async () => {
  for (let seed = 0; seed < 50; seed++) {
    const [layers, N, maxInFlight] = [2 + seed % 3, 1 + seed % 4, 1 + seed % 2];
    const orchestrator = orchestrate({ layers, batchesBeforeMerging: N, maxInFlight });
    const miners = new SimulatedMiners(orchestrator, layers, seededRandom(seed));
    orchestrator.allowRounds(2);
    for (let turn = 0; turn < 20; turn++) await miners.turn();
    orchestrator.allowRounds(2);
    await miners.runOut();
    orchestrator.stop();
    await settle();
    await miners.runOut();
    const rounds = await results(orchestrator);
    assert.deepEqual(rounds.map(({ round }) => round), [1, 2, 3, 4], `seed ${seed}`);
    rounds.forEach(({ losses, outcomes }, index) => {
      const expected = Array.from({ length: N }, (_, batch) => index * N + batch + 1);
      assert.sameMembers(losses, expected, `seed ${seed}`);
      assert.isTrue(outcomes.every(({ step }) => step === index + 1), `seed ${seed}`);
    });
    assert.isTrue(miners.backwardsBeforeMerge.every((count) => count === N), `seed ${seed}`);
    assert.isAtMost(miners.mostInFlight, maxInFlight);
    assert.equal(miners.started, 4 * N);
    assert.isTrue(miners.areStopped);
  }
});

test("with miners in any order a stop at any moment leaves all layers with the same steps", async () => {
  for (let seed = 0; seed < 300; seed++) {
    const [layers, N, maxInFlight] = [2 + seed % 3, 1 + seed % 3, 1 + seed % 2];
    const orchestrator = orchestrate({ layers, batchesBeforeMerging: N, maxInFlight });
    const miners = new SimulatedMiners(orchestrator, layers, seededRandom(seed));
    orchestrator.allowRounds(3);
    for (let turn = 0; turn < seed; turn++) await miners.turn();
    orchestrator.stop();
    await settle();
    await miners.runOut();
    assert.isTrue(miners.areStopped, `seed ${seed}: every miner is stopped`);
    const merges = miners.miners.map((miner) => miner.merges);
    assert.equal(Math.min(...merges), Math.max(...merges), `seed ${seed}: merges ${merges}`);
    const rounds = await results(orchestrator);
    assert.equal(rounds.length, merges[0], `seed ${seed}: every merged round is told`);
  }
});
