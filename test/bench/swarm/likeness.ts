/**
 * Whether a swarm of many small miners learns what one process learns: the same model, seed and text,
 * as many optimizer steps of each miner over as many batches, and the loss on text that nobody has
 * seen. How far runs of one process lie apart that differ in the order of the text alone is the
 * noise. A layer's step is the mean of its miners' steps; what is lost against a single step over
 * the batches of all of them is shown beside it, and is the method's, not the network's.
 *
 * @module
 */

import { join } from "node:path";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import { openGpu } from "../../../core/gpu/gpu.ts";
import { PassTimer } from "../../../core/gpu/timer.ts";
import { checkModelConfig, type ModelConfig, type Split } from "../../../core/model/config.ts";
import { countParameters, findPreset, type Preset } from "../../../core/model/presets.ts";
import { measureTuning } from "../../../core/model/tuning.ts";
import { LocalSwarm } from "../../../core/node/local_swarm.ts";
import type { TrainingNetwork } from "../../../core/node/training_network.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { localPlace } from "../../../headless/local_swarm.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { type Backend, loadWebGpu } from "../../../headless/webgpu.ts";
import { AveragedNetwork } from "../direct_network/averaged_network.ts";
import { DirectNetwork } from "../../../core/bench/direct_network/direct_network.ts";
import { networkOptions } from "./network_options.ts";
import { textBatches, unseenBatches } from "./text_batches.ts";

const STORE = join(CACHE_DIR, "bench-likeness");
const SEED = 1;
/** Orders of the text whose runs tell the noise. */
const NOISE_SEEDS = [1, 2, 3, 4];
/** Least batches of a miner's step; it has more while others are waited for. */
const BATCHES = 2;
const UNSEEN_BATCHES = 32;
const LOOKS = 4;

/** What to compare. */
export interface LikenessOptions {
  readonly stages: number;
  readonly minersPerLayer: number;
  readonly steps: number;
  readonly backend: Backend;
  readonly log: (line: string) => void;
  onStatus(text: string): void;
}

/** Losses on unseen text, in nats a token. */
export interface LikenessRow {
  readonly step: number;
  /** Of runs in one process that take the mean of as many steps as a layer has miners. */
  readonly mean: number;
  /** Standard deviation of these. */
  readonly noise: number;
  readonly swarm: number;
  /** Of a run in one process that takes one step over all batches. */
  readonly singleStep: number;
}

/** What the swarm did, and the losses. */
export interface Likeness {
  /** Of a miner's step in the swarm, the mean; the others have as many, rounded. */
  readonly batchesPerStep: number;
  readonly rows: readonly LikenessRow[];
}

/** What a run came to. */
interface Run {
  /** On unseen text, at each look. */
  readonly losses: readonly number[];
  readonly batches: number;
}

/** A block a stage, of sizes that do not matter. */
function chainOfStages(stages: number): Preset {
  const cuts = Array.from({ length: stages - 1 }, (_, index) => index + 1);
  const splits = [...cuts, -1].map((end, at): Split => [at === 0 ? -1 : cuts[at - 1], end]);
  const { model: { rope, V } } = findPreset("nano");
  const draft: ModelConfig = {
    ...{ name: `${stages} stages`, totalGlobalParams: 1, V, rope, splits, blocks: stages },
    ...{ C: 32, K: 8, NH: 4, NKV: 2, H: 88 },
  };
  checkModelConfig(draft);
  const model = { ...draft, totalGlobalParams: countParameters(draft) };
  return { model, batch: 4, seq: 32, batchesBeforeMerging: BATCHES, learningRate: 5e-3 };
}

/** Runs all and compares them. @throws {WeftError} as a network */
export async function compareLikeness(options: LikenessOptions): Promise<Likeness> {
  const { stages, minersPerLayer, steps, onStatus, backend } = options;
  const gpu = await openGpu(await loadWebGpu(backend));
  const preset = chainOfStages(stages);
  const network = networkOptions(preset, {
    ...{ precision: "f32", seed: SEED, mergeEvery: 1, minersPerLayer },
    tuning: await measureTuning(gpu, () => performance.now()),
  });
  onStatus(`${stages} stages with ${minersPerLayer} miners each`);
  const place = localPlace(STORE, createLog("warn", options.log));
  const swarm = await LocalSwarm.create(gpu, network, place);
  const together = await train(swarm, gpu, preset, SEED, options);
  const batchesPerStep = together.batches / steps / minersPerLayer;
  const each = { ...network, batchesBeforeMerging: Math.round(batchesPerStep) };
  const alone: Run[] = [];
  for (const seed of NOISE_SEEDS) {
    onStatus(`one process, text in order ${seed}`);
    const averaged = await AveragedNetwork.create(gpu, each, minersPerLayer);
    alone.push(await train(averaged, gpu, preset, seed, options));
    averaged.destroy();
  }
  onStatus("single steps");
  const batchesBeforeMerging = each.batchesBeforeMerging * minersPerLayer;
  const direct = await DirectNetwork.create(gpu, { ...network, batchesBeforeMerging });
  const single = await train(direct, gpu, preset, SEED, options);
  direct.destroy();
  gpu.close();
  const rows = together.losses.map((loss, look) => ({
    step: Math.round(steps * (look + 1) / LOOKS),
    ...spread(alone.map(({ losses }) => losses[look])),
    swarm: loss,
    singleStep: single.losses[look],
  }));
  return { batchesPerStep, rows };
}

/** Mean and standard deviation. */
function spread(values: readonly number[]): { readonly mean: number; readonly noise: number } {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, noise: Math.sqrt(squares / (values.length - 1)) };
}

/** Trains, and measures at each quarter of the steps. Ends the network. */
async function train(
  network: TrainingNetwork,
  gpu: Gpu,
  preset: Preset,
  seed: number,
  { steps, onStatus }: LikenessOptions,
): Promise<Run> {
  const cursor = textBatches({ ...preset, seed });
  const unseen = unseenBatches(preset, UNSEEN_BATCHES);
  await network.start(0, () => cursor.nextBatch(), new PassTimer(gpu));
  const losses: number[] = [];
  let batches = 0;
  for (let done = 0, look = 1; look <= LOOKS; look++) {
    const until = Math.round(steps * look / LOOKS);
    network.allowRounds(until - done);
    while (done < until) {
      const round = await network.nextRound();
      if (!round) throw new Error("a network has stopped by itself");
      done = round.round;
      batches += round.losses.length;
      onStatus(`step ${done} of ${steps}`);
    }
    losses.push(await network.pipeline.validate(unseen));
  }
  await network.stop();
  await network.close();
  return { losses, batches };
}
