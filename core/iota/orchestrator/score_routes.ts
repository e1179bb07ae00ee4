/**
 * The routes of gradient validators: where they answer, what they have found, and what of it counts.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/api.py`.
 *
 * @module
 */

import type { ROUTES } from "../api/routes.ts";
import type { Handlers } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import type { Scores } from "./scores.ts";
import type { ValidatorPool } from "./validator_pool.ts";

/** Names of these routes. */
export type ScoreRouteName = "registerValidator" | "submitScores" | "globalScores";

/** What these routes work with. */
export interface ScoreParts {
  readonly context: OrchestratorContext;
  readonly scores: Scores;
  readonly pool: ValidatorPool;
}

/** Handlers of these routes. */
export function scoreRoutes(
  { context, scores, pool }: ScoreParts,
): Handlers<Pick<typeof ROUTES, ScoreRouteName>> {
  return {
    registerValidator: async ({ hotkey, query }) => {
      await pool.register(hotkey, query);
      return { message: "Validator registered successfully", version: context.version };
    },
    submitScores: async ({ hotkey, body }) => {
      await scores.submit(hotkey, body);
      return { message: "Miner weights submitted successfully" };
    },
    globalScores: () => scores.global(),
  };
}
