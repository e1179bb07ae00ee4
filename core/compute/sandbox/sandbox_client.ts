/**
 * The renter's side: sends a job to an axon, and reads the buffers that come back.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { type AxonTarget, type Dendrite, isSuccess } from "../dendrite.ts";
import { createSynapse } from "../synapse/synapse.ts";
import { readSandboxOutput, SANDBOX_JOB, sandboxFields, type SandboxJob } from "./sandbox_job.ts";

/** For the way there and back, and for jobs of others that come first. */
const PATIENCE_MS = 30_000;

/** How to send a job. */
export interface SandboxCallOptions {
  /** Until the answer is here. @default the job's own time and half a minute */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface SandboxJobResult {
  /** Outputs by binding. */
  readonly buffers: ReadonlyMap<number, Uint8Array>;
  /** Compiling, running and reading on the miner's side, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Runs a job on a miner whose sandbox the dendrite's hotkey has rented.
 *
 * @throws {WeftError} in one line: the axon was not reached, refused the hotkey or answered no
 *   sandbox's answer, or the job has a mistake or failed
 */
export async function runSandboxJob(
  dendrite: Pick<Dendrite, "call">,
  target: AxonTarget,
  job: SandboxJob,
  { timeoutMs = job.timeoutMs + PATIENCE_MS, signal }: SandboxCallOptions = {},
): Promise<SandboxJobResult> {
  const asked = createSynapse(SANDBOX_JOB, sandboxFields(job));
  const answer = await dendrite.call(target, asked, {
    timeoutS: timeoutMs / 1000,
    ...signal && { signal },
  });
  if (!isSuccess(answer)) {
    const { statusCode, statusMessage } = answer.dendrite;
    throw new WeftError(explain(statusCode ?? 0, statusMessage ?? "", target));
  }
  const { buffers, elapsedMs, error } = readSandboxOutput(answer.fields.output);
  if (error !== null) throw new WeftError(`the miner ran no job to its end: ${error}`);
  return { buffers, elapsedMs };
}

/** What an axon's status means here, and what to do. */
function explain(status: number, message: string, { ip, port, hotkey }: AxonTarget): string {
  const who = `${hotkey} at ${ip}:${port}`;
  const reason = message.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, 200);
  switch (status) {
    case 403:
      return `${who} refuses the job: this hotkey holds no reservation of its sandbox, rent it first`;
    case 404:
      return `${who} knows no jobs: it lends no sandbox`;
    case 408:
      return `${who} did not answer in time: other jobs may come first, or the job takes too long`;
    case 413:
      return `${who} refuses the job: its buffers are too large, send less data`;
    case 503:
      return `${who} is not reached: ${reason}`;
    default:
      return `${who} answers ${status}: ${reason}`;
  }
}
