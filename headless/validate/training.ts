/**
 * What a swarm trains: as flags say, as its orchestrator tells, or as the published one does.
 *
 * @module
 */

import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import { checkModelConfig, type ModelConfig, type Split } from "../../core/model/config.ts";
import { findPreset, type Preset } from "../../core/model/presets.ts";
import { readModelFile } from "../model_file.ts";
import { PUBLISHED_MODEL, type ValidateIotaValues } from "./flags.ts";
import type { SwarmFacts } from "../../core/node/swarm_facts.ts";

/** What suits a model that comes from a file: as the published ones. */
const FILE_PRESET = { batch: 1, seq: 800, batchesBeforeMerging: 10 };

/** The flags that say what is trained; undefined where the user said nothing. */
export type TrainingValues = Pick<
  ValidateIotaValues,
  "model" | "batch" | "seq" | "splits" | "batchesBeforeMerging" | "localSteps" | "weightsDtype"
>;

/**
 * The settings. A flag goes before what the orchestrator tells.
 *
 * @param folder what a relative path is relative to
 * @param facts what the orchestrator tells, if it does
 * @throws {UsageError} for an unknown model, or flags that do not fit together
 */
export async function trainingSettings(
  values: TrainingValues,
  folder: string,
  facts?: SwarmFacts,
): Promise<TrainingSettings> {
  const { model, ...preset } = await readModel(values, folder, facts);
  const usual = facts ?? { ...PUBLISHED_SWARM, ...preset };
  const globalOptimizerSteps = values.batchesBeforeMerging ?? facts?.globalOptimizerSteps ??
    preset.batchesBeforeMerging;
  // Of fewer batches than the orchestrator's no more can make a step.
  const told = Math.min(facts?.localOptimizerSteps ?? Infinity, globalOptimizerSteps);
  const localOptimizerSteps = values.localSteps ?? told;
  if (localOptimizerSteps > globalOptimizerSteps) {
    throw new UsageError(
      `--local-steps ${localOptimizerSteps} is more than --batches-before-merging ` +
        `${globalOptimizerSteps}: give as many or less`,
    );
  }
  return {
    ...{ model, batch: values.batch ?? usual.batch, seq: values.seq ?? usual.seq },
    ...{ globalOptimizerSteps, localOptimizerSteps },
    weightsDtype: values.weightsDtype ?? usual.weightsDtype,
    maxCachedActivations: usual.maxCachedActivations,
    cacheTimeoutMs: PUBLISHED_SWARM.cacheTimeoutMs,
  };
}

type UsualTraining = Omit<Preset, "learningRate">;

async function readModel(
  { model: name, splits: cuts }: TrainingValues,
  folder: string,
  facts: SwarmFacts | undefined,
): Promise<UsualTraining> {
  const splits = cuts && splitsAt(cuts);
  if (name?.toLowerCase().endsWith(".json")) {
    return { model: await readModelFile(resolve(folder, name), splits), ...FILE_PRESET };
  }
  const known = name === undefined && facts
    ? { ...FILE_PRESET, model: facts.model }
    : findPreset(name ?? PUBLISHED_MODEL);
  return splits ? { ...known, model: cut(known.model, splits) } : known;
}

/** @throws {UsageError} if the model has no such blocks */
function cut(model: ModelConfig, splits: readonly Split[]): ModelConfig {
  const config = { ...model, splits };
  checkModelConfig(config);
  return config;
}

/** Cuts at 2 and 4 are layers from -1 to 2, 2 to 4 and 4 to -1, as the published JSON has them. */
function splitsAt(cuts: readonly number[]): Split[] {
  const borders = [-1, ...cuts.toSorted((a, b) => a - b), -1];
  return borders.slice(1).map((end, i): Split => [borders[i], end]);
}
