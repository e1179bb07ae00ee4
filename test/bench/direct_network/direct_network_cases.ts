/**
 * A network in one process: that miners, store and orchestrator together compute what the stages
 * compute by themselves, and that nothing grows.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import { PassTimer } from "../../../core/gpu/timer.ts";
import {
  DirectNetwork,
  type DirectNetworkOptions,
} from "../../../core/bench/direct_network/direct_network.ts";
import type { RoundResult } from "../../../core/node/training_network.ts";
import type { PrecisionName } from "../../../core/model/parameters.ts";
import { PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
import type { Parameters } from "../../../core/reference/parameters.ts";
import type { GpuHooks } from "../../harness/shared_gpu.ts";
import { DevicePipeline, readValues, TEST_TUNING } from "../../model/device_pipeline.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { learnableTokens, tinyModel } from "../../model/tiny_model.ts";

const MODEL = tinyModel();
const [B, T] = [2, 8];
const SCHEDULE = { peak: 1e-2, warmupSteps: 4, ...PUBLISHED_SCHEDULE };

function tokensAt(position: number): Int32Array {
  return learnableTokens(MODEL.V, B, T, position);
}

/** A network, started, on a device of its own. */
interface Running {
  gpu: Gpu;
  network: DirectNetwork;
  timer: PassTimer;
}

/** Runs a body with a started network, and ends it. */
async function withNetwork(
  options: Partial<DirectNetworkOptions>,
  body: (running: Running) => Promise<void>,
  hooks?: GpuHooks,
): Promise<void> {
  const gpu = await openSharedGpu(undefined, hooks);
  const network = await DirectNetwork.create(gpu, {
    ...{ model: MODEL, trainedStages: new Set([0, 1, 2]), batch: B, seq: T, seed: 1000 },
    ...{ batchesBeforeMerging: 2, schedule: SCHEDULE, precision: "f32", tuning: TEST_TUNING },
    ...options,
  });
  const timer = new PassTimer(gpu);
  let position = 0;
  await network.start(0, () => ({ tokens: tokensAt(position), position: position++ }), timer);
  try {
    await body({ gpu, network, timer });
    await network.stop();
  } finally {
    network.destroy();
    gpu.close();
  }
}

async function nextRounds(network: DirectNetwork, count: number): Promise<RoundResult[]> {
  network.allowRounds(count);
  const rounds: RoundResult[] = [];
  while (rounds.length < count) {
    const round = await network.nextRound();
    if (!round) throw new Error("the network stopped");
    rounds.push(round);
  }
  return rounds;
}

async function weightsOf({ stages }: DirectNetwork): Promise<Parameters[]> {
  return await Promise.all(stages.map(({ parameters }) => readValues(parameters)));
}

for (const precision of ["f32", "bf16"] as const) {
  test(`three rounds give bit by bit what the stages alone give (${precision})`, async () => {
    const expected = await trainAlone(precision, 3);
    await withNetwork({ precision }, async ({ network }) => {
      const rounds = await nextRounds(network, 3);
      assert.deepEqual(rounds.map(({ losses }) => losses), expected.losses);
      assert.deepEqual(await weightsOf(network), expected.weights);
    });
  });
}

/** The same batches, rounds and learning rates without a network. */
async function trainAlone(
  precision: PrecisionName,
  rounds: number,
): Promise<{ losses: number[][]; weights: Parameters[] }> {
  const gpu = await openSharedGpu();
  const pipeline = await DevicePipeline.create(gpu, { model: MODEL, B, T, precision });
  const losses: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    losses.push([]);
    for (const position of [2 * round, 2 * round + 1]) {
      losses[round].push(await pipeline.run(tokensAt(position)));
    }
    await pipeline.step(SCHEDULE.peak * (round + 1) / SCHEDULE.warmupSteps);
  }
  const weights = await pipeline.values();
  gpu.close();
  return { losses, weights };
}

test("rounds come with their number, learning rate, norms and steps", async () => {
  await withNetwork({}, async ({ network }) => {
    for (const [index, round] of (await nextRounds(network, 5)).entries()) {
      assert.equal(round.round, index + 1);
      assert.closeTo(round.learningRate, SCHEDULE.peak * Math.min(1, (index + 1) / 4), 1e-12);
      assert.equal(round.losses.length, 2);
      for (const { step, applied, norm } of round.outcomes) {
        assert.deepEqual({ step, applied }, { step: index + 1, applied: true });
        assert.isAbove(norm, 0);
      }
    }
  });
});

test("the loss falls", async () => {
  await withNetwork({}, async ({ network }) => {
    const means = (await nextRounds(network, 15)).map(({ losses }) => (losses[0] + losses[1]) / 2);
    assert.isBelow(means[14], means[0] - 0.1);
  });
});

test("stages that do not train keep their weights, the others learn", async () => {
  await withNetwork({ trainedStages: new Set([1]) }, async ({ network }) => {
    const before = await weightsOf(network);
    await nextRounds(network, 2);
    const after = await weightsOf(network);
    assert.deepEqual(after[0], before[0]);
    assert.deepEqual(after[2], before[2]);
    for (const [name, values] of before[1]) assert.notDeepEqual(after[1].get(name), values, name);
  });
});

