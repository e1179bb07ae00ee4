/**
 * How much of a node a tenant may use.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { Clock } from "../../host.ts";
import type { SandboxJob } from "./sandbox_job.ts";

/** Bounds for each tenant. */
export interface SandboxQuota {
  /** Of all buffers of a job together. */
  readonly bufferBytes: number;
  /** Of all buffers that are sent back; reading them takes as much memory again. */
  readonly outputBytes: number;
  /** In UTF-8. */
  readonly shaderBytes: number;
  readonly bindings: number;
  /** In all: the product of the three. */
  readonly workgroups: number;
  /** Compiling, running and reading one job. */
  readonly jobMs: number;
  /** The same for all jobs of 24 hours. */
  readonly dayMs: number;
  /** Jobs that wait or run. */
  readonly openJobs: number;
}

/** A modest share. An answer of 8 MiB is 11 MiB of base64, which a dendrite takes. */
export const DEFAULT_QUOTA: SandboxQuota = {
  bufferBytes: 256 * 1024 ** 2,
  outputBytes: 8 * 1024 ** 2,
  shaderBytes: 32 * 1024,
  bindings: 8,
  workgroups: 2 ** 22,
  jobMs: 10_000,
  dayMs: 3_600_000,
  openJobs: 16,
};

const DAY_MS = 86_400_000;

/** @throws {UsageError} for a job that asks for more than a tenant may use */
export function checkQuota(job: SandboxJob, quota: SandboxQuota): void {
  const outputs = job.buffers.filter(({ kind }) => kind === "output");
  const [x, y, z] = job.workgroups;
  const sizeOf = (buffers: SandboxJob["buffers"]): number =>
    buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const asked: readonly (readonly [string, number, number])[] = [
    ["bytes of shader text", new TextEncoder().encode(job.shader).length, quota.shaderBytes],
    ["buffers", job.buffers.length, quota.bindings],
    ["bytes of buffers", sizeOf(job.buffers), quota.bufferBytes],
    ["bytes of output", sizeOf(outputs), quota.outputBytes],
    ["workgroups", x * y * z, quota.workgroups],
    ["milliseconds", job.timeoutMs, quota.jobMs],
  ];
  const over = asked.find(([, amount, allowed]) => amount > allowed);
  if (over === undefined) return;
  throw new UsageError(`the job asks for ${over[1]} ${over[0]}, ${over[2]} are allowed`);
}

/** What each tenant has used of its day, which begins with its first job. */
export class DayUsage {
  readonly #used = new Map<string, { readonly untilMs: number; usedMs: number }>();

  constructor(readonly clock: Clock, readonly dayMs: number) {}

  /** Milliseconds that a tenant has left. */
  leftMs(tenant: string): number {
    this.#forgetOld();
    return Math.max(0, this.dayMs - (this.#used.get(tenant)?.usedMs ?? 0));
  }

  add(tenant: string, durationMs: number): void {
    this.#forgetOld();
    const untilMs = this.clock.nowMs() + DAY_MS;
    const used = this.#used.get(tenant) ?? { untilMs, usedMs: 0 };
    used.usedMs += durationMs;
    this.#used.set(tenant, used);
  }

  #forgetOld(): void {
    const nowMs = this.clock.nowMs();
    for (const [tenant, { untilMs }] of this.#used) {
      if (untilMs <= nowMs) this.#used.delete(tenant);
    }
  }
}
