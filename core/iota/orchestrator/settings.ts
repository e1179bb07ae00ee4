/**
 * Every threshold of a swarm. The defaults are the published ones.
 *
 * Source: macrocosm-os/iota @ 56aee24, `settings.py`, `orchestrator/orchestrator.py`.
 *
 * @module
 */

import type { ModelConfig } from "../../model/config.ts";
import type { Schedule } from "../../model/schedule.ts";

/** The dtypes in which weights and optimizer state may travel. */
export type WeightsDtype = "bfloat16" | "float32";

/** What a swarm trains and how; every member must go by it. */
export interface TrainingSettings {
  readonly model: ModelConfig;
  /** Samples of a batch, and tokens of a sample. */
  readonly batch: number;
  readonly seq: number;
  /** `BATCHES_BEFORE_MERGING`: backwards of a miner from one merge to the next. */
  readonly globalOptimizerSteps: number;
  /** Backwards before a miner's own optimizer step; as many as above leaves it to the merge. */
  readonly localOptimizerSteps: number;
  /** The published miner knows bfloat16 only; float32 keeps masters whole in a swarm of Weft's. */
  readonly weightsDtype: WeightsDtype;
  /** Batches that a miner may have between forward and backward. */
  readonly maxCachedActivations: number;
  readonly cacheTimeoutMs: number;
}

/** How the orchestrator runs a swarm. */
export interface SwarmSettings extends TrainingSettings {
  readonly netuid: number;
  /** Decides the weights before the first merge; members are told. */
  readonly seed: number;
  readonly schedule: Schedule;
  /** Optimizer steps that were taken before the swarm began: the schedule goes on from there. */
  readonly stepsBefore: number;
  /** After this time without an upload, work is handed out anew. */
  readonly leaseMs: number;
  /** Activations that may wait for each miner of a layer before the first layer is held back. */
  readonly waitingPerMiner: number;
  /** Batches that are begun from one merge to the next; undefined for no bound. */
  readonly batchesPerRound: number | undefined;
  /** After this time a layer goes back to training. */
  readonly phaseTimeoutMs: number;
  /** Share of all miners that must have their backwards before a merge begins. */
  readonly readyShare: number;
  /** Share of a layer's ready miners that must upload before it merges. */
  readonly uploadedShare: number;
  /** Share of a layer's partitions above which its merge is accepted. */
  readonly mergedShare: number;
  /** Up to this many miners every pair of a layer has a chunk; above, neighbours in a ring. */
  readonly allPairsUpTo: number;
  /** Whether activations are looked into (shape, dtype, NaN) before others get them. */
  readonly inspectsActivations: boolean;
  /** A miner that has not asked for this long is gone: its work is handed out anew. */
  readonly goneAfterMs: number;
  /** Share of a layer's rounds in which a validator tracks one of its miners. */
  readonly spotCheckShare: number;
  readonly scoreValidityMs: number;
  readonly weightsIntervalMs: number;
  /** With N, all but 1/N of the weights goes to the burn uid; 1 burns nothing. */
  readonly burnFactor: number;
  readonly burnUid: number;
  /** Rate limits of all routes are multiplied by this; infinity for none. */
  readonly rateFactor: number;
  /** Whether a hotkey must be in the subnet's metagraph. */
  readonly membersOnly: boolean;
}

/** The published settings but for what is trained. */
export const PUBLISHED_SWARM = {
  netuid: 9,
  seed: 42,
  stepsBefore: 0,
  globalOptimizerSteps: 10,
  localOptimizerSteps: 10,
  weightsDtype: "bfloat16",
  maxCachedActivations: 2,
  cacheTimeoutMs: 1_200_000,
  leaseMs: 60_000,
  waitingPerMiner: 2,
  batchesPerRound: undefined,
  phaseTimeoutMs: 10_800_000,
  readyShare: 0.8,
  uploadedShare: 0.8,
  mergedShare: 0.3,
  allPairsUpTo: 16,
  inspectsActivations: true,
  goneAfterMs: 300_000,
  spotCheckShare: 1,
  scoreValidityMs: 36_000_000,
  weightsIntervalMs: 3_600_000,
  burnFactor: 5,
  burnUid: 209,
  rateFactor: 1,
  membersOnly: true,
} as const satisfies Omit<SwarmSettings, "model" | "batch" | "seq" | "schedule">;

/**
 * The number of the optimizer step that a miner is about to take, counted from 1 over the whole run.
 *
 * @param merges of its layer so far
 * @param backwards of the miner since the last of them
 */
export function stepNumber(
  { stepsBefore, globalOptimizerSteps, localOptimizerSteps }: Pick<
    SwarmSettings,
    "stepsBefore" | "globalOptimizerSteps" | "localOptimizerSteps"
  >,
  merges: number,
  backwards: number,
): number {
  const perMerge = Math.max(1, Math.floor(globalOptimizerSteps / localOptimizerSteps));
  const sinceMerge = Math.floor(backwards / localOptimizerSteps);
  return stepsBefore + merges * perMerge + Math.min(Math.max(sinceMerge, 1), perMerge);
}
