/**
 * A gradient validator's answers to its orchestrator.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { HttpHandler } from "../../host.ts";
import { type Access, VALIDATOR_ROUTES } from "../api/routes.ts";
import { type ServerOptions, serveRoutes } from "../api/server.ts";
import { type Handlers, Refusal } from "../api/service.ts";
import type { GradientValidator } from "./validator.ts";

/** What {@linkcode validatorServer} works with. */
export interface ValidatorServerOptions extends Pick<ServerOptions, "clock" | "wallClock" | "log"> {
  /** Hotkey of the orchestrator, the only one that may ask. */
  readonly orchestratorKey: string;
}

/** Answers the requests of the orchestrator, as often as it asks, and refuses those of all others. */
export function validatorServer(
  validator: GradientValidator,
  { orchestratorKey, ...options }: ValidatorServerOptions,
): HttpHandler {
  return serveRoutes(VALIDATOR_ROUTES, validatorHandlers(validator), {
    ...options,
    admit: admitOrchestrator(orchestratorKey),
    rateFactor: Infinity,
  });
}

function validatorHandlers(validator: GradientValidator): Handlers<typeof VALIDATOR_ROUTES> {
  return {
    initialize: async ({ body }) => {
      await orUnavailable(validator.track(body));
      return { message: "Gradient validator initialized successfully" };
    },
    forward: ({ query: { activation_uid, direction } }) =>
      validator.pass(activation_uid, direction),
    backward: ({ query: { activation_uid } }) => validator.pass(activation_uid, "backward"),
    validateWeights: ({ query }) =>
      validator.upload({
        weightsUrl: query.weights_path,
        metadataUrl: query.metadata_path,
        optimizerStateUrl: query.optimizer_state_path,
      }),
    status: () => {
      const { hotkey, layer } = validator.status;
      const what = hotkey === null ? "not validating" : "validating";
      return Promise.resolve({
        ...{ status: "healthy", message: `Gradient validator is ${what}` },
        ...{ available: hotkey === null, tracked_miner: hotkey, layer },
      });
    },
  };
}

/** Who may ask: the orchestrator alone, but for what is open to all. */
function admitOrchestrator(
  orchestratorKey: string,
): (hotkey: string, access: Access) => Promise<void> {
  return (hotkey, access) => {
    if (access === "public" || hotkey === orchestratorKey) return Promise.resolve();
    return Promise.reject(
      new Refusal(403, "Access denied. This endpoint is only accessible to the orchestrator."),
    );
  };
}

/** What failed for want of something outside may go well later. */
async function orUnavailable(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof WeftError) || error instanceof Refusal) throw error;
    throw new Refusal(503, error.message);
  }
}
