/**
 * The batches of a miner between their forward and their backward. Their number is bounded; those
 * whose gradient will not come make room for others.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { consequenceOf } from "./consequences.ts";
import type { MinerContext } from "./miner_context.ts";
import type { Trainer } from "./trainer.ts";

/** See the module. What it forgets, the trainer forgets. */
export class ActivationCache {
  /** Since when each batch is held, by its uid, oldest first. */
  readonly #sinceMs = new Map<string, number>();

  constructor(
    readonly context: MinerContext,
    readonly layer: number,
    readonly trainer: Trainer,
  ) {}

  get isFull(): boolean {
    return this.#sinceMs.size >= this.context.training.maxCachedActivations;
  }

  get size(): number {
    return this.#sinceMs.size;
  }

  has(uid: string): boolean {
    return this.#sinceMs.has(uid);
  }

  /** Holds a batch whose forward begins. */
  add(uid: string): void {
    this.#sinceMs.set(uid, this.context.clock.nowMs());
  }

  /** Lets go of a batch that the trainer ends itself, by its backward. */
  remove(uid: string): void {
    this.#sinceMs.delete(uid);
  }

  /** Ends a batch whose gradient will not come; none if it has ended. */
  forget(uid: string): void {
    if (this.#sinceMs.delete(uid)) this.trainer.forget(uid);
  }

  /** Ends all. */
  clear(): void {
    for (const uid of [...this.#sinceMs.keys()]) this.forget(uid);
  }

  /** Ends those that have waited too long. */
  dropStale(): void {
    const { clock, log, training } = this.context;
    for (const [uid, sinceMs] of this.#sinceMs) {
      if (clock.nowMs() - sinceMs <= training.cacheTimeoutMs) break;
      this.forget(uid);
      log.warn(`no gradient of activation ${uid} came in time`);
    }
  }

  /**
   * Whether there is room for another batch; if there is none, the orchestrator is asked which are
   * still under way, and the others are ended. Throws as the client, except where one of them may
   * be asked about again later.
   */
  async makeRoom(signal: AbortSignal): Promise<boolean> {
    if (!this.isFull) return true;
    const { client, log } = this.context;
    for (const uid of [...this.#sinceMs.keys()]) {
      try {
        const query = { layer: this.layer, activation_uid: uid };
        const { is_active } = await client.ask("isActive", { query }, { signal });
        if (!is_active) this.forget(uid);
      } catch (error) {
        if (!(error instanceof WeftError) || consequenceOf(error) !== "go on") throw error;
        log.warn(`activation ${uid} is kept: ${error.message}`);
      }
    }
    return !this.isFull;
  }
}
