/**
 * Rents out a GPU without containers: tenants' shaders run one job at a time, each tenant on a
 * device of its own, within a quota.
 *
 * What WebGPU does not give: a shader cannot be interrupted. A job that exceeds its time is ended by
 * destroying its device, and where the implementation blocks its thread while the GPU works (wgpu in
 * Deno when a result is awaited, Dawn when a device is destroyed), that is noticed only when the GPU
 * lets go. A host that must bound this too runs the sandbox in a process of its own and ends that;
 * so does one for which it matters that a compiler's mistake may end the process. A tab has such a
 * process already.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { Host } from "../../host.ts";
import { abortError, FairQueue } from "./fair_queue.ts";
import { openJobDevice, runJob } from "./job_device.ts";
import { checkQuota, DayUsage, DEFAULT_QUOTA, type SandboxQuota } from "./quota.ts";
import type { SandboxJob } from "./sandbox_job.ts";
import { checkShaderText } from "./shader_guard.ts";

/** Devices that are kept open between jobs. */
const MAX_DEVICES = 4;

/** Lets some work on the GPU when it is its turn. */
export type GpuTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** What a sandbox is made of. */
export interface SandboxOptions {
  readonly host: Pick<Host, "clock" | "webgpu">;
  /** @default {DEFAULT_QUOTA} */
  readonly quota?: SandboxQuota;
  /** Called once for each job, between slices of other work. @default at once */
  readonly slice?: GpuTurn;
}

/** What a job gave. */
export interface SandboxResult {
  /** Outputs by binding. */
  readonly buffers: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
  /** Compiling, running and reading, without waiting for a turn. */
  readonly elapsedMs: number;
}

/** A tenant's device. */
interface TenantDevice {
  readonly device: GPUDevice;
  /** Set once the device is lost. */
  lost: WeftError | undefined;
}

/** See the module. */
export class Sandbox {
  readonly quota: SandboxQuota;
  readonly #queue: FairQueue;
  readonly #usage: DayUsage;
  /** The one that was used last comes last. */
  readonly #devices = new Map<string, TenantDevice>();
  readonly #tenants = new Map<string, AbortController>();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(readonly options: SandboxOptions) {
    this.quota = options.quota ?? DEFAULT_QUOTA;
    this.#queue = new FairQueue(this.quota.openJobs);
    this.#usage = new DayUsage(options.host.clock, this.quota.dayMs);
  }

  /**
   * Runs a job when it is the tenant's turn.
   *
   * @param tenant whose device and quota it is: a hotkey
   * @param signal calls the job off; one that runs loses its device
   * @throws {UsageError} for what is wrong with the job, or over the quota
   * @throws {WeftError} if it took too long, was called off, or the device was lost
   */
  async run(tenant: string, job: SandboxJob, signal?: AbortSignal): Promise<SandboxResult> {
    if (this.#isClosed) throw new WeftError("the sandbox is closed, it takes no more jobs");
    checkQuota(job, this.quota);
    checkShaderText(job.shader);
    this.#checkDay(tenant);
    const ending = this.#tenants.get(tenant) ?? new AbortController();
    this.#tenants.set(tenant, ending);
    const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    const { slice = (work) => work() } = this.options;
    const work = (): Promise<SandboxResult> => slice(() => this.#perform(tenant, job, either));
    const result = this.#queue.add(tenant, () => this.#track(work()), either);
    return await result;
  }

  /** Ends a tenant's jobs and its device, as when its reservation is over. */
  end(tenant: string, reason = "the reservation is over"): void {
    this.#tenants.get(tenant)?.abort(new WeftError(reason));
    this.#tenants.delete(tenant);
    this.#discard(tenant);
  }

  /** Ends all jobs and devices. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const tenant of [...this.#tenants.keys()]) this.end(tenant, "the sandbox is closed");
    await Promise.allSettled(this.#running);
    for (const tenant of [...this.#devices.keys()]) this.#discard(tenant);
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

  async #perform(tenant: string, job: SandboxJob, signal: AbortSignal): Promise<SandboxResult> {
    if (signal.aborted) throw abortError(signal);
    this.#checkDay(tenant);
    const opened = await this.#open(tenant);
    const { clock } = this.options.host;
    const startMs = clock.nowMs();
    const limitMs = Math.min(job.timeoutMs, this.#usage.leftMs(tenant));
    try {
      const buffers = await this.#within(limitMs, opened, signal, () => runJob(opened.device, job));
      return { buffers, elapsedMs: clock.nowMs() - startMs };
    } catch (error) {
      if (!(error instanceof UsageError)) this.#discard(tenant);
      throw error;
    } finally {
      this.#usage.add(tenant, clock.nowMs() - startMs);
    }
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
    if (this.#devices.size >= MAX_DEVICES) this.#discard(oldest);
    const webgpu = await this.options.host.webgpu();
    const device = await openJobDevice(webgpu, this.quota, `sandbox of ${tenant}`);
    const opened: TenantDevice = { device, lost: undefined };
    device.lost.then(({ message, reason }) => {
      opened.lost = new WeftError(`the job's device was lost: ${message || reason}`);
    });
    this.#devices.set(tenant, opened);
    return opened;
  }

  #discard(tenant: string): void {
    const opened = this.#devices.get(tenant);
    this.#devices.delete(tenant);
    opened?.device.destroy();
  }
}

function asWeftError(error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  return new WeftError(`the job failed: ${error}`, { cause: error });
}
