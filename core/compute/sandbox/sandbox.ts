/**
 * Rents out a GPU without containers: tenants' shaders run one job at a time, within quotas that
 * outlive whatever runs them.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { Clock } from "../../host.ts";
import { abortError, FairQueue } from "./fair_queue.ts";
import type { JobExecutor, SandboxResult } from "./job_executor.ts";
import { checkQuota, DayUsage, DEFAULT_QUOTA, type SandboxQuota } from "./quota.ts";
import type { SandboxJob } from "./sandbox_job.ts";
import { checkShaderText } from "./shader_guard.ts";

/** Lets some work on the GPU when it is its turn. */
export type GpuTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** What a sandbox is made of. */
export interface SandboxOptions {
  readonly clock: Clock;
  /** Belongs to the sandbox from now on. */
  readonly executor: JobExecutor;
  /** @default {DEFAULT_QUOTA} */
  readonly quota?: SandboxQuota;
  /** Called once for each job, between slices of other work. @default at once */
  readonly slice?: GpuTurn;
}

/** See the module. */
export class Sandbox {
  readonly quota: SandboxQuota;
  readonly #queue: FairQueue;
  readonly #usage: DayUsage;
  readonly #tenants = new Map<string, AbortController>();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(readonly options: SandboxOptions) {
    this.quota = options.quota ?? DEFAULT_QUOTA;
    this.#queue = new FairQueue(this.quota.openJobs);
    this.#usage = new DayUsage(options.clock, this.quota.dayMs);
  }

  /**
   * Runs a job when it is the tenant's turn.
   *
   * @param tenant whose device and quota it is: a hotkey
   * @param signal calls the job off; one that runs loses its device
   * @throws {UsageError} for what is wrong with the job, or over the quota
   * @throws {WeftError} if it took too long, was called off, or what ran it failed
   */
  async run(tenant: string, job: SandboxJob, signal?: AbortSignal): Promise<SandboxResult> {
    if (this.#isClosed) throw new WeftError("the sandbox is closed, it takes no more jobs");
    checkQuota(job, this.quota);
    checkShaderText(job.shader);
    this.#checkDay(tenant);
    const ending = this.#tenants.get(tenant) ?? new AbortController();
    this.#tenants.set(tenant, ending);
    const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    const work = (): Promise<SandboxResult> => this.#track(this.#perform(tenant, job, either));
    return await this.#queue.add(tenant, work, either);
  }

  /** Ends a tenant's jobs and all that is left of them, as when its reservation is over. */
  end(tenant: string, reason = "the reservation is over"): void {
    this.#tenants.get(tenant)?.abort(new WeftError(reason));
    this.#tenants.delete(tenant);
    this.options.executor.end(tenant);
  }

  /** Ends all jobs and what runs them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const tenant of [...this.#tenants.keys()]) this.end(tenant, "the sandbox is closed");
    await Promise.allSettled(this.#running);
    await this.options.executor.close();
  }

  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #checkDay(tenant: string): void {
    if (this.#usage.leftMs(tenant) > 0) return;
    throw new UsageError(`the ${this.quota.dayMs} milliseconds of this day are used up`);
  }

  /** Other work on the GPU waits for the job, not for what is made ready before. */
  async #perform(tenant: string, job: SandboxJob, signal: AbortSignal): Promise<SandboxResult> {
    this.#checkDay(tenant);
    const { executor, slice = (work) => work() } = this.options;
    await executor.prepare(tenant, signal);
    return await slice(() => this.#charge(tenant, job, signal));
  }

  async #charge(tenant: string, job: SandboxJob, signal: AbortSignal): Promise<SandboxResult> {
    if (signal.aborted) throw abortError(signal);
    const { clock, executor } = this.options;
    const limitMs = Math.min(job.timeoutMs, this.#usage.leftMs(tenant));
    const startMs = clock.nowMs();
    try {
      return await executor.run(tenant, job, limitMs, signal);
    } finally {
      this.#usage.add(tenant, clock.nowMs() - startMs);
    }
  }
}
