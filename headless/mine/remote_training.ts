/**
 * What a miner of a swarm elsewhere trains: as its orchestrator tells, as the flags say, or as the
 * published one does.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import { publishedTraining } from "../../core/iota/miner/swarm_options.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import type { PrecisionName } from "../../core/model/parameters.ts";
import { countParameters, OWN_PRESETS, PUBLISHED_PRESETS } from "../../core/model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../../core/model/schedule.ts";
import { type MineValues, precisionOf } from "../mine_settings.ts";
import { swarmVersion } from "../orchestrate/swarm_settings.ts";
import { trainingSettings } from "../validate/training.ts";
import { UNSAID } from "./remote_flags.ts";
import type { SwarmFacts } from "./swarm_facts.ts";

/** See the module. */
export interface RemoteTraining {
  readonly training: TrainingSettings;
  readonly precision: PrecisionName;
  /** Decides the weights before the first merge: every miner of a layer begins with the same. */
  readonly seed: number;
}

/**
 * The settings.
 *
 * @param folder what a relative path is relative to
 * @param facts what the orchestrator tells, if it does
 * @throws {UsageError} if flags do not fit together, or not what the orchestrator tells
 */
export async function remoteTraining(
  values: MineValues,
  folder: string,
  facts: SwarmFacts | undefined,
): Promise<RemoteTraining> {
  const known = facts ?? publishedTraining(values.mock);
  const settings = await trainingSettings({
    ...UNSAID,
    model: values.model === "auto" ? modelOf(facts, values.mock) : values.model,
    batch: values.batch ?? known.batch,
    seq: values.seq ?? known.seq,
    splits: values.splits,
    batchesBeforeMerging: values.batchesBeforeMerging ?? batchesOf(known),
    localSteps: values.localSteps,
    weightsDtype: values.weightsDtype ?? UNSAID.weightsDtype,
  }, folder);
  const training = { ...settings, maxCachedActivations: values.cacheSize };
  if (facts) checkSame(training, facts);
  // Published miners compute in bfloat16, and take no other activations.
  const dtype = values.dtype ?? (training.weightsDtype === "bfloat16" ? "bf16" : "f32");
  return {
    training,
    precision: precisionOf({ ...values, dtype }),
    seed: values.seed ?? UNSAID.seed,
  };
}

/**
 * The version by which an orchestrator of Weft's with these settings goes. It shows whether the
 * settings that it does not tell are the same.
 */
export function versionOf(training: TrainingSettings): string {
  return swarmVersion({ ...PUBLISHED_SWARM, ...training, schedule: { ...SCHEDULE } });
}

/** Not part of the version. */
const SCHEDULE = { ...PUBLISHED_SCHEDULE, peak: 1, warmupSteps: 1 };

function batchesOf(known: SwarmFacts | TrainingSettings): number {
  return "version" in known ? known.batchesBeforeMerging : known.globalOptimizerSteps;
}

/** @throws {UsageError} if the orchestrator names a model that only a file tells */
function modelOf(facts: SwarmFacts | undefined, isMock: boolean): string {
  if (!facts) return publishedTraining(isMock).model.name;
  const isKnown = [...OWN_PRESETS, ...PUBLISHED_PRESETS].some(({ model }) =>
    model.name === facts.name
  );
  if (isKnown) return facts.name;
  throw new UsageError(
    `the orchestrator trains a model "${facts.name}", which is known by its file only: give the ` +
      `same file with --model FILE.json`,
  );
}

function checkSame(training: TrainingSettings, facts: SwarmFacts): void {
  const { model, batch, seq, globalOptimizerSteps } = training;
  const pairs: readonly (readonly [flag: string, ours: number, theirs: number, what: string])[] = [
    ["--splits", model.splits.length, facts.layers, "layers"],
    ["--model", countParameters(model), facts.parameters, "parameters"],
    ["--batch", batch, facts.batch, "samples"],
    ["--seq", seq, facts.seq, "tokens"],
    [
      "--batches-before-merging",
      globalOptimizerSteps,
      facts.batchesBeforeMerging,
      "batches",
    ],
  ];
  for (const [flag, ours, theirs, what] of pairs) {
    if (ours === theirs) continue;
    throw new UsageError(
      `${flag}: ${ours} ${what} are none of this swarm, whose orchestrator trains ${facts.name} ` +
        `with ${theirs}: leave the flag out, or give what the orchestrator was started with`,
    );
  }
}
