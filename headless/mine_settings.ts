/**
 * The flags of `deno task mine` and what they ask for.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import type { Corpus } from "../core/data/corpus.ts";
import type { Tokenizer } from "../core/data/tokenizer.ts";
import { UsageError } from "../core/errors.ts";
import { type ModelConfig, parseModelConfig } from "../core/model/config.ts";
import type { PrecisionName } from "../core/model/parameters.ts";
import { findPreset, type Preset } from "../core/model/presets.ts";
import type { TrainSettings } from "../core/node/settings.ts";
import { gpuBackend, json, loggingDebug, runDir } from "./common_flags.ts";
import { choice, integer, integers, positive, text, toggle, type Values } from "./flags.ts";

const ANY_SEED = { min: 0, max: 2 ** 32 - 1 };

/** What suits a model that comes from a file, where no preset knows better. */
const FILE_PRESET = { batch: 4, seq: 128, batchesBeforeMerging: 2, learningRate: 1e-3 };

/** Defaults that depend on the model. */
const BY_MODEL = { default: undefined, defaultText: "by model" } as const;

/** The flags. */
export const MINE_FLAGS = {
  network: choice({
    name: "network",
    words: ["local"],
    default: "local",
    publishedNames: ["network"],
    expected: "local, the whole network in this process; no other can be mined yet",
    description: "Network to mine on: local is the whole of one in this process, offline.",
  }),
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: "auto",
    description: "A model's name, a .json file with the published fields, or auto: the largest " +
      "that makes a step in about half a second on this machine.",
  }),
  steps: integer({
    name: "steps",
    min: 1,
    default: 400,
    description: "Optimizer steps of the run in all, those before a restart included.",
  }),
  stages: integers({
    name: "stages",
    min: 0,
    default: undefined,
    defaultText: "all",
    description: "Stages that train, such as 0,2; the others keep their weights.",
  }),
  batch: integer({ name: "batch", min: 1, ...BY_MODEL, description: "Samples in a batch." }),
  seq: integer({ name: "seq", min: 2, ...BY_MODEL, description: "Tokens in a sample." }),
  batchesBeforeMerging: integer({
    name: "batches-before-merging",
    min: 1,
    ...BY_MODEL,
    description: "Batches whose gradients make one optimizer step.",
  }),
  lr: positive({ name: "lr", ...BY_MODEL, description: "Peak learning rate." }),
  dtype: choice({
    name: "dtype",
    words: ["f32", "bf16"],
    default: "f32",
    description: "Numbers of weights and activations.",
  }),
  masterWeights: toggle({
    name: "master-weights",
    default: true,
    description: "With bf16: keeps weights in f32 too, for the optimizer. Without them all is " +
      "bf16, as in the published miner, and small updates are lost.",
  }),
  seed: integer({
    name: "seed",
    ...ANY_SEED,
    default: 1,
    description: "Decides the fresh weights and the order of samples.",
  }),
  data: text({
    name: "data",
    placeholder: "PATH",
    default: undefined,
    defaultText: "the book Moby Dick",
    description:
      "Text to train on: a .txt file, a .jsonl file with a field text in each line, or " +
      "a folder of them.",
  }),
  validateEvery: integer({
    name: "validate-every",
    min: 1,
    default: 50,
    description: "Steps between measurements on text that is not trained on.",
  }),
  checkpointEvery: integer({
    name: "checkpoint-every",
    min: 1,
    default: 50,
    description: "Steps between checkpoints.",
  }),
  runDir,
  gpuBackend,
  json,
  loggingDebug,
};

/** The values of {@linkcode MINE_FLAGS}. */
export type MineValues = Values<typeof MINE_FLAGS>;

/**
 * What a run is to do.
 *
 * @param folder what relative paths are relative to
 * @throws {UsageError} for an unknown model, or flags that do not fit together
 */
export async function trainSettings(values: MineValues, folder: string): Promise<TrainSettings> {
  const { stages, batch, seq, batchesBeforeMerging, seed } = values;
  const { steps, validateEvery, checkpointEvery } = values;
  return {
    model: await readModel(values.model, folder),
    ...{ stages, batch, seq, batchesBeforeMerging, seed },
    ...{ steps, validateEvery, checkpointEvery },
    learningRate: values.lr,
    precision: precisionOf(values),
  };
}

/**
 * How a run keeps its numbers.
 *
 * @throws {UsageError} if masters are turned off where there are none
 */
export function precisionOf({ dtype, masterWeights }: MineValues): PrecisionName {
  if (dtype === "bf16") return masterWeights ? "bf16" : "pure-bf16";
  if (masterWeights) return "f32";
  throw new UsageError("--no-master-weights goes with --dtype bf16 only: add it, or leave it out");
}

/** A model's name without folder and extension, as the name of a run has it. */
export function modelLabel(model: string): string {
  return basename(model).replace(/\.json$/i, "");
}

async function readModel(model: string, folder: string): Promise<Preset | "auto"> {
  if (model === "auto") return "auto";
  if (!model.toLowerCase().endsWith(".json")) return findPreset(model);
  return { model: await readModelFile(resolve(folder, model)), ...FILE_PRESET };
}

async function readModelFile(path: string): Promise<ModelConfig> {
  let fields: unknown;
  try {
    fields = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const what = error instanceof Deno.errors.NotFound ? "there is no such file" : error.message;
    throw new UsageError(
      `--model ${path}: ${what}; expected a JSON object with the published fields`,
      { cause: error },
    );
  }
  return parseModelConfig(fields, basename(path));
}

/**
 * @throws {UsageError} if a model lacks rows for a tokenizer's ids, or a part of the text is empty
 */
export function checkText(model: Preset | "auto", tokenizer: Tokenizer, corpus: Corpus): void {
  if (model !== "auto" && model.model.V < tokenizer.vocabSize) {
    throw new UsageError(
      `model ${model.model.name} has a vocab_size of ${model.model.V}, the text needs at least ` +
        `${tokenizer.vocabSize}: choose another model`,
    );
  }
  if (corpus.validation.length < 2) {
    throw new UsageError("--data: the text is too short to train on, expected some kilobytes");
  }
}
