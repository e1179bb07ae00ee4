/**
 * What a training node is asked to do, and what it chooses itself where it was not told.
 *
 * @module
 */
import type { Corpus } from "../data/corpus.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { UsageError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Host } from "../host.ts";
import type { ModelConfig } from "../model/config.ts";
import type { PrecisionName } from "../model/parameters.ts";
import { findPreset, type Preset, presetForRate } from "../model/presets.ts";
import { measureTuning, type Tuning } from "../model/tuning.ts";
import { checkpointModel } from "./checkpoint.ts";
import type { OpenNetwork } from "./training_network.ts";

/** What to train; what is left out comes from the model's preset. */
export interface TrainSettings {
  /** `auto` takes the largest preset that makes a step in about half a second here. */
  model: Preset | "auto";
  /** Stages that train; all if left out. The others keep their weights. */
  stages: readonly number[] | undefined;
  batch: number | undefined;
  seq: number | undefined;
  batchesBeforeMerging: number | undefined;
  learningRate: number | undefined;
  /** Miners of each layer. */
  minersPerLayer: number;
  /** Optimizer steps of a miner from one merge of its layer to the next. */
  mergeEvery: number;
  precision: PrecisionName;
  seed: number;
  /** Optimizer steps of the run in all. */
  steps: number;
  validateEvery: number;
  checkpointEvery: number;
}

/** A host that can also run a network of miners. */
export interface TrainHost extends Host {
  readonly openNetwork: OpenNetwork;
}

/** A text and how it became tokens. */
export interface TrainingText {
  corpus: Corpus;
  tokenizer: Tokenizer;
}

/** What is the same for all devices of a run. */
export interface Chosen {
  tuning: Tuning;
  preset: Preset;
  trainedStages: ReadonlySet<number>;
}

/**
 * Measures the adapter, and fills in what the settings leave open.
 * @throws {UsageError} if the model has not the stages that are to train
 */
export async function choose(host: Host, gpu: Gpu, settings: TrainSettings): Promise<Chosen> {
  const tuning = await measureTuning(gpu, () => host.clock.nowMs());
  const found = settings.model === "auto"
    ? await autoPreset(host, tuning.flopsPerSecond)
    : settings.model;
  const preset: Preset = {
    model: found.model,
    batch: settings.batch ?? found.batch,
    seq: settings.seq ?? found.seq,
    batchesBeforeMerging: settings.batchesBeforeMerging ?? found.batchesBeforeMerging,
    learningRate: settings.learningRate ?? found.learningRate,
  };
  return { tuning, preset, trainedStages: trainedStages(preset.model, settings.stages) };
}

/** The model of the run that is there, so that the same command goes on with it, or a new one. */
async function autoPreset({ storage }: Host, flopsPerSecond: number): Promise<Preset> {
  const running = await checkpointModel(storage);
  return running === undefined ? presetForRate(flopsPerSecond) : findPreset(running);
}

function trainedStages(
  { splits, name }: ModelConfig,
  stages: readonly number[] | undefined,
): ReadonlySet<number> {
  const all = splits.map((_, index) => index);
  const wrong = stages?.find((stage) => !all.includes(stage));
  if (wrong !== undefined) {
    throw new UsageError(
      `--stages: model ${name} has no stage ${wrong}, expected some of ${all.join(", ")}`,
    );
  }
  return new Set(stages ?? all);
}
