/**
 * Runs jobs in this process, each tenant's on a device of its own.
 *
 * What WebGPU does not give: a shader cannot be interrupted. A job that exceeds its time is ended by
 * destroying its device, and where the implementation blocks its thread while the GPU works (wgpu in
 * Deno when a result is awaited, Dawn when a device is destroyed), that is noticed only when the GPU
 * lets go. A host that must bound this too runs it in a process of its own and ends that; so does
 * one for which it matters that a compiler's mistake may end the process. A tab has such a process
 * already.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { Host } from "../../host.ts";
import { abortError } from "./fair_queue.ts";
import { openJobDevice, runJob } from "./job_device.ts";
import type { JobExecutor, SandboxResult } from "./job_executor.ts";
import { DEFAULT_QUOTA, type SandboxQuota } from "./quota.ts";
import type { SandboxJob } from "./sandbox_job.ts";

/** Devices that are kept open between jobs. */
const MAX_DEVICES = 4;

/** What a runner is made of. */
export interface JobRunnerOptions {
  readonly host: Pick<Host, "clock" | "webgpu">;
  /** @default {DEFAULT_QUOTA} */
  readonly quota?: SandboxQuota;
}

/** A tenant's device. */
interface TenantDevice {
  readonly device: GPUDevice;
  /** Set once the device is lost. */
  lost: WeftError | undefined;
}

/** See the module. */
export class JobRunner implements JobExecutor {
  /** The one that was used last comes last. */
  readonly #devices = new Map<string, TenantDevice>();

  constructor(readonly options: JobRunnerOptions) {}

  async prepare(tenant: string): Promise<void> {
    await this.#open(tenant);
  }

  async run(
    tenant: string,
    job: SandboxJob,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<SandboxResult> {
    const opened = await this.#open(tenant);
    const { clock } = this.options.host;
    const startMs = clock.nowMs();
    try {
      const buffers = await this.#within(limitMs, opened, signal, () => runJob(opened.device, job));
      return { buffers, elapsedMs: clock.nowMs() - startMs };
    } catch (error) {
      if (!(error instanceof UsageError)) this.end(tenant);
      throw error;
    }
  }

  /** Destroys a tenant's device. */
  end(tenant: string): void {
    const opened = this.#devices.get(tenant);
    this.#devices.delete(tenant);
    opened?.device.destroy();
  }

  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async close(): Promise<void> {
    for (const tenant of [...this.#devices.keys()]) this.end(tenant);
  }

  /** What the work gives, unless time, signal or device end it first. */
  async #within<Result>(
    limitMs: number,
    opened: TenantDevice,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (signal.aborted) throw abortError(signal);
    const { clock } = this.options.host;
    const late = new WeftError(`the job took more than ${limitMs} milliseconds and was ended`);
    const untilMs = clock.nowMs() + limitMs;
    const ending = new AbortController();
    const stopped = Promise.withResolvers<never>();
    const abort = (): void => stopped.reject(abortError(signal));
    signal.addEventListener("abort", abort, { once: true });
    clock.sleep(limitMs, ending.signal).then(() => ending.signal.aborted || stopped.reject(late));
    opened.device.lost.then(() => stopped.reject(opened.lost));
    try {
      const result = await Promise.race([stopped.promise, work()]);
      // No timer fires on a thread that is blocked.
      if (clock.nowMs() > untilMs) throw late;
      return result;
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      throw opened.lost ?? asWeftError(error);
    } finally {
      ending.abort();
      signal.removeEventListener("abort", abort);
    }
  }

  async #open(tenant: string): Promise<TenantDevice> {
    const known = this.#devices.get(tenant);
    if (known !== undefined && known.lost === undefined) {
      this.#devices.delete(tenant);
      this.#devices.set(tenant, known);
      return known;
    }
    const [oldest] = this.#devices.keys();
    if (this.#devices.size >= MAX_DEVICES) this.end(oldest);
    const { host, quota = DEFAULT_QUOTA } = this.options;
    const webgpu = await host.webgpu();
    const device = await openJobDevice(webgpu, quota, `sandbox of ${tenant}`);
    const opened: TenantDevice = { device, lost: undefined };
    device.lost.then(({ message, reason }) => {
      opened.lost = new WeftError(`the job's device was lost: ${message || reason}`);
    });
    this.#devices.set(tenant, opened);
    return opened;
  }
}

function asWeftError(error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  return new WeftError(`the job failed: ${error}`, { cause: error });
}
