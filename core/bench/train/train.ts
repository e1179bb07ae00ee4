/**
 * The training benchmark, in order: right answers, the adapter's bounds, a training run on the
 * clock, its programs op by op, attention by shape, and matrix products, beside those of others
 * where there are any.
 *
 * @module
 */
import { type Gpu, openGpu, type OpenGpuOptions } from "../../gpu/gpu.ts";
import type { PrecisionName } from "../../model/parameters.ts";
import { findPreset, type Preset, presetForRate, stepFlops } from "../../model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../../model/schedule.ts";
import { type MeasuredTuning, measureTuning } from "../../model/tuning.ts";
import { DirectNetwork } from "../direct_network/direct_network.ts";
import type { NowMs } from "../timing.ts";
import { attentionShapes, type AttentionTimes, timeAttention } from "./attention.ts";
import { type Bandwidth, bandwidthSizes, measureBandwidth } from "./bandwidth.ts";
import { measureFloatBound } from "./float_bound.ts";
import { checkGoldenFiles, type GoldenResult, type GoldenSource } from "./golden.ts";
import { type Phase, phasesOf, type StepProduct, stepProducts } from "./ops.ts";
import type { AbsentPeer, MatmulPeer, Peers } from "./product.ts";
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

/** What there is to measure: a training step, or one of the ops on its own. */
export const TRAIN_PARTS = ["step", "products", "attention", "bandwidth"] as const;

/** One of {@linkcode TRAIN_PARTS}. */
export type TrainPart = (typeof TRAIN_PARTS)[number];

