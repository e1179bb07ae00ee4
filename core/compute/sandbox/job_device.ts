/**
 * A device of one tenant's own, and the jobs it runs. WebGPU is the wall: a shader reaches nothing
 * but the buffers bound to it, all memory begins as zeros, and an index out of bounds goes nowhere.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { WebGpu } from "../../host.ts";
import type { SandboxQuota } from "./quota.ts";
import type { SandboxBuffer, SandboxJob } from "./sandbox_job.ts";

const MAP_READ = 0x01;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const UNIFORM = 0x40;
const STORAGE = 0x80;
const COMPUTE_STAGE = 0x4;

const LAYOUT_TYPES = {
  storage: "storage",
  read: "read-only-storage",
  uniform: "uniform",
  output: "storage",
} as const;

const MAX_MESSAGES = 5;
const MAX_MESSAGE_LETTERS = 300;

/** What the adapter has of these goes to a tenant, as far as its quota lets it use them. */
function wantedLimits({ limits }: GPUAdapter, quota: SandboxQuota): Record<string, number> {
  const bytes = Math.ceil(quota.bufferBytes / 4) * 4;
  return {
    maxBufferSize: Math.min(limits.maxBufferSize, bytes),
    maxStorageBufferBindingSize: Math.min(limits.maxStorageBufferBindingSize, bytes),
    maxStorageBuffersPerShaderStage: Math.min(
      limits.maxStorageBuffersPerShaderStage,
      quota.bindings,
    ),
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  };
}

/** Opens a device with no optional feature: none of them, timers included, is a tenant's need. */
export async function openJobDevice(
  { gpu }: WebGpu,
  quota: SandboxQuota,
  label: string,
): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    throw new WeftError("no WebGPU adapter was found for a job: install the card's driver");
  }
  return await adapter.requestDevice({ label, requiredLimits: wantedLimits(adapter, quota) });
}

/**
 * Compiles and runs a job, and frees all it made but the device.
 *
 * @returns the output buffers by binding
 * @throws {UsageError} for what the job has wrong, in one line: a shader's mistakes with line and
 *   column, a binding that does not fit, memory that is not there
 */
export async function runJob(
  device: GPUDevice,
  job: SandboxJob,
): Promise<ReadonlyMap<number, Uint8Array<ArrayBuffer>>> {
  const module = await compile(device, job.shader);
  const made: GPUBuffer[] = [];
  try {
    const layout = await checked(device, () => createLayout(device, job));
    const pipeline = await createPipeline(device, job, module, layout);
    const staging = await checked(device, () => submit(device, job, pipeline, layout, made));
    return await readOutputs(job, staging);
  } finally {
    for (const buffer of made) buffer.destroy();
  }
}

async function compile(device: GPUDevice, code: string): Promise<GPUShaderModule> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const [problem, info] = await Promise.all([device.popErrorScope(), module.getCompilationInfo()]);
  const errors = info.messages.filter(({ type }) => type === "error");
  if (problem === null && errors.length === 0) return module;
  const places = errors.slice(0, MAX_MESSAGES).map(({ lineNum, linePos, message }) =>
    `${lineNum > 0 ? `line ${lineNum}:${linePos} ` : ""}${plain(message)}`
  );
  throw new UsageError(`shader: ${places.join("; ") || plain(problem?.message ?? "")}`);
}

/** Runs calls whose mistakes a device tells of later. */
async function checked<Result>(device: GPUDevice, work: () => Result): Promise<Result> {
  device.pushErrorScope("internal");
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const result = attempt(work);
  const problems = await Promise.all([
    device.popErrorScope(),
    device.popErrorScope(),
    device.popErrorScope(),
  ]);
  const problem = problems.find((one) => one !== null);
  if (problem) throw new UsageError(`job: ${plain(problem.message)}`);
  return result();
}

/** What work gives or throws, to be had later: the error scopes must be closed first. */
function attempt<Result>(work: () => Result): () => Result {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw new UsageError(`job: ${plain(String(error))}`, { cause: error });
    };
  }
}

function createLayout(device: GPUDevice, { buffers }: SandboxJob): GPUBindGroupLayout {
  return device.createBindGroupLayout({
    entries: buffers.map(({ binding, kind }) => ({
      ...{ binding, visibility: COMPUTE_STAGE, buffer: { type: LAYOUT_TYPES[kind] } },
    })),
  });
}

async function createPipeline(
  device: GPUDevice,
  { entryPoint }: SandboxJob,
  module: GPUShaderModule,
  layout: GPUBindGroupLayout,
): Promise<GPUComputePipeline> {
  return await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint },
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new UsageError(`entry point ${entryPoint}: ${plain(reason)}`, { cause: error });
  });
}

/** Makes the buffers, runs the grid once and copies the outputs, one after the other. */
function submit(
  device: GPUDevice,
  { buffers, workgroups }: SandboxJob,
  pipeline: GPUComputePipeline,
  layout: GPUBindGroupLayout,
  made: GPUBuffer[],
): GPUBuffer {
  const create = (size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size, usage });
    made.push(buffer);
    return buffer;
  };
  const bound = buffers.map((one) => ({ ...one, buffer: create(one.sizeBytes, usageOf(one)) }));
  const outputs = bound.filter(({ kind }) => kind === "output");
  const staging = create(sizeOf(outputs), MAP_READ | COPY_DST);
  for (const { buffer, data } of bound) {
    if (data !== undefined) device.queue.writeBuffer(buffer, 0, padded(data));
  }
  const bindGroup = device.createBindGroup({
    layout,
    entries: bound.map(({ binding, buffer }) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  let at = 0;
  for (const { buffer, sizeBytes } of outputs) {
    encoder.copyBufferToBuffer(buffer, 0, staging, at, sizeBytes);
    at += sizeBytes;
  }
  device.queue.submit([encoder.finish()]);
  return staging;
}

async function readOutputs(
  { buffers }: SandboxJob,
  staging: GPUBuffer,
): Promise<ReadonlyMap<number, Uint8Array<ArrayBuffer>>> {
  await staging.mapAsync(MAP_READ);
  const bytes = staging.getMappedRange().slice(0);
  let at = 0;
  const outputs = buffers.filter(({ kind }) => kind === "output");
  return new Map(outputs.map(({ binding, sizeBytes }) => {
    at += sizeBytes;
    return [binding, new Uint8Array(bytes, at - sizeBytes, sizeBytes)];
  }));
}

function usageOf({ kind }: SandboxBuffer): number {
  return (kind === "uniform" ? UNIFORM : STORAGE) | COPY_SRC | COPY_DST;
}

function sizeOf(buffers: readonly SandboxBuffer[]): number {
  return buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** WebGPU writes whole words. */
function padded(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new Uint8Array(Math.ceil(data.length / 4) * 4);
  words.set(data);
  return words;
}

/** A driver's message without its drawing of the place and the module's name, in one short line. */
function plain(message: string): string {
  return message.split("\n")
    .filter((line) => !/[│┌]/.test(line) && !/^\s*- While /.test(line))
    .join(" ")
    .replace(/Shader '' (?:parsing|validation) error: /, "")
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .trim()
    .slice(0, MAX_MESSAGE_LETTERS);
}
