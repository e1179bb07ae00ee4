/**
 * What is a job on the wire, and what is none.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  readSandboxJob,
  readSandboxOutput,
  SANDBOX_JOB,
  sandboxAnswer,
  sandboxFields,
  type SandboxJob,
} from "../../../core/compute/sandbox/sandbox_job.ts";
import { bodyHash, createSynapse } from "../../../core/compute/synapse/synapse.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { type PythonData, PythonFloat, pythonJson } from "../../../core/formats/python_json.ts";
import { readJson } from "../../../core/formats/python_json_reader.ts";

const JOB: SandboxJob = {
  shader: "fn main() {} // '\"\n\u{1f600}",
  entryPoint: "main",
  buffers: [
    { binding: 0, kind: "read", sizeBytes: 8, data: Uint8Array.of(1, 2, 255) },
    { binding: 7, kind: "output", sizeBytes: 4 },
  ],
  workgroups: [1, 65535, 3],
  timeoutMs: 250,
};
const BUFFER = { binding: 0, kind: "output", size_bytes: 8, data: null };
const WIRE = {
  ...{ shader: "x", entry_point: "main", buffers: [BUFFER], workgroups: [1, 1, 1] },
  timeout_ms: 1,
};

test("a job comes back from JSON as it was", () => {
  const { job } = sandboxFields(JOB);
  assert.deepEqual(readSandboxJob(readJson(pythonJson(job)).asSent), JOB);
});

test("the body hash changes with whatever is in a job, and not with the answer", () => {
  const hashOf = (job: SandboxJob, output: Record<string, PythonData> = {}): string =>
    bodyHash(createSynapse(SANDBOX_JOB, { ...sandboxFields(job), output }));
  const changes: readonly Partial<SandboxJob>[] = [
    { shader: "x" },
    { entryPoint: "other" },
    { workgroups: [1, 1, 1] },
    { timeoutMs: 251 },
    { buffers: JOB.buffers.slice(1) },
    { buffers: [{ ...JOB.buffers[0], data: Uint8Array.of(1, 2, 254) }, JOB.buffers[1]] },
  ];
  const hashes = [JOB, ...changes.map((change) => ({ ...JOB, ...change }))].map((job) =>
    hashOf(job)
  );
  assert.lengthOf([...new Set(hashes)], changes.length + 1);
  assert.equal(hashOf(JOB, { error: "x" }), hashes[0]);
});

const BAD: readonly (readonly [string, PythonData, string])[] = [
  ["a text", "x", "job: an object is expected"],
  ["an empty object", {}, 'job.shader: the field "shader" is missing'],
  ["a field that is not known", { ...WIRE, more: 1 }, 'job.more: there is no field "more"'],
  ["no shader", { ...WIRE, shader: "" }, "job.shader: WGSL text is expected"],
  ["a shader of bytes", { ...WIRE, shader: [1] }, "job.shader: WGSL text is expected"],
  ["an entry point with a space", { ...WIRE, entry_point: "a b" }, "job.entry_point: a function's"],
  ["an entry point of 65 letters", { ...WIRE, entry_point: "a".repeat(65) }, "job.entry_point"],
  ["buffers as an object", { ...WIRE, buffers: {} }, "job.buffers: a list of buffers is expected"],
  ["no buffer", { ...WIRE, buffers: [] }, "job.buffers: no buffer is an output"],
  ["no output", changed({ kind: "storage" }), "job.buffers: no buffer is an output"],
  ["a binding twice", { ...WIRE, buffers: [BUFFER, BUFFER] }, "two buffers have the same binding"],
  [
    "a binding below zero",
    changed({ binding: -1 }),
    "job.buffers.0.binding: a whole number from 0",
  ],
  ["a binding of 1000", changed({ binding: 1000 }), "job.buffers.0.binding"],
  ["a binding as a text", changed({ binding: "0" }), "job.buffers.0.binding"],
  ["a binding as a float", changed({ binding: new PythonFloat(0) }), "job.buffers.0.binding"],
  ["a kind that is none", changed({ kind: "texture" }), "job.buffers.0.kind: one of storage, read"],
  ["no bytes", changed({ size_bytes: 0 }), "job.buffers.0.size_bytes"],
  ["six bytes", changed({ size_bytes: 6 }), "a multiple of four bytes is expected"],
  ["too many bytes", changed({ size_bytes: 2 ** 32 + 4 }), "job.buffers.0.size_bytes"],
  ["bytes as a bigint", changed({ size_bytes: 2n ** 70n }), "job.buffers.0.size_bytes"],
  ["a flag as a size", changed({ size_bytes: true }), "job.buffers.0.size_bytes"],
  ["data that are no text", changed({ data: 5 }), "job.buffers.0.data: base64 is expected"],
  ["data with a space", changed({ data: "AA AA" }), "job.buffers.0.data: it is no base64"],
  ["data cut short", changed({ data: "AAAAA" }), "job.buffers.0.data: it is no base64"],
  ["base64 for addresses", changed({ data: "_-AA" }), "job.buffers.0.data: it is no base64"],
  ["too many data", changed({ data: "AAAAAAAAAAAA" }), "9 bytes of data do not fit into 8"],
  ["a field of a buffer", changed({ usage: 1 }), 'job.buffers.0.usage: there is no field "usage"'],
  ["two dimensions", { ...WIRE, workgroups: [1, 1] }, "job.workgroups.2"],
  ["four dimensions", { ...WIRE, workgroups: [1, 1, 1, 1] }, "job.workgroups"],
  ["no workgroup", { ...WIRE, workgroups: [1, 0, 1] }, "job.workgroups.1: a whole number from 1"],
  ["too many workgroups", { ...WIRE, workgroups: [65536, 1, 1] }, "job.workgroups.0"],
  ["no time", { ...WIRE, timeout_ms: 0 }, "job.timeout_ms: a whole number from 1"],
  ["more than a day", { ...WIRE, timeout_ms: 86_400_001 }, "job.timeout_ms"],
  ["a time without end", { ...WIRE, timeout_ms: new PythonFloat(Infinity) }, "job.timeout_ms"],
];

function changed(change: Record<string, PythonData>): PythonData {
  return { ...WIRE, buffers: [{ ...BUFFER, ...change }] };
}

for (const [what, data, message] of BAD) {
  test(`readSandboxJob() refuses ${what}`, () => {
    const error = catching(() => readSandboxJob(data));
    assert.instanceOf(error, UsageError);
    assert.include(error.message, message);
    assert.isBelow(error.message.length, 250);
  });
}

test("a refusal is one short line whatever was sent", () => {
  const error = catching(() => readSandboxJob({ ...WIRE, [`a\nb\u0007${"c".repeat(9999)}`]: 1 }));
  assert.match(error.message, /^job\.a b c+$/);
  assert.isBelow(error.message.length, 250);
});

test("an answer comes back as it was", () => {
  const output = {
    ...{ buffers: new Map([[7, Uint8Array.of(1, 2, 3, 4)]]), elapsedMs: 12, error: null },
  };
  const sent = readJson(pythonJson(sandboxAnswer({ ...output, elapsedMs: 12.4 }))).asSent;
  assert.deepEqual(readSandboxOutput(sent), output);
});

test("readSandboxOutput() refuses what is no answer", () => {
  const answer = { buffers: {}, elapsed_ms: 1, error: null };
  const bad: readonly PythonData[] = [
    ...[{}, null, { ...answer, error: 5 }, { ...answer, elapsed_ms: -1 }, { ...answer, x: 1 }],
    ...[{ ...answer, buffers: { a: "" } }, { ...answer, buffers: { 1: "*" } }],
  ];
  for (const data of bad) assert.throws(() => readSandboxOutput(data), WeftError, /^output/);
});

function catching(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("an error was expected");
}
