/**
 * Whose turn it is on the one GPU of a node. Training gives its work in short slices and asks before
 * each; a challenge enters between two of them and keeps training waiting until it is done, for its
 * score falls with every moment.
 *
 * @module
 */

import type { GpuJob, GpuUse } from "./gpu_use.ts";

/** A slice of training. */
export interface TrainingSlice<Result> {
  /** Resolves once it has begun, or never will. */
  readonly begun: Promise<void>;
  readonly result: Promise<Result>;
}

/** See the module. */
export class GpuTurns {
  #challenges = 0;
  #waitingSlices = 0;
  #trainingAgain = Promise.withResolvers<void>();

  /** @param use counts whom the GPU works for @default nobody counts */
  constructor(readonly use?: GpuUse) {}

  /** Whether training waits. */
  get isTaken(): boolean {
    return this.#challenges > 0;
  }

  /** Slices of training that wait, and challenges beside the one that is searched for. */
  get waiting(): number {
    return this.#waitingSlices + Math.max(0, this.#challenges - 1);
  }

  /**
   * Runs a challenge, at once. Several may run together.
   *
   * @param job what it counts as, for other jobs of others go first too
   */
  async challenge<Result>(
    work: () => Promise<Result>,
    job: Exclude<GpuJob, "training"> = "challenge",
  ): Promise<Result> {
    this.#challenges += 1;
    try {
      return await this.#counted(job, work);
    } finally {
      this.#challenges -= 1;
      if (!this.isTaken) {
        this.#trainingAgain.resolve();
        this.#trainingAgain = Promise.withResolvers();
      }
    }
  }

  /** Resolves when a slice of training may be given; at once if no challenge is on. */
  async training(): Promise<void> {
    while (this.isTaken) await this.#trainingAgain.promise;
  }

  /** Begins a slice of training when it is its turn, and the one before has begun. */
  slice<Result>(before: Promise<void>, work: () => Promise<Result>): TrainingSlice<Result> {
    this.#waitingSlices += 1;
    const started = before.then(() => this.training()).then(() => {
      this.#waitingSlices -= 1;
      return { result: this.#counted("training", work) };
    });
    return {
      begun: started.then(() => {}, () => {}),
      result: started.then(({ result }) => result),
    };
  }

  #counted<Result>(job: GpuJob, work: () => Promise<Result>): Promise<Result> {
    return this.use ? this.use.during(job, work) : work();
  }
}
