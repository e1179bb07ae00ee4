/**
 * A swarm small and hasty enough for a story.
 *
 * @module
 */

import { PUBLISHED_SWARM, type SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import { tinyModel } from "../../model/tiny_model.ts";

export const [BATCH, SEQ] = [1, 8];

/** Three layers, a merge every three backwards; who is silent for two seconds is gone. */
export const STORY_SWARM: SwarmSettings = {
  ...PUBLISHED_SWARM,
  ...{ model: tinyModel(), batch: BATCH, seq: SEQ, membersOnly: false, rateFactor: Infinity },
  ...{ globalOptimizerSteps: 3, localOptimizerSteps: 3, weightsDtype: "float32" },
  ...{ leaseMs: 2_000, goneAfterMs: 2_000, phaseTimeoutMs: 20_000 },
  schedule: { peak: 1e-3, warmupSteps: 1, plateauSteps: 500, totalSteps: 1000 },
};
