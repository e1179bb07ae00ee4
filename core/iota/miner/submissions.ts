/**
 * Results on their way to the orchestrator: several are uploaded at a time, and they are reported in
 * the order in which they were computed.
 *
 * @module
 */

/**
 * Uploads a result at once, waits for its turn, and reports it.
 * @param turn resolves when every result before has been reported, or has failed
 */
export type Submit = (turn: Promise<void>) => Promise<void>;

/** See the module. */
export class Submissions {
  /** Resolves when all so far are over. */
  #last: Promise<void> = Promise.resolve();
  #pending = 0;
  #over = Promise.withResolvers<void>();

  /**
   * @param most results on their way at a time
   * @param onError is told why one failed; the others go on
   */
  constructor(readonly most: number, readonly onError: (error: unknown) => void) {}

  /** Begins to submit a result. */
  add(submit: Submit): void {
    this.#pending += 1;
    const turn = this.#last;
    const done = submit(turn).catch(this.onError).finally(() => {
      this.#pending -= 1;
      this.#over.resolve();
      this.#over = Promise.withResolvers();
    });
    this.#last = Promise.all([turn, done]).then(() => {});
  }

  /** Resolves when another result may be added. */
  async room(): Promise<void> {
    while (this.#pending >= this.most) await this.#over.promise;
  }

  /** Resolves when none is on its way. */
  async idle(): Promise<void> {
    while (this.#pending > 0) await this.#last;
  }
}
