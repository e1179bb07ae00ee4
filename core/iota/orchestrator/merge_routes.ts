/**
 * The routes of merging: phases, uploads, chunks, and merged weights.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/api.py`, `storage/api.py`.
 *
 * @module
 */

import { KNOWN_PHASE_HEADER, type ROUTES } from "../api/routes.ts";
import { type Handlers, Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import type { Merging } from "./merging.ts";
import type { Phases } from "./phases.ts";

/** Names of these routes. */
export type MergeRouteName =
  | "phase"
  | "weightsUploaded"
  | "chunksForMiner"
  | "partitionsUploaded"
  | "layerWeights";

/** What these routes work with. */
export interface MergeParts {
  readonly context: OrchestratorContext;
  readonly phases: Phases;
  readonly merging: Merging;
}

/** Handlers of these routes. */
export function mergeRoutes(
  { context, phases, merging }: MergeParts,
): Handlers<Pick<typeof ROUTES, MergeRouteName>> {
  const known = KNOWN_PHASE_HEADER.toLowerCase();
  return {
    phase: ({ query: { layer }, waitMs, request }) =>
      phases.info(layer, request.headers.get(known) ?? undefined, waitMs, request.signal),
    weightsUploaded: async ({ hotkey, query }) => {
      const success = await merging.upload(hotkey, query);
      return { message: "Weights upload notification processed", success };
    },
    chunksForMiner: ({ hotkey }) => merging.chunksFor(hotkey),
    partitionsUploaded: async ({ hotkey, body }) => {
      await merging.takePartitions(hotkey, body);
      return { message: "Merged partitions taken" };
    },
    layerWeights: async ({ query: { layer } }) => {
      if (layer >= context.settings.model.splits.length) {
        throw new Refusal(404, `There is no layer ${layer}`);
      }
      return await merging.weights(layer);
    },
  };
}
