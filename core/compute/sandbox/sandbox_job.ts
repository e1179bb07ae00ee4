/**
 * A job that a renter sends: a WGSL shader, its buffers and its grid; and what comes back.
 *
 * The network has no such synapse; it is ours. The body hash is of the whole job, so that the
 * signature covers it.
 *
 * @module
 */

import { base64Decode, base64Encode } from "@polkadot/util-crypto/base64";
import * as v from "valibot";
import { UsageError, WeftError } from "../../errors.ts";
import type { PythonData } from "../../formats/python_json.ts";
import { pythonDict } from "../synapse/python_fields.ts";
import type { FieldsOf, SynapseKind } from "../synapse/synapse.ts";

/** Run a shader; `output` is the answer. Both are read strictly by the functions below. */
export const SANDBOX_JOB = {
  name: "SandboxJob",
  fields: { job: v.optional(pythonDict, {}), output: v.optional(pythonDict, {}) },
  hashFields: ["job"],
} as const satisfies SynapseKind;

/** Fields of a job's synapse, the answer included. */
export type SandboxFields = FieldsOf<typeof SANDBOX_JOB>;

/** What a shader may do with a buffer; only an `output` is sent back. */
export const BUFFER_KINDS = ["storage", "read", "uniform", "output"] as const;

/** One buffer, bound to group 0. */
export interface SandboxBuffer {
  readonly binding: number;
  /** `storage` and `output` are `read_write`, `read` is `read`. */
  readonly kind: (typeof BUFFER_KINDS)[number];
  /** A multiple of four. */
  readonly sizeBytes: number;
  /** What it begins with; the rest is zero. */
  readonly data?: Uint8Array;
}

/** See the module. */
export interface SandboxJob {
  readonly shader: string;
  readonly entryPoint: string;
  readonly buffers: readonly SandboxBuffer[];
  readonly workgroups: readonly [number, number, number];
  readonly timeoutMs: number;
}

/** What a renter gets: buffers by their binding, or why there are none. */
export interface SandboxOutput {
  readonly buffers: ReadonlyMap<number, Uint8Array>;
  readonly elapsedMs: number;
  readonly error: string | null;
}

/** Bounds of what can be meant; what is allowed here and now is the quota's business. */
const MAX_BINDING = 999;
const MAX_BUFFERS = 1000;
const MAX_BYTES = 2 ** 32;
const MAX_WORKGROUPS = 65_535;
const MAX_TIMEOUT_MS = 86_400_000;

function whole(min: number, max: number): v.GenericSchema<unknown, number> {
  const message = `a whole number from ${min} to ${max} is expected`;
  return v.pipe(
    v.unknown(),
    v.check(
      (data) => Number.isInteger(data) && Number(data) >= min && Number(data) <= max,
      message,
    ),
    v.transform(Number),
  );
}

const bytes = v.pipe(
  v.string("base64 is expected"),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): Uint8Array => {
    try {
      return base64Decode(value);
    } catch {
      addIssue({ message: "it is no base64" });
      return NEVER;
    }
  }),
);

const Buffer = v.pipe(
  v.strictObject({
    binding: whole(0, MAX_BINDING),
    kind: v.picklist(BUFFER_KINDS, `one of ${BUFFER_KINDS.join(", ")} is expected`),
    size_bytes: v.pipe(
      whole(4, MAX_BYTES),
      v.multipleOf(4, "a multiple of four bytes is expected"),
    ),
    data: v.nullish(bytes),
  }, unexpected),
  v.check(({ data, size_bytes }) => (data?.length ?? 0) <= size_bytes, (issue) => {
    const { data, size_bytes } = issue.input;
    return `${data?.length} bytes of data do not fit into ${size_bytes}`;
  }),
  v.transform(({ binding, kind, size_bytes: sizeBytes, data }): SandboxBuffer => (
    { binding, kind, sizeBytes, ...data && { data } }
  )),
);

