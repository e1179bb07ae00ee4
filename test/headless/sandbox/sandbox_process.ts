/**
 * Sandboxes whose jobs run in real processes.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { DEFAULT_QUOTA, type SandboxQuota } from "../../../core/compute/sandbox/quota.ts";
import { type GpuTurn, Sandbox } from "../../../core/compute/sandbox/sandbox.ts";
import type { SandboxJob } from "../../../core/compute/sandbox/sandbox_job.ts";
import { processClock } from "../../../headless/deno_host.ts";
import { ProcessExecutor } from "../../../headless/sandbox/process_executor.ts";
import type { Backend } from "../../../headless/webgpu.ts";
import { KeptLog } from "../../harness/kept_log.ts";

/** Does what a job's shader names. */
export const BAD_CHILD: string = fileURLToPath(new URL("./bad_child.ts", import.meta.url));

/** What a test may want otherwise. */
export interface ProcessChanges {
  readonly backend?: Backend;
  readonly program?: string;
  readonly quota?: Partial<SandboxQuota>;
  readonly slice?: GpuTurn;
}

/** A sandbox while the work is done. */
export async function withSandbox(
  changes: ProcessChanges,
  work: (sandbox: Sandbox, log: KeptLog) => Promise<void>,
): Promise<void> {
  const { backend = "wgpu", program, slice } = changes;
  const log = new KeptLog();
  const quota = { ...DEFAULT_QUOTA, ...changes.quota };
  const clock = processClock;
  const sandbox = new Sandbox({
    ...{ clock, quota, ...slice && { slice } },
    executor: new ProcessExecutor({ backend, quota, clock, log, ...program && { program } }),
  });
  try {
    await work(sandbox, log);
  } finally {
    await sandbox.close();
  }
}

/** A job of one word that runs this text. */
export function textJob(shader: string, timeoutMs = 10_000): SandboxJob {
  return {
    ...{ shader, entryPoint: "main", workgroups: [1, 1, 1], timeoutMs },
    buffers: [{ binding: 0, kind: "output", sizeBytes: 4 }],
  };
}

/** Writes a number. */
export function honestJob(value: number): SandboxJob {
  return textJob(`
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = ${value}u; }`);
}

/** Never ends: one loop is enough on a GPU, but lavapipe leaves a loop after 65,535 turns. */
export function endlessJob(timeoutMs = 100): SandboxJob {
  const job = textJob(
    `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64) fn main() {
  loop { out[0] = out[0] * 3u + 1u; if (out[0] == 0u) { break; } }
}`,
    timeoutMs,
  );
  return { ...job, workgroups: [65_535, 64, 1] };
}

/** The first byte of output 0. */
export async function firstByte(
  result: Promise<{ readonly buffers: ReadonlyMap<number, Uint8Array> }>,
): Promise<number | undefined> {
  return (await result).buffers.get(0)?.[0];
}