/** What to measure. */
export interface TrainBenchOptions {
  /** A preset's name, or auto for the one that a node takes on this adapter. */
  model: string;
  precision: PrecisionName;
  parts: ReadonlySet<TrainPart>;
  /** Rounds of which the median is taken. */
  rounds: number;
  /** Steps of the training run. */
  steps: number;
  /** False times by waiting even where the adapter has timestamps. */
  timestamps: boolean;
  /** Of Weft, for the record. */
  version: string;
  /** What the device is compared with before anything is timed. */
  golden: readonly GoldenSource[];
  /** Loads others that multiply matrices; undefined for none. */
  loadPeers: (() => Promise<Peers>) | undefined;
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

/** What the adapter does at most. */
export interface BoundsEvent {
  kind: "bounds";
  /** f32 operations that stay in registers. */
  flopsPerSecond: number;
  /** Copies by size, the largest last; empty if they were not asked for. */
  bandwidth: readonly Bandwidth[];
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

/** Attention of one shape. */
export interface AttentionEvent extends AttentionTimes {
  kind: "attention";
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
  | BoundsEvent
  | StepEvent
  | ProfileEvent
  | AttentionEvent
  | ContendersEvent
  | ProductEvent;

const SEED = 1;
/** Side of the square product that stands for what products reach on an adapter. */
const RATE_SIDE = 512;
const MATMUL_VARIANTS = ["direct", "tiled"] as const;
const SCHEDULE = { warmupSteps: 20, ...PUBLISHED_SCHEDULE };
const CUBES = { software: [RATE_SIDE], hardware: [RATE_SIDE, 2048, 4096] };

/**
 * Runs the parts that are asked for. Training has a device of its own, so that its memory is its
 * own.
 *
 * @throws {UsageError} for an unknown model
 * @throws {WeftError} if an answer is wrong; nothing has been timed then
 */
export async function* benchTrain(
  webgpu: OpenGpuOptions,
  options: TrainBenchOptions,
): AsyncGenerator<TrainBenchEvent, void> {
  const { nowMs, onStatus, precision, parts } = options;
  const named = options.model === "auto" ? undefined : findPreset(options.model);
  const gpu = await openGpu(webgpu);
  onStatus("choosing kernels");
  const tuning = await measureTuning(gpu, nowMs);
  const preset = named ?? presetForRate(tuning.flopsPerSecond);
  onStatus("comparing with the golden files");
  const golden = await checkGoldenFiles(gpu, tuning, options.golden);
  const needsModel = parts.has("step") || parts.has("products");
  const training = needsModel ? await openTraining(webgpu, preset, tuning, options) : undefined;
  const products = training && parts.has("products")
    ? [...stepProducts(training.phases), ...cubes(gpu.isSoftware ? CUBES.software : CUBES.hardware)]
    : [];
  const ours = MATMUL_VARIANTS.map((variant) => weftProduct(gpu, variant, options.version));
  for (const [index, product] of products.entries()) {
    onStatus(`comparing product ${index + 1} of ${products.length} with plain loops`);
    await checkProduct(ours, product);
  }
  yield { kind: "checked", gpu, preset, precision, tuning, golden, products: products.length };
  yield await measureBounds(gpu, options);
  const chosen = weftProduct(gpu, tuning.matmul, options.version);
  if (training && parts.has("step")) yield* benchStep(training, { preset, chosen }, options);
  training?.network.stages[0].gpu.close();
  if (parts.has("attention")) yield* benchAttention(gpu, tuning, options);
  yield* benchProducts(ours, products, chosen.name, options);
  gpu.close();
}

/** The stages of a model and what a step does on them. */
interface Training {
  readonly network: DirectNetwork;
  readonly phases: readonly Phase[];
}

async function openTraining(
  webgpu: OpenGpuOptions,
  preset: Preset,
  tuning: MeasuredTuning,
  { precision, onStatus }: TrainBenchOptions,
): Promise<Training> {
  onStatus(`building model ${preset.model.name}`);
  const network = await DirectNetwork.create(await openGpu(webgpu), {
    ...preset,
    ...{ precision, tuning, seed: SEED },
    schedule: { peak: preset.learningRate, ...SCHEDULE },
    trainedStages: new Set(preset.model.splits.keys()),
  });
  return { network, phases: phasesOf(network.stages, preset.batchesBeforeMerging) };
}

async function measureBounds(
  gpu: Gpu,
  { parts, rounds, nowMs, onStatus }: TrainBenchOptions,
): Promise<BoundsEvent> {
  onStatus("measuring the bound of f32 arithmetic");
  const flopsPerSecond = await measureFloatBound(gpu, rounds, nowMs);
  const bandwidth: Bandwidth[] = [];
  for (const size of parts.has("bandwidth") ? bandwidthSizes(gpu) : []) {
    onStatus(`copying ${size / 2 ** 20} MiB`);
    bandwidth.push(await measureBandwidth(gpu, size, rounds, nowMs));
  }
  return { kind: "bounds", flopsPerSecond, bandwidth };
}

/** The training run, then its programs. */
async function* benchStep(
  { network, phases }: Training,
  { preset, chosen }: { preset: Preset; chosen: MatmulPeer },
  { steps, rounds, timestamps, nowMs, onStatus }: TrainBenchOptions,
): AsyncGenerator<StepEvent | ProfileEvent, void> {
  const { gpu } = network.stages[0];
  const [rateCube] = cubes([RATE_SIDE]);
  const { ms } = await raceProduct({ ours: [chosen], peers: [] }, rateCube, rounds, nowMs);
  const matmulFlopsPerSecond = 1000 * productFlops(rateCube.shape) / (ms.get(chosen.name) ?? NaN);
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

async function* benchAttention(
  gpu: Gpu,
  tuning: MeasuredTuning,
  { rounds, nowMs, onStatus }: TrainBenchOptions,
): AsyncGenerator<AttentionEvent, void> {
  for (const shape of attentionShapes(gpu)) {
    const { B, T, NH, HD } = shape;
    onStatus(`timing attention ${B}x${T}x${NH}x${HD}`);
    yield { kind: "attention", ...await timeAttention(gpu, tuning, shape, rounds, nowMs) };
  }
}

async function* benchProducts(
  ours: readonly MatmulPeer[],
  products: readonly StepProduct[],
  chosen: string,
  { rounds, nowMs, loadPeers, onStatus }: TrainBenchOptions,
): AsyncGenerator<ContendersEvent | ProductEvent, void> {
  if (products.length === 0) return;
  if (loadPeers) onStatus("loading the peers");
  const { peers, absent } = await loadPeers?.() ?? { peers: [], absent: [] };
  yield { kind: "contenders", chosen, contenders: [...ours, ...peers], absent };
  for (const [index, product] of products.entries()) {
    onStatus(`timing product ${index + 1} of ${products.length}`);
    yield { kind: "product", ...await raceProduct({ ours, peers }, product, rounds, nowMs) };
  }
}