test("frozen stages in bf16 keep parameters and masters", async () => {
  const options = { precision: "bf16", trainedStages: new Set<number>() } as const;
  await withNetwork(options, async ({ network }) => {
    const masters = (): Promise<Parameters[]> =>
      Promise.all(network.stages.map(({ parameters }) => readValues(parameters, "master")));
    const before = [await weightsOf(network), await masters()];
    await nextRounds(network, 2);
    assert.deepEqual([await weightsOf(network), await masters()], before);
  });
});

test("validate() between rounds changes neither losses nor weights", async () => {
  const expected = await trainAlone("f32", 2);
  await withNetwork({}, async ({ network }) => {
    const losses: number[][] = [];
    const validation = [0, 1, 2].map((index) => tokensAt(100 + index));
    for (let round = 0; round < 2; round++) {
      losses.push(...(await nextRounds(network, 1)).map((result) => result.losses));
      assert.equal(
        await network.pipeline.validate(validation),
        await network.pipeline.validate(validation),
      );
    }
    assert.deepEqual(losses, expected.losses);
    assert.deepEqual(await weightsOf(network), expected.weights);
  });
});

test("validate() is the mean of its batches' losses", async () => {
  await withNetwork({}, async ({ network }) => {
    // Two are under way at once, and many of them: one must never see the other's logits.
    const batches = Array.from({ length: 20 }, (_, index) => tokensAt(50 + index));
    const each: number[] = [];
    for (const batch of batches) each.push(await network.pipeline.validate([batch]));
    const sum = each.reduce((total, loss) => total + loss, 0);
    assert.equal(await network.pipeline.validate(batches), sum / each.length);
    assert.isAbove(new Set(each).size, 1);
  });
});

test("logits of a sample do not depend on what follows it", async () => {
  await withNetwork({}, async ({ network }) => {
    const sample = tokensAt(3).subarray(0, T);
    const whole = await network.pipeline.logits(sample);
    const start = await network.pipeline.logits(sample.subarray(0, 3));
    assert.equal(whole.length, T * MODEL.V);
    assert.deepEqual(start.subarray(0, 3 * MODEL.V), whole.subarray(0, 3 * MODEL.V));
  });
});

test("stop in the middle of a round leaves all stages with the same steps", async () => {
  await withNetwork({}, async ({ network }) => {
    network.allowRounds(100);
    const seen: number[] = [];
    for (let round = await network.nextRound(); round; round = await network.nextRound()) {
      seen.push(round.round);
      if (seen.length === 2) network.stop().catch(() => {});
    }
    const steps = await Promise.all(network.stages.map(({ optimizer }) => optimizer.stepCount()));
    assert.deepEqual(steps, Array(3).fill(seen.length));
  });
});

test("what makes a miner fail is thrown by nextRound()", async () => {
  const gpu = await openSharedGpu();
  const network = await DirectNetwork.create(gpu, {
    ...{ model: MODEL, trainedStages: new Set([0]), batch: B, seq: T, seed: 1 },
    ...{ batchesBeforeMerging: 1, schedule: SCHEDULE, precision: "f32", tuning: TEST_TUNING },
  });
  const timer = new PassTimer(gpu);
  await network.start(
    0,
    () => ({ tokens: new Int32Array(B * T).fill(MODEL.V), position: 0 }),
    timer,
  );
  network.allowRounds(1);
  const error = await network.nextRound().catch((error: unknown) => error);
  assert.match(String(error), /token 16 is outside the vocabulary of 16/);
  network.destroy();
  gpu.close();
});

test("destroy() frees all but what is kept for reading back", async () => {
  const gpu = await openSharedGpu();
  const options: DirectNetworkOptions = {
    ...{ model: MODEL, trainedStages: new Set([0]), batch: B, seq: T, seed: 1 },
    ...{ batchesBeforeMerging: 1, schedule: SCHEDULE, precision: "bf16", tuning: TEST_TUNING },
  };
  const before = { ...gpu.memory };
  (await DirectNetwork.create(gpu, options)).destroy();
  assert.equal(gpu.memory.bytes, before.bytes);
  assert.equal(gpu.memory.buffers, before.buffers);
  gpu.close();
});

test("200 optimizer steps make no buffers after the first ones, and free none", async () => {
  // Head and tail alone: a step is made of waits for readbacks, of which they have the fewest.
  const model = tinyModel({ blocks: 2, splits: [[-1, 1], [1, -1]] });
  const hooks: GpuHooks = {};
  await withNetwork({ model, trainedStages: new Set([0, 1]) }, async ({ gpu, network, timer }) => {
    const steps = async (count: number): Promise<void> => {
      network.allowRounds(count);
      for (let step = 0; step < count; step++) {
        await network.nextRound();
        await timer.collect();
      }
    };
    await steps(20);
    const before = gpu.memory.buffers;
    const made: string[] = [];
    hooks.onCreateBuffer = (label) => made.push(label);
    await steps(180);
    // How many readbacks are under way at once depends on the moment: there may once be one more.
    assert.isAtMost(made.length, 2);
    assert.isTrue(made.every((label) => label === "readback"));
    assert.equal(gpu.memory.buffers, before + made.length);
  }, hooks);
});
