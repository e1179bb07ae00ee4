/**
 * What a swarm trains, as flags have it.
 *
 * @module
 */

import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import { checkModelConfig, type Split } from "../../core/model/config.ts";
import { findPreset, type Preset } from "../../core/model/presets.ts";
import { readModelFile } from "../model_file.ts";
import type { ValidateIotaValues } from "./flags.ts";

/** What suits a model that comes from a file: as the published ones. */
const FILE_PRESET = { batch: 1, seq: 800, batchesBeforeMerging: 10 };

/**
 * The settings of the flags.
 *
 * @param folder what a relative path is relative to
 * @throws {UsageError} for an unknown model, or flags that do not fit together
 */
export async function trainingSettings(
  values: ValidateIotaValues,
  folder: string,
): Promise<TrainingSettings> {
  const { model, ...preset } = await readModel(values, folder);
  const globalOptimizerSteps = values.batchesBeforeMerging ?? preset.batchesBeforeMerging;
  const localOptimizerSteps = values.localSteps ?? globalOptimizerSteps;
  if (localOptimizerSteps > globalOptimizerSteps) {
    throw new UsageError(
      `--local-steps ${localOptimizerSteps} is more than --batches-before-merging ` +
        `${globalOptimizerSteps}: give as many or less`,
    );
  }
  const { maxCachedActivations, cacheTimeoutMs } = PUBLISHED_SWARM;
  return {
    ...{ model, batch: values.batch ?? preset.batch, seq: values.seq ?? preset.seq },
    ...{ globalOptimizerSteps, localOptimizerSteps, weightsDtype: values.weightsDtype },
    ...{ maxCachedActivations, cacheTimeoutMs },
  };
}

async function readModel(
  { model: name, splits: cuts }: ValidateIotaValues,
  folder: string,
): Promise<Omit<Preset, "learningRate">> {
  const splits = cuts && splitsAt(cuts);
  if (name.toLowerCase().endsWith(".json")) {
    return { model: await readModelFile(resolve(folder, name), splits), ...FILE_PRESET };
  }
  const preset = findPreset(name);
  if (!splits) return preset;
  const model = { ...preset.model, splits };
  checkModelConfig(model);
  return { ...preset, model };
}

/** Cuts at 2 and 4 are layers from -1 to 2, 2 to 4 and 4 to -1, as the published JSON has them. */
function splitsAt(cuts: readonly number[]): Split[] {
  const borders = [-1, ...cuts.toSorted((a, b) => a - b), -1];
  return borders.slice(1).map((end, i): Split => [borders[i], end]);
}
