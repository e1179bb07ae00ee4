/**
 * The training benchmark, in order: right answers, a training run on the clock, its programs op by
 * op, its matrix products beside the peers'.
 *
 * @module
 */
import { type Gpu, openGpu, type OpenGpuOptions } from "../../../core/gpu/gpu.ts";
import { DirectNetwork } from "../../direct_network/direct_network.ts";
import type { PrecisionName } from "../../../core/model/parameters.ts";
import { findPreset, type Preset, presetForRate, stepFlops } from "../../../core/model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
import { type MeasuredTuning, measureTuning } from "../../../core/model/tuning.ts";
import { type AbsentPeer, loadPeers, type MatmulPeer } from "../peers/peer.ts";
import type { NowMs } from "../timing.ts";
import { checkGoldenFiles, type GoldenResult } from "./golden.ts";
import { type Phase, phasesOf, type StepProduct, stepProducts } from "./ops.ts";
import {
  checkProduct,
  cubes,
  productFlops,
  type ProductTimes,
  raceProduct,
} from "./product_race.ts";
import { type PhaseTime, profileByTimestamps, profileByWaiting } from "./profile.ts";
import { timeTraining } from "./training_run.ts";
import { weftProduct } from "./weft_product.ts";

/** What to measure. */
export interface TrainBenchOptions {
  /** A preset's name, or auto for the one that a node takes on this adapter. */
  model: string;
  precision: PrecisionName;
  /** Rounds of which the median is taken. */
  rounds: number;
  /** Steps of the training run. */
  steps: number;
  /** False times by waiting even where the adapter has timestamps. */
  timestamps: boolean;
  nowMs: NowMs;
  /** Hears what is going on. */
  onStatus(text: string): void;
}

/** What runs where, and that its answers are right. */
export interface CheckedEvent {
  kind: "checked";
  gpu: Gpu;
  preset: Preset;
  precision: PrecisionName;
  tuning: MeasuredTuning;
  golden: GoldenResult;
  /** Products that were compared with plain loops, in both variants. */
  products: number;
}

/** The whole step. */
export interface StepEvent {
  kind: "step";
  steps: number;
  stepMs: number;
  /** The GPU's part of `stepMs`. */
  gpuMs: number;
  tokensPerSecond: number;
  flopsPerSecond: number;
  /** Of the step's own matmul kernel on the square product of `RATE_SIDE`. */
  matmulFlopsPerSecond: number;
  /** Part of the step in which the GPU has nothing to do. */
  hostShare: number;
  heldBytes: number;
  peakBytes: number;
}

/** The step's programs and ops. */
export interface ProfileEvent {
  kind: "profile";
  byTimestamps: boolean;
  phases: PhaseTime[];
}

/** Everyone who multiplies, and who could not. */
export interface ContendersEvent {
  kind: "contenders";
  /** Weft's variant that the step uses; ratios are its. */
  chosen: string;
  contenders: readonly Pick<MatmulPeer, "name" | "version" | "adapter">[];
  absent: readonly AbsentPeer[];
}

/** One product by everyone. */
export interface ProductEvent extends ProductTimes {
  kind: "product";
}

/** What the benchmark tells while it runs. */
export type TrainBenchEvent =
  | CheckedEvent
  | StepEvent
  | ProfileEvent
  | ContendersEvent
  | ProductEvent;

const SEED = 1;
/** Side of the square product that stands for what the adapter can do. */
const RATE_SIDE = 512;
const MATMUL_VARIANTS = ["direct", "tiled"] as const;
const SCHEDULE = { warmupSteps: 20, ...PUBLISHED_SCHEDULE };
const CUBES = { software: [RATE_SIDE], hardware: [RATE_SIDE, 2048, 4096] };

/**
 * Runs the whole benchmark. Training has a device of its own, so that its memory is its own.
 *
 * @throws {UsageError} for an unknown model
 * @throws {WeftError} if an answer is wrong; nothing has been timed then
 */
