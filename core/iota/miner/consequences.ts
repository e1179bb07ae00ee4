/**
 * What a failure means for a miner: most concern one piece of work, some the round, the registration
 * or the whole miner.
 *
 * Source: macrocosm-os/iota @ 56aee24, `_make_request` of `miner/api_client.py`, `_handle_bad_state`
 * of `miner/miner.py`. Where the published miner ends its process to be started again, this one
 * registers again.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import {
  RefusedError,
  SpecMismatchError,
  UnansweredError,
  VersionMismatchError,
  WrongPhaseError,
} from "../api/client.ts";
import { Phase } from "../api/schemas.ts";

/** The stage itself has failed; the cause says how. */
export class ComputeError extends WeftError {
  override name = "ComputeError";
}

/** The orchestrator does not know this miner any more. */
export class ForgottenError extends WeftError {
  override name = "ForgottenError";
}

/** What is to be done after a failure. */
export type Consequence =
  /** The next piece of work. */
  | "go on"
  /** See which phase the layer is in. */
  | "look at the phase"
  | "register"
  /** Wait until the orchestrator answers. */
  | "wait"
  | "give up";

/** What follows from something that was thrown. */
export function consequenceOf(error: unknown): Consequence {
  if (!(error instanceof WeftError)) return "give up";
  if (error instanceof ComputeError || error instanceof UsageError) return "give up";
  if (error instanceof SpecMismatchError) return "give up";
  if (error instanceof VersionMismatchError || isForgotten(error)) return "register";
  if (error instanceof UnansweredError) return "wait";
  if (error instanceof WrongPhaseError && namesOtherPhase(error.expected)) {
    return "look at the phase";
  }
  return "go on";
}

/** Runs what the stage does. @throws {ComputeError} for whatever it throws */
export async function compute<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ComputeError(reason, { cause: error });
  }
}

function isForgotten(error: WeftError): boolean {
  if (error instanceof ForgottenError) return true;
  return error instanceof RefusedError && error.status === 404 &&
    error.detail.includes("not found in registry");
}

/** Refusals of a single result come with the same status and another text. */
function namesOtherPhase(expected: string): boolean {
  return Phase.options.some((phase) => phase !== "is_training" && expected.includes(phase));
}
