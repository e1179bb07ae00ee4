/**
 * What a sandbox's process and the miner's tell each other, read strictly on either side.
 *
 * @module
 */

import * as v from "valibot";
import type { SandboxResult } from "../../core/compute/sandbox/job_executor.ts";
import type { SandboxQuota } from "../../core/compute/sandbox/quota.ts";
import {
  readSandboxJob,
  readSandboxOutput,
  sandboxAnswer,
  sandboxFields,
  type SandboxJob,
} from "../../core/compute/sandbox/sandbox_job.ts";
import { pythonDict } from "../../core/compute/synapse/python_fields.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import { BACKENDS } from "../webgpu.ts";

/** Room in a frame for all that is no data. */
const OTHER_BYTES = 65_536;
/** A letter of a text in JSON, at worst `\u0000`. */
const ESCAPED_BYTES = 6;

/** A text of V8 ends at 512 MiB; a request's body at far less. */
export const MAX_FRAME_BYTES: number = 384 * 1024 ** 2;

/** The longest frame that carries a job or its answer. */
export function maxFrameBytes({ bufferBytes, shaderBytes, bindings }: SandboxQuota): number {
  const data = Math.ceil(bufferBytes / 3) * 4 + 8 * bindings;
  return Math.min(data + shaderBytes * ESCAPED_BYTES + OTHER_BYTES, MAX_FRAME_BYTES);
}

const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** The first frame to a process: what it works with. */
export const Hello = v.strictObject({
  backend: v.picklist(BACKENDS),
  quota: v.strictObject({
    ...{ bufferBytes: amount, outputBytes: amount, shaderBytes: amount, bindings: amount },
    ...{ workgroups: amount, jobMs: amount, dayMs: amount, openJobs: amount },
  }),
});

/** See {@linkcode Hello}. */
export type HelloMessage = v.InferOutput<typeof Hello>;

/** The first frame of a process: whether it has a device. */
const Ready = v.strictObject({ ready: v.boolean(), reason: v.string() });

const Asked = v.strictObject({
  limitMs: v.pipe(v.number(), v.finite(), v.gtValue(0)),
  job: pythonDict,
});

/** `isMistake`: the job has a mistake, and what ran it is as good as before. */
const Answered = v.strictObject({ output: pythonDict, isMistake: v.boolean() });

/** A process's first word. */
export function readyMessage(reason = ""): v.InferOutput<typeof Ready> {
  return { ready: reason === "", reason };
}

/** @throws {WeftError} if it has no device, or says something else */
export function checkReady(data: unknown): void {
  const { ready, reason } = read(Ready, data);
  if (!ready) throw new WeftError(`the sandbox has no GPU: ${oneLine(reason)}`);
}

/** A job as it is sent. */
export function jobMessage(job: SandboxJob, limitMs: number): v.InferOutput<typeof Asked> {
  return { limitMs, job: sandboxFields(job).job };
}

/** @throws {WeftError} for what is no such message */
export function readJobMessage(
  data: unknown,
): { readonly limitMs: number; readonly job: SandboxJob } {
  const { limitMs, job } = read(Asked, data);
  return { limitMs, job: readSandboxJob(job) };
}

/** What a job gave, as it is sent. */
export function resultMessage(result: SandboxResult): v.InferOutput<typeof Answered> {
  return { output: sandboxAnswer({ ...result, error: null }), isMistake: false };
}

/** Why a job gave nothing, as it is sent. */
export function failureMessage(error: WeftError): v.InferOutput<typeof Answered> {
  const output = { buffers: new Map(), elapsedMs: 0, error: error.message };
  return { output: sandboxAnswer(output), isMistake: error instanceof UsageError };
}

/**
 * What a job gave.
 *
 * @throws {UsageError} for the job's mistake
 * @throws {WeftError} for its failure, or for what is no such message
 */
export function readResultMessage(data: unknown): SandboxResult {
  const { output, isMistake } = read(Answered, data);
  const { error, ...result } = readSandboxOutput(output);
  if (error === null) return result;
  throw isMistake ? new UsageError(oneLine(error)) : new WeftError(oneLine(error));
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, data, { abortEarly: true });
  if (result.success) return result.output;
  throw new WeftError(`a message is not as expected: ${oneLine(result.issues[0].message)}`);
}

const MAX_LINE_LETTERS = 2000;

/** As one line of bounded length. */
export function oneLine(text: string, maxLetters = MAX_LINE_LETTERS): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").trim().slice(0, maxLetters);
}