export async function* benchTrain(
  webgpu: OpenGpuOptions,
  options: TrainBenchOptions,
): AsyncGenerator<TrainBenchEvent, void> {
  const { nowMs, onStatus, precision } = options;
  const named = options.model === "auto" ? undefined : findPreset(options.model);
  const gpu = await openGpu(webgpu);
  const tuning = await measureTuning(gpu, nowMs);
  const preset = named ?? presetForRate(tuning.flopsPerSecond);
  onStatus("comparing with the golden files");
  const golden = await checkGoldenFiles(gpu, tuning);

  const trainingGpu = await openGpu(webgpu);
  const network = await DirectNetwork.create(trainingGpu, {
    ...preset,
    ...{ precision, tuning, seed: SEED },
    schedule: { peak: preset.learningRate, ...SCHEDULE },
    trainedStages: new Set(preset.model.splits.keys()),
  });
  const phases = phasesOf(network.stages, preset.batchesBeforeMerging);
  const sides = gpu.isSoftware ? CUBES.software : CUBES.hardware;
  const products = [...stepProducts(phases), ...cubes(sides)];
  const ours = MATMUL_VARIANTS.map((variant) => weftProduct(gpu, variant));
  for (const [index, product] of products.entries()) {
    onStatus(`comparing product ${index + 1} of ${products.length} with plain loops`);
    await checkProduct(ours, product);
  }
  yield { kind: "checked", gpu, preset, precision, tuning, golden, products: products.length };

  const chosen = weftProduct(gpu, tuning.matmul);
  const [rateCube] = cubes([RATE_SIDE]);
  const { ms } = await raceProduct({ ours: [chosen], peers: [] }, rateCube, options.rounds, nowMs);
  const matmulFlopsPerSecond = 1000 * productFlops(rateCube.shape) / (ms.get(chosen.name) ?? NaN);
  yield* benchStep(network, phases, { preset, matmulFlopsPerSecond }, options);
  trainingGpu.close();
  yield* benchProducts(ours, products, chosen.name, options);
  gpu.close();
}

/** The training run, then its programs. */
async function* benchStep(
  network: DirectNetwork,
  phases: readonly Phase[],
  { preset, matmulFlopsPerSecond }: { preset: Preset; matmulFlopsPerSecond: number },
  { steps, rounds, timestamps, nowMs, onStatus }: TrainBenchOptions,
): AsyncGenerator<StepEvent | ProfileEvent, void> {
  const { gpu } = network.stages[0];
  onStatus(`training ${steps} steps`);
  const run = await timeTraining(network, steps, nowMs);
  const { bytes, peakBytes } = gpu.memory;
  onStatus("timing the step's programs");
  const byTimestamps = timestamps && run.gpuMs !== undefined;
  const profile = byTimestamps
    ? await profileByTimestamps(gpu, phases, rounds)
    : await profileByWaiting(gpu, phases, rounds, nowMs);
  const profiledMs = profile.reduce((sum, { phase, ms }) => sum + ms * phase.perStep, 0);
  const gpuMs = byTimestamps && run.gpuMs !== undefined ? run.gpuMs : profiledMs;
  const flopsPerSecond = 1000 * stepFlops(preset) / run.stepMs;
  const tokens = preset.batch * preset.seq * preset.batchesBeforeMerging;
  yield {
    kind: "step",
    ...{ steps, stepMs: run.stepMs, gpuMs, flopsPerSecond },
    tokensPerSecond: 1000 * tokens / run.stepMs,
    matmulFlopsPerSecond,
    hostShare: 1 - gpuMs / run.stepMs,
    ...{ heldBytes: bytes, peakBytes },
  };
  yield { kind: "profile", byTimestamps, phases: profile };
}

async function* benchProducts(
  ours: readonly MatmulPeer[],
  products: readonly StepProduct[],
  chosen: string,
  { rounds, nowMs, onStatus }: TrainBenchOptions,
): AsyncGenerator<ContendersEvent | ProductEvent, void> {
  onStatus("loading the peers");
  const { peers, absent } = await loadPeers();
  yield { kind: "contenders", chosen, contenders: [...ours, ...peers], absent };
  for (const [index, product] of products.entries()) {
    onStatus(`timing product ${index + 1} of ${products.length}`);
    yield { kind: "product", ...await raceProduct({ ours, peers }, product, rounds, nowMs) };
  }
}