const Workgroups = v.strictTuple(
  [whole(1, MAX_WORKGROUPS), whole(1, MAX_WORKGROUPS), whole(1, MAX_WORKGROUPS)],
  "a list of three whole numbers is expected",
);

const Job = v.strictObject({
  shader: v.pipe(v.string("WGSL text is expected"), v.nonEmpty("WGSL text is expected")),
  entry_point: v.pipe(
    v.string("a function's name is expected"),
    v.regex(/^[A-Za-z_]\w{0,63}$/, "a function's name is expected"),
  ),
  buffers: v.pipe(
    v.array(Buffer, "a list of buffers is expected"),
    v.maxLength(MAX_BUFFERS, `at most ${MAX_BUFFERS} buffers are expected`),
    v.check(
      (buffers) => new Set(buffers.map(({ binding }) => binding)).size === buffers.length,
      "two buffers have the same binding",
    ),
    v.check((buffers) => buffers.some(({ kind }) => kind === "output"), "no buffer is an output"),
  ),
  workgroups: Workgroups,
  timeout_ms: whole(1, MAX_TIMEOUT_MS),
}, unexpected);

const Output = v.strictObject({
  buffers: v.record(v.pipe(v.string(), v.regex(/^\d{1,3}$/)), bytes),
  elapsed_ms: whole(0, MAX_TIMEOUT_MS),
  error: v.nullable(v.string()),
}, unexpected);

function unexpected({ expected, received }: v.StrictObjectIssue): string {
  if (expected === "never") return `there is no field ${received}`;
  return expected === "Object" ? "an object is expected" : `the field ${expected} is missing`;
}

/**
 * Reads the `job` of a synapse.
 *
 * @throws {UsageError} for what is no job, naming the field
 */
export function readSandboxJob(data: PythonData): SandboxJob {
  const read = v.safeParse(Job, data, { abortEarly: true });
  if (!read.success) throw new UsageError(`job${issueText(read.issues)}`);
  const { shader, entry_point: entryPoint, buffers, workgroups, timeout_ms } = read.output;
  return { shader, entryPoint, buffers, workgroups, timeoutMs: timeout_ms };
}

/** Fields of the synapse that asks for a job. */
export function sandboxFields(job: SandboxJob): SandboxFields {
  const buffers = job.buffers.map(({ binding, kind, sizeBytes, data }): PythonData => (
    { binding, kind, size_bytes: sizeBytes, data: data ? base64Encode(data) : null }
  ));
  return {
    job: {
      shader: job.shader,
      entry_point: job.entryPoint,
      buffers,
      workgroups: [...job.workgroups],
      timeout_ms: job.timeoutMs,
    },
    output: {},
  };
}

/** An answer as it travels; its time is rounded to whole milliseconds. */
export function sandboxAnswer(output: SandboxOutput): SandboxFields["output"] {
  const buffers = [...output.buffers].map(([binding, data]) => [binding, base64Encode(data)]);
  return {
    buffers: Object.fromEntries(buffers),
    elapsed_ms: Math.round(output.elapsedMs),
    error: output.error,
  };
}

/**
 * Reads the `output` of an answered synapse.
 *
 * @throws {WeftError} for what is no answer of a sandbox
 */
export function readSandboxOutput(data: PythonData): SandboxOutput {
  const read = v.safeParse(Output, data, { abortEarly: true });
  if (!read.success) throw new WeftError(`output${issueText(read.issues)}`);
  const { buffers, elapsed_ms: elapsedMs, error } = read.output;
  return {
    buffers: new Map(Object.entries(buffers).map(([name, value]) => [Number(name), value])),
    ...{ elapsedMs, error },
  };
}

const MAX_ISSUE_LETTERS = 200;

/** Of the first issue: where it is and what it is, in one short line, whatever was sent. */
function issueText([{ path, message }]: readonly v.BaseIssue<unknown>[]): string {
  const place = (path ?? []).map(({ key }) => `.${String(key)}`).join("");
  return `${place}: ${message}`.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, MAX_ISSUE_LETTERS);
}
