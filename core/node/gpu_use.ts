/**
 * Which part of its time a node's GPU works for which job, as operators and pages show it.
 *
 * @module
 */

import type { Clock } from "../host.ts";

/** What a node's GPU works for. */
export const GPU_JOBS = ["training", "challenge", "sandbox", "proof"] as const;

/** One of {@linkcode GPU_JOBS}. */
export type GpuJob = (typeof GPU_JOBS)[number];

/** Of each job the part of a time, 0 to 1, in which it had work for the GPU. */
export type GpuShares = Readonly<Record<GpuJob, number>>;

/** Work of one job that is under way, however many pieces at once. */
class Stretch {
  #pieces = 0;
  #sinceMs = 0;
  #busyMs = 0;

  begin(nowMs: number): void {
    if (this.#pieces++ === 0) this.#sinceMs = nowMs;
  }

  end(nowMs: number): void {
    if (--this.#pieces === 0) this.#busyMs += nowMs - this.#sinceMs;
  }

  /** Milliseconds since this was asked last. */
  takeBusyMs(nowMs: number): number {
    const runningMs = this.#pieces > 0 ? nowMs - this.#sinceMs : 0;
    const busyMs = this.#busyMs + runningMs;
    this.#busyMs = 0;
    this.#sinceMs = nowMs;
    return busyMs;
  }
}

/** See the module. */
export class GpuUse {
  readonly #stretches: Readonly<Record<GpuJob, Stretch>> = {
    ...{ training: new Stretch(), challenge: new Stretch() },
    ...{ sandbox: new Stretch(), proof: new Stretch() },
  };
  #readMs: number;

  constructor(readonly clock: Clock) {
    this.#readMs = clock.nowMs();
  }

  /** Does some work, and counts its time for a job. Several may be under way together. */
  async during<Result>(job: GpuJob, work: () => Promise<Result>): Promise<Result> {
    const stretch = this.#stretches[job];
    stretch.begin(this.clock.nowMs());
    try {
      return await work();
    } finally {
      stretch.end(this.clock.nowMs());
    }
  }

  /** The shares since this was asked last; all 0 if no time has passed. */
  read(): GpuShares {
    const nowMs = this.clock.nowMs();
    const passedMs = nowMs - this.#readMs;
    this.#readMs = nowMs;
    const share = (job: GpuJob): number => {
      const busyMs = this.#stretches[job].takeBusyMs(nowMs);
      return passedMs > 0 ? busyMs / passedMs : 0;
    };
    return {
      ...{ training: share("training"), challenge: share("challenge") },
      ...{ sandbox: share("sandbox"), proof: share("proof") },
    };
  }
}
