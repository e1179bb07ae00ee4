/**
 * What runs the jobs of a sandbox: in this process, or in one of its own.
 *
 * @module
 */

import type { SandboxJob } from "./sandbox_job.ts";

/** What a job gave. */
export interface SandboxResult {
  /** Outputs by binding. */
  readonly buffers: ReadonlyMap<number, Uint8Array>;
  /** Compiling, running and reading, without waiting for a turn. */
  readonly elapsedMs: number;
}

/** One job at a time; whoever calls sees to that. */
export interface JobExecutor {
  /**
   * Makes ready for a job of a tenant; the time it takes is not counted as the tenant's.
   *
   * @throws {WeftError} if that fails, or what the signal was aborted with
   */
  prepare(tenant: string, signal: AbortSignal): Promise<void>;
  /**
   * Runs a job that was checked.
   *
   * @param limitMs after which it is ended
   * @throws {UsageError} for what is wrong with the job
   * @throws {WeftError} if it took too long, was called off, or failed otherwise
   */
  run(
    tenant: string,
    job: SandboxJob,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<SandboxResult>;
  /** Forgets all of a tenant, whose jobs have been called off. */
  end(tenant: string): void;
  close(): Promise<void>;
}
