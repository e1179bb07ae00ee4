/**
 * The flags of `deno task mine` and what they ask for.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import type { Corpus } from "../core/data/corpus.ts";
import type { Tokenizer } from "../core/data/tokenizer.ts";
import { UsageError } from "../core/errors.ts";
import { PUBLISHED_SEED } from "../core/iota/miner/swarm_options.ts";
import type { PrecisionName } from "../core/model/parameters.ts";
import { findPreset, type Preset } from "../core/model/presets.ts";
import type { TrainSettings } from "../core/node/settings.ts";
import { ACCEPTED_FLAGS, COMPUTE_MINER_FLAGS } from "./compute/flags.ts";
import { gpuBackend, json, loggingDebug, runDir } from "./common_flags.ts";
import { type Flag, integer, integers, positive, text, toggle, type Values } from "./flags.ts";
import { PLACE_FLAGS, REMOTE_FLAGS } from "./mine/remote_flags.ts";
import { readModelFile } from "./model_file.ts";

const ANY_SEED = { min: 0, max: 2 ** 32 - 1 };

/** What suits a model that comes from a file, where no preset knows better. */
const FILE_PRESET = { batch: 4, seq: 128, batchesBeforeMerging: 2, learningRate: 1e-3 };

/** Defaults that depend on the model. */
const BY_MODEL = { default: undefined, defaultText: "by model" } as const;

/** Defaults of the local network, where a flag that is not set must be told from one that is. */
const LOCAL = {
  ...{ steps: 400, miners: 1, mergeEvery: 10, validateEvery: 50, checkpointEvery: 50 },
  seed: 1,
} as const;

const DTYPES = ["f32", "bf16"] as const;

const dtype: Flag<(typeof DTYPES)[number] | undefined> = {
  name: "dtype",
  placeholder: DTYPES.join("|"),
  default: undefined,
  defaultText: "f32, in a remote swarm that of its weights",
  expected: DTYPES.join(" or "),
  description: "Numbers of weights and activations.",
  parse: (text) => DTYPES.find((word) => word === text),
};

/** Flags of a swarm on this machine only. */
const LOCAL_FLAGS = {
  miners: localInteger("miners", LOCAL.miners, "Miners of each layer of the local network."),
  mergeEvery: localInteger(
    "merge-every",
    LOCAL.mergeEvery,
    "Optimizer steps of a local miner from one merge of its layer to the next.",
  ),
  steps: localInteger(
    "steps",
    LOCAL.steps,
    "Optimizer steps of a local run in all, those before a restart included.",
  ),
  stages: integers({
    name: "stages",
    min: 0,
    default: undefined,
    defaultText: "all",
    description: "Stages that train, such as 0,2; the others keep their weights.",
  }),
  lr: positive({ name: "lr", ...BY_MODEL, description: "Peak learning rate of a local run." }),
  validateEvery: localInteger(
    "validate-every",
    LOCAL.validateEvery,
    "Steps between measurements on text that is not trained on.",
  ),
  checkpointEvery: localInteger(
    "checkpoint-every",
    LOCAL.checkpointEvery,
    "Steps between checkpoints.",
  ),
  runDir,
} as const;

const SUBNETS = ["iota", "compute", "all"] as const;

/** What a node may work for. */
export type Subnet = (typeof SUBNETS)[number];

const subnet: Flag<Subnet | undefined> = {
  name: "subnet",
  placeholder: SUBNETS.join("|"),
  default: undefined,
  defaultText: "all on the local network, elsewhere iota",
  expected: "iota, compute or all",
  description: "Trains for IOTA, answers challenges for the compute network, or does both on one " +
    "GPU; a challenge goes first.",
  parse: (text) => SUBNETS.find((each) => each === text),
};

