/**
 * What the flags of `deno task orchestrate` ask a swarm to be.
 *
 * @module
 */

import { resolve } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { UsageError } from "../../core/errors.ts";
import { SPEC_VERSION } from "../../core/iota/api/routes.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../core/iota/orchestrator/settings.ts";
import { checkModelConfig, type ModelConfig, type Split } from "../../core/model/config.ts";
import { findPreset, type Preset } from "../../core/model/presets.ts";
import type { Schedule } from "../../core/model/schedule.ts";
import { readModelFile } from "../model_file.ts";
import type { OrchestrateValues } from "./flags.ts";

/** What suits a model that comes from a file: as the published ones. */
const FILE_PRESET = { batch: 1, seq: 800, learningRate: 2e-4 };

/**
 * The settings of the flags.
 *
 * @param folder what relative paths are relative to
 * @throws {UsageError} for an unknown model, or flags that do not fit together
 */
export async function swarmSettings(
  values: OrchestrateValues,
  folder: string,
): Promise<SwarmSettings> {
  const preset = await readPreset(values, folder);
  const { batchesBeforeMerging: globalOptimizerSteps } = values;
  const localOptimizerSteps = values.localOptimizerSteps ?? globalOptimizerSteps;
  if (localOptimizerSteps > globalOptimizerSteps) {
    throw new UsageError(
      `--local-optimizer-steps ${localOptimizerSteps}: expected at most ` +
        `--batches-before-merging, ${globalOptimizerSteps}`,
    );
  }
  return {
    model: preset.model,
    batch: values.batch ?? preset.batch,
    seq: values.seq ?? preset.seq,
    schedule: schedule(values, preset.learningRate),
    stepsBefore: values.stepsBefore,
    ...{ globalOptimizerSteps, localOptimizerSteps },
    ...{ weightsDtype: values.weightsDtype, seed: values.seed },
    ...thresholds(values),
    ...rewards(values),
  };
}

/**
 * What clients repeat in `X-Orchestrator-Version`: the same after a restart, another one for another
 * training, which makes all register anew.
 */
export function swarmVersion(settings: SwarmSettings): string {
  const { model, batch, seq, globalOptimizerSteps, localOptimizerSteps, weightsDtype } = settings;
  const what = JSON.stringify([
    ...[model, batch, seq, globalOptimizerSteps, localOptimizerSteps, weightsDtype],
  ]);
  return `${SPEC_VERSION}-${bytesToHex(sha256(new TextEncoder().encode(what))).slice(0, 8)}`;
}

function thresholds(values: OrchestrateValues): Pick<
  SwarmSettings,
  | "maxCachedActivations"
  | "cacheTimeoutMs"
  | "leaseMs"
  | "waitingPerMiner"
  | "batchesPerRound"
  | "phaseTimeoutMs"
  | "readyShare"
  | "uploadedShare"
  | "mergedShare"
  | "allPairsUpTo"
  | "inspectsActivations"
  | "goneAfterMs"
  | "rateFactor"
> {
  const { waitingPerMiner, batchesPerRound, allPairsUpTo, rateFactor } = values;
  const { readyShare, uploadedShare, mergedShare } = values;
  return {
    maxCachedActivations: values.cacheSize,
    cacheTimeoutMs: values.cacheTimeout,
    leaseMs: values.lease,
    phaseTimeoutMs: values.phaseTimeout,
    inspectsActivations: values.inspect,
    goneAfterMs: values.goneAfter,
    ...{ waitingPerMiner, batchesPerRound, allPairsUpTo, rateFactor },
    ...{ readyShare, uploadedShare, mergedShare },
  };
}

function rewards(values: OrchestrateValues): Pick<
  SwarmSettings,
  | "netuid"
  | "spotCheckShare"
  | "scoreValidityMs"
  | "weightsIntervalMs"
  | "burnFactor"
  | "burnUid"
  | "membersOnly"
> {
  const { netuid, burnUid } = values;
  const usualBurn = netuid === PUBLISHED_SWARM.netuid ? PUBLISHED_SWARM.burnFactor : 1;
  return {
    ...{ netuid, burnUid },
    burnFactor: values.burnFactor ?? usualBurn,
    spotCheckShare: values.checkShare,
    scoreValidityMs: values.scoreValidity,
    weightsIntervalMs: values.weightsInterval,
    membersOnly: !values.open,
  };
}

/** @throws {UsageError} if the parts are longer than the whole */
function schedule(values: OrchestrateValues, learningRate: number): Schedule {
  const { lrWarmup: warmupSteps, lrPlateau: plateauSteps, lrTotal: totalSteps } = values;
  if (warmupSteps + plateauSteps >= totalSteps) {
    throw new UsageError(
      `--lr.warmup ${warmupSteps} and --lr.plateau ${plateauSteps} leave nothing of --lr.total ` +
        `${totalSteps}: make it longer`,
    );
  }
  return { peak: values.lr ?? learningRate, warmupSteps, plateauSteps, totalSteps };
}

async function readPreset(
  values: OrchestrateValues,
  folder: string,
): Promise<Omit<Preset, "batchesBeforeMerging">> {
  const splits = values.splits && splitsOf(values.splits);
  if (values.model.toLowerCase().endsWith(".json")) {
    const model = await readModelFile(resolve(folder, values.model), splits);
    return { model, ...FILE_PRESET };
  }
  const preset = findPreset(values.model);
  return splits ? { ...preset, model: cut(preset.model, splits) } : preset;
}

/** Cuts at 2 and 4 are layers from -1 to 2, 2 to 4 and 4 to -1, as the published JSON has them. */
function splitsOf(cuts: readonly number[]): Split[] {
  const borders = [-1, ...[...cuts].sort((a, b) => a - b), -1];
  return borders.slice(1).map((end, i): Split => [borders[i], end]);
}

function cut(model: ModelConfig, splits: readonly Split[]): ModelConfig {
  const config = { ...model, splits };
  checkModelConfig(config);
  return config;
}
