/**
 * A WGSL job as a file: JSON with the shader's file, the buffers and the grid.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import * as v from "valibot";
import {
  BUFFER_KINDS,
  type SandboxBuffer,
  type SandboxJob,
} from "../../../core/compute/sandbox/sandbox_job.ts";
import { UsageError } from "../../../core/errors.ts";

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const JobFile = v.strictObject({
  /** Path of the WGSL, from the job file's folder. */
  shader: v.string(),
  entryPoint: v.optional(v.string(), "main"),
  buffers: v.array(v.strictObject({
    binding: whole,
    kind: v.picklist(BUFFER_KINDS),
    /** What the file of `data` has, where there is one. */
    sizeBytes: v.optional(whole),
    /** Path of the bytes that it begins with. */
    data: v.optional(v.string()),
  })),
  workgroups: v.strictTuple([whole, whole, whole]),
  timeoutMs: v.optional(whole, 10_000),
});

/** Reads a job and the files that it names. @throws {UsageError} that says what is wrong */
export async function readJobFile(path: string): Promise<SandboxJob> {
  const read = v.safeParse(
    v.pipe(v.string(), v.parseJson(), JobFile),
    new TextDecoder().decode(await bytesOf(path)),
    { abortEarly: true },
  );
  if (!read.success) {
    const [issue] = read.issues;
    const place = v.getDotPath(issue) ?? "the whole";
    throw new UsageError(`${path} is no job: ${place}: ${issue.message}`);
  }
  const { shader, entryPoint, buffers, workgroups, timeoutMs } = read.output;
  const dir = dirname(path);
  return {
    shader: new TextDecoder().decode(await bytesOf(resolve(dir, shader))),
    buffers: await Promise.all(buffers.map((buffer) => readBuffer(buffer, dir))),
    ...{ entryPoint, workgroups, timeoutMs },
  };
}

async function readBuffer(
  { binding, kind, sizeBytes, data: name }: v.InferOutput<typeof JobFile>["buffers"][number],
  dir: string,
): Promise<SandboxBuffer> {
  const data = name === undefined ? undefined : await bytesOf(resolve(dir, name));
  const size = sizeBytes ?? data?.length;
  if (size === undefined) {
    throw new UsageError(`buffer ${binding} has neither sizeBytes nor data: give one`);
  }
  return { binding, kind, sizeBytes: size, ...data && { data } };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new UsageError(`${path} cannot be read: ${reason}`, { cause: error });
  }
}