/** The flags. */
export const MINE_FLAGS = {
  subnet,
  ...PLACE_FLAGS,
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: "auto",
    description: "A model's name, a .json file with the published fields, or auto: the largest " +
      "that makes a step in about half a second on this machine; in a remote swarm the one that " +
      "its orchestrator tells, or 15B.",
  }),
  batch: integer({ name: "batch", min: 1, ...BY_MODEL, description: "Samples in a batch." }),
  seq: integer({ name: "seq", min: 2, ...BY_MODEL, description: "Tokens in a sample." }),
  batchesBeforeMerging: integer({
    name: "batches-before-merging",
    min: 1,
    ...BY_MODEL,
    publishedNames: ["BATCHES_BEFORE_MERGING"],
    description: "Batches whose gradients make one optimizer step; in a remote swarm backwards " +
      "of a miner from one merge to the next.",
  }),
  dtype,
  masterWeights: toggle({
    name: "master-weights",
    default: true,
    description: "With bf16: keeps weights in f32 too, for the optimizer. Without them all is " +
      "bf16, as in the published miner, and small updates are lost.",
  }),
  seed: integer({
    name: "seed",
    ...ANY_SEED,
    default: undefined,
    defaultText: `${LOCAL.seed}, in a remote swarm the orchestrator's, or ${PUBLISHED_SEED}`,
    description: "Decides the fresh weights, and the order of samples in a local run.",
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
  ...LOCAL_FLAGS,
  ...REMOTE_FLAGS,
  ...COMPUTE_MINER_FLAGS,
  ...ACCEPTED_FLAGS,
  gpuBackend,
  json,
  loggingDebug,
};

/** The values of {@linkcode MINE_FLAGS}. */
export type MineValues = Values<typeof MINE_FLAGS>;

/**
 * What a run on the local network is to do.
 *
 * @param folder what relative paths are relative to
 * @throws {UsageError} for an unknown model, or flags that do not fit together
 */
export async function trainSettings(values: MineValues, folder: string): Promise<TrainSettings> {
  refuse(values, REMOTE_ONLY, "a swarm elsewhere: name it with --orchestrator, or leave this out");
  const { stages, batch, seq, batchesBeforeMerging } = values;
  return {
    model: await readModel(values.model, folder),
    ...{ stages, batch, seq, batchesBeforeMerging },
    seed: localSeed(values),
    minersPerLayer: values.miners ?? LOCAL.miners,
    mergeEvery: values.mergeEvery ?? LOCAL.mergeEvery,
    steps: values.steps ?? LOCAL.steps,
    validateEvery: values.validateEvery ?? LOCAL.validateEvery,
    checkpointEvery: values.checkpointEvery ?? LOCAL.checkpointEvery,
    learningRate: values.lr,
    precision: precisionOf(values),
  };
}

/** The seed of a local run. */
export function localSeed({ seed }: Pick<MineValues, "seed">): number {
  return seed ?? LOCAL.seed;
}

type FlagKey = keyof typeof MINE_FLAGS;

const LOCAL_ONLY: readonly FlagKey[] = [
  ...["miners", "mergeEvery", "steps", "stages", "lr"] as const,
  ...["validateEvery", "checkpointEvery", "runDir"] as const,
];
/** Of these no published `.env` speaks. */
const REMOTE_ONLY: readonly FlagKey[] = ["splits", "localSteps", "weightsDtype", "tokenizer"];

/** @throws {UsageError} for a flag of the local network */
export function checkRemoteUse(values: MineValues): void {
  refuse(values, LOCAL_ONLY, "the local network, a remote swarm decides itself: leave it out");
}

function refuse(values: MineValues, keys: readonly FlagKey[], where: string): void {
  const wrong = keys.find((key) => values[key] !== undefined);
  if (wrong) throw new UsageError(`--${MINE_FLAGS[wrong].name} is for ${where}`);
}

function localInteger(
  name: string,
  preset: number,
  description: string,
): Flag<number | undefined> {
  return integer({ name, min: 1, default: undefined, defaultText: `${preset}`, description });
}

/**
 * How a run keeps its numbers.
 *
 * @throws {UsageError} if masters are turned off where there are none
 */
export function precisionOf(
  { dtype = "f32", masterWeights }: Pick<MineValues, "dtype" | "masterWeights">,
): PrecisionName {
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
