/**
 * The settings of a swarm that runs on one machine.
 *
 * @module
 */
import { PUBLISHED_SWARM, type SwarmSettings } from "../iota/orchestrator/settings.ts";
import type { NetworkOptions } from "./training_network.ts";

/**
 * Batches that each miner may have on their way: while one waits for the host and one for the
 * network, another keeps the GPU busy.
 */
export const IN_FLIGHT = 3;

/** No member of the swarm goes away by itself, and a slow adapter needs its time. */
const PATIENCE_MS = 3_600_000;
/** What the validator takes is missing elsewhere: it is one of few who share a device. */
const CHECKED_SHARE = { hardware: 0.1, software: 0.02 };

/**
 * Vectors travel in f32, so that nothing is lost by merging. With one miner a layer the batches of a
 * round are counted: how a run goes depends on nothing else then.
 *
 * @param stepsBefore optimizer steps of the run that were taken before
 */
export function swarmSettings(
  options: NetworkOptions,
  stepsBefore: number,
  isSoftware: boolean,
): SwarmSettings {
  const { model, batch, seq, schedule, seed } = options;
  const { batchesBeforeMerging, mergeEvery, minersPerLayer } = options;
  const globalOptimizerSteps = batchesBeforeMerging * mergeEvery;
  return {
    ...PUBLISHED_SWARM,
    ...{ model, batch, seq, schedule, seed, stepsBefore, globalOptimizerSteps },
    localOptimizerSteps: batchesBeforeMerging,
    maxCachedActivations: IN_FLIGHT,
    weightsDtype: "float32",
    batchesPerRound: minersPerLayer === 1 ? globalOptimizerSteps : undefined,
    // Whoever is slow is waited for: its work would be lost otherwise.
    readyShare: 1,
    leaseMs: PATIENCE_MS,
    goneAfterMs: PATIENCE_MS,
    spotCheckShare: options.checkedShare ?? CHECKED_SHARE[isSoftware ? "software" : "hardware"],
    // All members are of one program; what they cannot compute is told by their losses.
    inspectsActivations: false,
    rateFactor: Infinity,
    membersOnly: false,
  };
}
