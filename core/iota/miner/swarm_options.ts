/**
 * What the published swarm trains.
 *
 * Source: macrocosm-os/iota @ 56aee24, `settings.py`.
 *
 * @module
 */

import { findPreset } from "../../model/presets.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../orchestrator/settings.ts";

/** Where the orchestrator of subnet 9 answers. */
export const PUBLISHED_ORCHESTRATOR = "https://iota.api.macrocosmos.ai:443";

/** Decides the weights before the first merge, where nothing else is told. */
export const PUBLISHED_SEED = PUBLISHED_SWARM.seed;

/** Backwards before a merge in a swarm with `MOCK`. */
const MOCK_STEPS = 2;

/** @param isMock as with `MOCK`: the model of 100M and few steps between merges */
export function publishedTraining(isMock = false): TrainingSettings {
  const { model, batch, seq, batchesBeforeMerging } = findPreset(isMock ? "100M" : "15B");
  const steps = isMock ? MOCK_STEPS : batchesBeforeMerging;
  const { weightsDtype, maxCachedActivations, cacheTimeoutMs } = PUBLISHED_SWARM;
  return {
    ...{ model, batch, seq, globalOptimizerSteps: steps, localOptimizerSteps: steps },
    ...{ weightsDtype, maxCachedActivations, cacheTimeoutMs },
  };
}
