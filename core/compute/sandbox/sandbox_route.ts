/**
 * Answers the jobs of those who hold a reservation.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Log } from "../../host.ts";
import type { AxonCall, AxonRoute } from "../axon/axon.ts";
import { blacklisted } from "../axon/refusal.ts";
import type { Sandbox } from "./sandbox.ts";
import {
  readSandboxJob,
  SANDBOX_JOB,
  sandboxAnswer,
  type SandboxFields,
  type SandboxOutput,
} from "./sandbox_job.ts";

/** A job's buffers as base64. Hashing a body takes about 90 ms for each MiB. */
const MAX_BODY_BYTES = 8 * 1024 ** 2;
const NO_RESERVATION = "Holds no reservation";

/** What the route works with. */
export interface SandboxRouteOptions {
  readonly sandbox: Pick<Sandbox, "run">;
  readonly log: Log;
  /** Whether a hotkey holds a reservation now. */
  readonly mayUse: (hotkey: string) => boolean;
  /** @default {8388608} */
  readonly maxBodyBytes?: number;
}

/**
 * The axon's route: what is wrong with a job, or went wrong, stands in the answer's `error`, and the
 * job itself is not sent back.
 */
export function sandboxRoute(options: SandboxRouteOptions): AxonRoute<typeof SANDBOX_JOB> {
  const { mayUse, maxBodyBytes = MAX_BODY_BYTES } = options;
  return {
    kind: SANDBOX_JOB,
    maxBodyBytes,
    blacklist: (hotkey) => hotkey !== null && mayUse(hotkey) ? undefined : NO_RESERVATION,
    forward: (call) => answer(call, options),
  };
}

async function answer(
  { synapse: { fields }, hotkey, signal }: AxonCall<typeof SANDBOX_JOB>,
  { sandbox, log, mayUse }: SandboxRouteOptions,
): Promise<SandboxFields> {
  // Its reservation may have ended while its request was read.
  if (!mayUse(hotkey)) throw blacklisted(NO_RESERVATION);
  let output: SandboxOutput;
  try {
    const result = await sandbox.run(hotkey, readSandboxJob(fields.job), signal);
    log.info(`sandbox: a job of ${hotkey} took ${Math.round(result.elapsedMs)} ms`);
    output = { ...result, error: null };
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    log.info(`sandbox: a job of ${hotkey} failed: ${error.message}`);
    output = { buffers: new Map(), elapsedMs: 0, error: error.message };
  }
  return { job: {}, output: sandboxAnswer(output) };
}
