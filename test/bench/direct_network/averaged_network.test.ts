/**
 * Networks whose stages hold the mean of all after each step.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import { PassTimer } from "../../../core/gpu/timer.ts";
import { PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
import type { RoundResult, TrainingNetwork } from "../../../core/node/training_network.ts";
import { readValues, TEST_TUNING } from "../../model/device_pipeline.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { learnableTokens, tinyModel } from "../../model/tiny_model.ts";
import { AveragedNetwork } from "./averaged_network.ts";
import {
  DirectNetwork,
  type DirectNetworkOptions,
} from "../../../core/bench/direct_network/direct_network.ts";

const MODEL = tinyModel();
const [B, T] = [2, 8];
const ROUNDS = 3;
const OPTIONS: DirectNetworkOptions = {
  ...{ model: MODEL, trainedStages: new Set([0, 1, 2]), batch: B, seq: T, seed: 7 },
  ...{ batchesBeforeMerging: 2, precision: "f32", tuning: TEST_TUNING },
  schedule: { peak: 1e-2, warmupSteps: 4, ...PUBLISHED_SCHEDULE },
};

type Destroyable = TrainingNetwork & { destroy(): void };

/** Trains on text whose n-th batch is that of `textAt(n)`. */
async function train<Network extends Destroyable>(
  create: (gpu: Gpu) => Promise<Network>,
  textAt: (position: number) => number,
): Promise<{ losses: number[][]; weights: unknown[] }> {
  const gpu = await openSharedGpu();
  const network = await create(gpu);
  let position = 0;
  const nextBatch = () => ({
    tokens: learnableTokens(MODEL.V, B, T, textAt(position)),
    position: position++,
  });
  await network.start(0, nextBatch, new PassTimer(gpu));
  network.allowRounds(ROUNDS);
  const rounds: RoundResult[] = [];
  for (let round = await network.nextRound(); round; round = await network.nextRound()) {
    rounds.push(round);
    if (rounds.length === ROUNDS) break;
  }
  const pipelines = network instanceof AveragedNetwork
    ? network.networks.map(({ pipeline }) => pipeline)
    : [network.pipeline];
  const stages = pipelines.map((pipeline) => pipeline.stages).flat();
  const weights = await Promise.all(stages.map(({ parameters }) => readValues(parameters)));
  await network.stop();
  network.destroy();
  gpu.close();
  return { losses: rounds.map(({ losses }) => losses), weights };
}

const direct = (gpu: Gpu) => DirectNetwork.create(gpu, OPTIONS);
const averaged = (count: number) => (gpu: Gpu) => AveragedNetwork.create(gpu, OPTIONS, count);

test("the mean of one network is that network, bit by bit", async () => {
  const text = (position: number) => position;
  assert.deepEqual(await train(averaged(1), text), await train(direct, text));
});

test("networks that read the same text stay that of one network, bit by bit", async () => {
  // Halving and doubling are exact, so the mean of two equals is either.
  const alone = await train(direct, (position) => position);
  const pair = await train(averaged(2), (position) => 2 * Math.floor(position / 4) + position % 2);
  assert.deepEqual(pair.weights, [...alone.weights, ...alone.weights]);
});

test("networks that read different text hold the same, and what none would alone", async () => {
  const stages = MODEL.splits.length;
  const { weights } = await train(averaged(2), (position) => position);
  assert.deepEqual(weights.slice(0, stages), weights.slice(stages));
  const alone = await train(direct, (position) => position);
  assert.notDeepEqual(weights.slice(0, stages), alone.weights);
});

test("a round brings the losses of all batches of all networks", async () => {
  const { losses } = await train(averaged(3), (position) => position);
  assert.deepEqual(losses.map(({ length }) => length), Array(ROUNDS).fill(6));
});

test("a mean of no network is refused", async () => {
  const gpu = await openSharedGpu();
  const error = await AveragedNetwork.create(gpu, OPTIONS, 0).catch((error: unknown) => error);
  assert.instanceOf(error, RangeError);
  gpu.close();
});
