/**
 * What a miner of a swarm elsewhere trains: as the flags say, as its orchestrator tells, or as the
 * published one does.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import type { Log } from "../../core/host.ts";
import { PUBLISHED_SEED, publishedTraining } from "../../core/iota/miner/swarm_options.ts";
import type { TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import type { SwarmFacts } from "../../core/node/swarm_facts.ts";
import type { SwarmTraining } from "../../core/node/swarm_miner.ts";
import { type MineValues, precisionOf } from "../mine_settings.ts";
import { type ToldValues, warnOfOtherFlags } from "../validate/told_flags.ts";
import { trainingSettings } from "../validate/training.ts";

/** What the settings are made with, besides the flags. */
export interface RemoteTrainingOptions {
  /** What a relative path is relative to. */
  readonly folder: string;
  /** What the orchestrator tells, if it does. */
  readonly facts: SwarmFacts | undefined;
  readonly log: Log;
}

/**
 * The settings. A flag wins, and the user is warned where it is not what the orchestrator tells.
 *
 * @throws {UsageError} if flags do not fit together, or the swarm has no work of that shape
 */
export async function remoteTraining(
  values: MineValues,
  { folder, facts, log }: RemoteTrainingOptions,
): Promise<SwarmTraining> {
  const said = { ...values, model: values.model === "auto" ? undefined : values.model };
  const asked = facts ? said : withPublished(said, values.mock);
  const settings = await trainingSettings(asked, folder, facts);
  if (facts) {
    checkSame(settings, facts);
    warnOfOtherFlags(said, settings.model, facts, log);
  }
  const { cacheSize: maxCachedActivations = settings.maxCachedActivations } = values;
  const training = { ...settings, maxCachedActivations };
  // Published miners compute in bfloat16, and take no other activations.
  const dtype = values.dtype ?? (training.weightsDtype === "bfloat16" ? "bf16" : "f32");
  return {
    training,
    precision: precisionOf({ ...values, dtype }),
    seed: values.seed ?? facts?.seed ?? PUBLISHED_SEED,
  };
}

function withPublished(said: ToldValues, isMock: boolean): ToldValues {
  const { model, batch, seq, globalOptimizerSteps } = publishedTraining(isMock);
  return {
    ...said,
    model: said.model ?? model.name,
    ...{ batch: said.batch ?? batch, seq: said.seq ?? seq },
    batchesBeforeMerging: said.batchesBeforeMerging ?? globalOptimizerSteps,
  };
}

/** Of another shape no work is handed out, and none taken. */
function checkSame(training: TrainingSettings, facts: SwarmFacts): void {
  const { model, batch, seq, globalOptimizerSteps } = training;
  const pairs: readonly (readonly [flag: string, ours: number, theirs: number, what: string])[] = [
    ["--splits", model.splits.length, facts.model.splits.length, "layers"],
    ["--batch", batch, facts.batch, "samples"],
    ["--seq", seq, facts.seq, "tokens"],
    [
      "--batches-before-merging",
      globalOptimizerSteps,
      facts.globalOptimizerSteps,
      "batches",
    ],
  ];
  for (const [flag, ours, theirs, what] of pairs) {
    if (ours === theirs) continue;
    throw new UsageError(
      `${flag}: ${ours} ${what} are none of this swarm, whose orchestrator trains ` +
        `${facts.model.name} with ${theirs}: leave the flag out, or give what the orchestrator ` +
        "was started with",
    );
  }
}
