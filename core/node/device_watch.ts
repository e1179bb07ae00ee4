/**
 * Keeps a miner going when its GPU is lost: its work is ended and begun anew, with a new device.
 *
 * @module
 */

import { WeftError } from "../errors.ts";
import type { Clock } from "../host.ts";
import { ComputeError } from "../iota/miner/consequences.ts";

const LOSSES_BEFORE_STOP = 3;
/** The loss is told some moments after the first call that fails for it. */
const NOTICE_MS = 500;
/** Work that waits for a lost device may wait for ever. */
const ENDING_MS = 2_000;

/** See the module. */
export class DeviceWatch {
  #loss = new AbortController();
  #reason: string | undefined;
  /** In a row, without progress between. */
  #losses = 0;

  /** @param onLost is told of each loss */
  constructor(readonly clock: Clock, readonly onLost: (reason: string) => void) {}

  /** Tells that the device is lost. */
  lost(reason: string): void {
    this.#reason ??= reason;
    this.#loss.abort();
  }

  /** Tells that the device has done something useful. */
  progressed(): void {
    this.#losses = 0;
  }

  /**
   * Does the work until it ends by itself, or the signal ends it; anew after each loss.
   *
   * @throws {WeftError} after three losses without progress
   * @throws what the work throws without a loss
   */
  async survive(work: (until: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    do {
      this.#reason = undefined;
      this.#loss = new AbortController();
      try {
        await this.#race(work(AbortSignal.any([signal, this.#loss.signal])));
      } catch (error) {
        if (!await this.#isOfLoss(error)) throw error;
      }
      if (this.#reason === undefined) return;
      this.onLost(this.#reason);
      this.#losses += 1;
      if (this.#losses < LOSSES_BEFORE_STOP) continue;
      throw new WeftError(
        `the GPU was lost ${LOSSES_BEFORE_STOP} times without a batch between ` +
          `(${this.#reason}): check the driver, or choose a smaller model`,
      );
    } while (!signal.aborted);
  }

  /** Until the work has ended, or some time after a loss. */
  async #race(working: Promise<void>): Promise<void> {
    const over = new AbortController();
    const { signal } = this.#loss;
    const given = Promise.withResolvers<void>();
    const giveUp = (): void =>
      void this.clock.sleep(ENDING_MS, over.signal).then(() => given.resolve());
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await Promise.race([working, given.promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
      over.abort();
    }
  }

  async #isOfLoss(error: unknown): Promise<boolean> {
    const isKnown = error instanceof WeftError && !(error instanceof ComputeError);
    const isSaid = error instanceof ComputeError && error.cause instanceof WeftError;
    if (this.#reason === undefined && !isKnown && !isSaid) {
      await this.clock.sleep(NOTICE_MS, this.#loss.signal);
    }
    return this.#reason !== undefined;
  }
}
