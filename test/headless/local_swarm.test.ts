/**
 * A swarm on this machine, over real HTTP: what its members compute together is what the stages
 * compute by themselves.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Gpu } from "../../core/gpu/gpu.ts";
import { PassTimer } from "../../core/gpu/timer.ts";
import { PUBLISHED_SCHEDULE } from "../../core/model/schedule.ts";
import type { Stage } from "../../core/model/stage.ts";
import type {
  NetworkOptions,
  RoundResult,
  TrainingNetwork,
} from "../../core/node/training_network.ts";
import type { Parameters } from "../../core/reference/parameters.ts";
import { localSwarmOpener } from "../../headless/local_swarm.ts";
import { DirectNetwork } from "../../core/bench/direct_network/direct_network.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { readValues, TEST_TUNING } from "../model/device_pipeline.ts";
import { openSharedGpu } from "../model/shared.ts";
import { learnableTokens, tinyModel } from "../model/tiny_model.ts";
import { withTempFolder } from "./temp_folder.ts";

const MODEL = tinyModel();
const [B, T] = [2, 8];
const SCHEDULE = { peak: 1e-2, warmupSteps: 4, ...PUBLISHED_SCHEDULE };

const OPTIONS: NetworkOptions = {
  ...{ model: MODEL, trainedStages: new Set([0, 1, 2]), batch: B, seq: T, seed: 1000 },
  ...{ batchesBeforeMerging: 2, schedule: SCHEDULE, precision: "f32", tuning: TEST_TUNING },
  ...{ minersPerLayer: 1, mergeEvery: 2 },
};

/** A swarm that is started, and what it says. */
interface Running {
  readonly swarm: TrainingNetwork;
  readonly log: KeptLog;
  readonly folder: string;
}

async function withSwarm(
  changes: Partial<NetworkOptions>,
  body: (running: Running) => Promise<void>,
  roundsDone = 0,
): Promise<void> {
  await withTempFolder(async (folder) => {
    const gpu = await openSharedGpu();
    const log = new KeptLog();
    const swarm = await localSwarmOpener(folder, log)(gpu, { ...OPTIONS, ...changes });
    await begin(swarm, gpu, roundsDone);
    try {
      await body({ swarm, log, folder });
    } finally {
      await swarm.close();
      swarm.pipeline.destroy();
      gpu.close();
    }
  });
}

async function begin(network: TrainingNetwork, gpu: Gpu, roundsDone: number): Promise<void> {
  let position = 0;
  const nextBatch = (): { tokens: Int32Array; position: number } => ({
    tokens: learnableTokens(MODEL.V, B, T, position),
    position: position++,
  });
  await network.start(roundsDone, nextBatch, new PassTimer(gpu));
}

async function nextRounds(network: TrainingNetwork, count: number): Promise<RoundResult[]> {
  network.allowRounds(count);
  const rounds: RoundResult[] = [];
  while (rounds.length < count) {
    const round = await network.nextRound();
    if (!round) throw new Error("the network stopped");
    rounds.push(round);
  }
  return rounds;
}

function weightsOf({ pipeline }: TrainingNetwork): Promise<Parameters[]> {
  return Promise.all(pipeline.stages.map(({ parameters }) => readValues(parameters)));
}

function stepCounts(stages: readonly Stage[]): Promise<number[]> {
  return Promise.all(stages.map(({ optimizer }) => optimizer.stepCount()));
}

for (const precision of ["f32", "bf16", "pure-bf16"] as const) {
  test(`with one miner a layer a swarm gives bit by bit what its stages give directly (${precision})`, async () => {
    const gpu = await openSharedGpu();
    const direct = await DirectNetwork.create(gpu, { ...OPTIONS, precision });
    await begin(direct, gpu, 0);
    const expected = await nextRounds(direct, 5);
    const weights = await weightsOf(direct);
    await direct.stop();
    direct.destroy();
    gpu.close();
    await withSwarm({ precision }, async ({ swarm }) => {
      assert.deepEqual(await nextRounds(swarm, 5), expected);
      assert.deepEqual(await weightsOf(swarm), weights);
    });
  });
}

test("two miners a layer train on, and the loss falls", async () => {
  await withSwarm({ minersPerLayer: 2 }, async ({ swarm }) => {
    const rounds = await nextRounds(swarm, 15);
    const mean = ({ losses }: RoundResult): number =>
      losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    assert.isBelow(mean(rounds[14]), mean(rounds[0]) - 0.1);
  });
});

test("the miners of a layer hold the same weights after each merge", async () => {
  await withSwarm({ minersPerLayer: 2, mergeEvery: 1 }, async ({ swarm, log }) => {
    await nextRounds(swarm, 3);
    assert.isAbove(log.lines.filter((line) => line.includes("merged by 2 of 2")).length, 2);
    assert.notInclude(log.lines.join("\n"), "disagree");
  });
});

test("a swarm that is stopped leaves all stages with as many steps", async () => {
  await withSwarm({}, async ({ swarm }) => {
    swarm.allowRounds(100);
    await swarm.nextRound();
    await swarm.stop();
    while (await swarm.nextRound());
    const counts = await stepCounts(swarm.pipeline.stages);
    assert.equal(new Set(counts).size, 1, `${counts}`);
  });
});

test("a swarm that goes on counts its rounds and its learning rate on", async () => {
  await withSwarm({}, async ({ swarm }) => {
    const rounds = await nextRounds(swarm, 3);
    assert.deepEqual(rounds.map(({ round }) => round), [3, 4, 5]);
    const rates = rounds.map(({ learningRate }) => learningRate);
    assert.deepEqual(rates, [0.75e-2, 1e-2, 1e-2]);
  }, 2);
});

test("stages that do not train keep their weights through merges", async () => {
  await withSwarm({ trainedStages: new Set([1]), mergeEvery: 1 }, async ({ swarm }) => {
    const before = await weightsOf(swarm);
    await nextRounds(swarm, 2);
    const after = await weightsOf(swarm);
    assert.deepEqual([after[0], after[2]], [before[0], before[2]]);
    assert.notDeepEqual(after[1], before[1]);
  });
});

test("numbers that overflow end the swarm with the reason and advice", async () => {
  const schedule = { ...SCHEDULE, peak: 1e38, warmupSteps: 1 };
  await withSwarm({ schedule }, async ({ swarm }) => {
    const failure = await nextRounds(swarm, 5).then(() => undefined, (error: unknown) => error);
    assert.match(String(failure), /after step 1: .*NaN.*lower --lr/);
  });
});

test("a validator goes through a miner's round with it, and finds all of it right", async () => {
  await withSwarm({ mergeEvery: 1, checkedShare: 1 }, async ({ swarm, log }) => {
    const found = (what: string): string[] =>
      log.lines.filter((line) => line.includes("check of ") && line.includes(what));
    // The validator joins after the first merge, and tracks a miner from the next round on.
    for (let round = 0; round < 40 && found("weights: ").length < 3; round++) {
      await nextRounds(swarm, 1);
    }
    assert.deepEqual(found("not valid"), []);
    assert.isAtLeast(found("weights: valid").length, 3);
    assert.isNotEmpty(found("backward of "));
  });
});

test("nothing is left of the store when a swarm has ended", async () => {
  await withTempFolder(async (folder) => {
    const gpu = await openSharedGpu();
    const swarm = await localSwarmOpener(folder, new KeptLog())(gpu, OPTIONS);
    await begin(swarm, gpu, 0);
    await nextRounds(swarm, 1);
    await swarm.close();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    swarm.pipeline.destroy();
    gpu.close();
  });
});
