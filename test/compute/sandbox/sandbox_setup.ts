/**
 * Sandboxes on the host's two WebGPU implementations, jobs for them, and a GPU that hangs.
 *
 * @module
 */

import { test } from "#test";
import { DEFAULT_QUOTA, type SandboxQuota } from "../../../core/compute/sandbox/quota.ts";
import type { SandboxResult } from "../../../core/compute/sandbox/job_executor.ts";
import { JobRunner } from "../../../core/compute/sandbox/job_runner.ts";
import { type GpuTurn, Sandbox } from "../../../core/compute/sandbox/sandbox.ts";
import type { SandboxBuffer, SandboxJob } from "../../../core/compute/sandbox/sandbox_job.ts";
import type { Clock, WebGpu } from "../../../core/host.ts";
import { BACKENDS, loadWebGpu } from "../../../headless/webgpu.ts";
import { overriding } from "../../harness/shared_gpu.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

// At import: Deno counts a library that a test opens as a leak of that test.
const webgpus = await Promise.all(BACKENDS.map(loadWebGpu));

/** Registers a test on some implementation. */
export type GpuTest = (name: string, body: (setup: SandboxSetup) => Promise<void>) => void;

/**
 * For each implementation. All tests of one come first: Deno loses seconds where a test on Dawn is
 * followed by one on wgpu.
 */
export const GPU_TESTS: readonly GpuTest[] = webgpus.map((webgpu) => (name, body) =>
  test(`${name} (${webgpu.backend})`, async () => {
    const setup = new SandboxSetup(webgpu);
    try {
      await body(setup);
    } finally {
      await setup.close();
    }
  })
);

/** What a test may want otherwise. */
export interface SandboxChanges {
  readonly quota?: Partial<SandboxQuota>;
  readonly slice?: GpuTurn;
  readonly clock?: Clock;
}

/** See the module. Time stands still unless a test moves it. */
export class SandboxSetup {
  readonly time = new TestTime();
  /** All that were opened. */
  readonly devices: GPUDevice[] = [];
  /** Whether results are waited for in vain. */
  hangs = false;
  readonly #sandboxes: Sandbox[] = [];
  #waits = Promise.withResolvers<void>();

  constructor(readonly webgpu: WebGpu) {}

  sandbox({ quota, slice, clock = this.time }: SandboxChanges = {}): Sandbox {
    const all = { ...DEFAULT_QUOTA, ...quota };
    const webgpu = { backend: "test", gpu: this.#gpu() };
    const sandbox = new Sandbox({
      ...{ clock, quota: all },
      executor: new JobRunner({
        host: { clock, webgpu: () => Promise.resolve(webgpu) },
        quota: all,
      }),
      ...slice && { slice },
    });
    this.#sandboxes.push(sandbox);
    return sandbox;
  }

  /** Resolves when a job waits for a GPU that hangs. */
  async untilItWaits(): Promise<void> {
    await this.#waits.promise;
    this.#waits = Promise.withResolvers();
  }

  async close(): Promise<void> {
    await Promise.all(this.#sandboxes.map((sandbox) => sandbox.close()));
  }

  #gpu(): GPU {
    return overriding(this.webgpu.gpu, {
      requestAdapter: async (options) => {
        const adapter = await this.webgpu.gpu.requestAdapter(options);
        return adapter && overriding(adapter, {
          requestDevice: async (descriptor) =>
            this.#watched(await adapter.requestDevice(descriptor)),
        });
      },
    });
  }

  #watched(device: GPUDevice): GPUDevice {
    this.devices.push(device);
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (mode) => {
        if (!this.hangs) return mapAsync(mode);
        this.#waits.resolve();
        return Promise.withResolvers<undefined>().promise;
      };
      return buffer;
    };
    return device;
  }
}

/** out[i] = a[i] + b[i] + 1 for four values of each. */
export const ADD = `
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  out[id.x] = a[id.x] + b[id.x] + 1u;
}`;

/** A job of one workgroup. */
export function jobOf(
  shader: string,
  buffers: readonly SandboxBuffer[],
  changes: Partial<SandboxJob> = {},
): SandboxJob {
  return {
    shader,
    entryPoint: "main",
    buffers,
    workgroups: [1, 1, 1],
    timeoutMs: 5000,
    ...changes,
  };
}

/** A job with {@linkcode ADD}. */
export function addJob(changes: Partial<SandboxJob> = {}): SandboxJob {
  return jobOf(ADD, [
    words(0, "read", [1, 2, 3, 4]),
    words(1, "read", [10, 20, 30, 40]),
    empty(2, "output", 4),
  ], changes);
}

/** Its result. */
export const ADDED = [12, 23, 34, 45];

/** A job that only writes `value` into its one word. */
export function writeJob(
  value: string,
  before = "",
  changes: Partial<SandboxJob> = {},
): SandboxJob {
  return jobOf(
    `${before}
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { let zero = out[0]; out[0] = ${value}; }`,
    [empty(0, "output", 1)],
    changes,
  );
}

/** A buffer with values. */
export function words(
  binding: number,
  kind: SandboxBuffer["kind"],
  values: readonly number[],
): SandboxBuffer {
  const data = new Uint8Array(Uint32Array.from(values).buffer);
  return { binding, kind, sizeBytes: data.length, data };
}

/** A buffer that begins as zeros. */
export function empty(
  binding: number,
  kind: SandboxBuffer["kind"],
  count: number,
): SandboxBuffer {
  return { binding, kind, sizeBytes: 4 * count };
}

/** An output's values. */
export function valuesOf({ buffers }: SandboxResult, binding: number): number[] {
  const bytes = buffers.get(binding);
  if (bytes === undefined) throw new Error(`there is no output ${binding}`);
  return [...new Uint32Array(bytes.slice().buffer)];
}
