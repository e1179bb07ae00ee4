/**
 * Whose turn it is on the one GPU of a node. Training gives its work in short slices and asks before
 * each; a challenge enters between two of them and keeps training waiting until it is done, for its
 * score falls with every moment.
 *
 * @module
 */

/** See the module. */
export class GpuTurns {
  #challenges = 0;
  #trainingAgain = Promise.withResolvers<void>();

  /** Whether training waits. */
  get isTaken(): boolean {
    return this.#challenges > 0;
  }

  /** Runs a challenge, at once. Several may run together. */
  async challenge<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#challenges += 1;
    try {
      return await work();
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
}
