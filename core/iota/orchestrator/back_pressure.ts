/**
 * When the first layer is to hold back: more batches than the others get done only grow old.
 *
 * @module
 */

import type { OrchestratorContext } from "./context.ts";
import { forwardQueue, type LayerRecord } from "./records.ts";
import type { Registry } from "./registry.ts";

/** How long one look at all queues holds. */
const LOOK_MS = 200;

/** See the module. */
export class BackPressure {
  readonly #context: OrchestratorContext;
  readonly #registry: Registry;
  #look: { readonly isJammed: boolean; readonly untilMs: number } | undefined;

  constructor(context: OrchestratorContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
  }

  /** Whether somebody was held back by the last look; forgets it, for something has moved. */
  release(): boolean {
    const wasJammed = this.#look?.isJammed ?? false;
    if (wasJammed) this.#look = undefined;
    return wasJammed;
  }

  /** Whether no batch is to be begun now. */
  async holdsBack({ batchesBegun }: LayerRecord): Promise<boolean> {
    const { batchesPerRound } = this.#context.settings;
    if (batchesPerRound !== undefined && batchesBegun >= batchesPerRound) return true;
    const nowMs = this.#context.clock.nowMs();
    if (!this.#look || nowMs >= this.#look.untilMs) {
      this.#look = { isJammed: await this.#isJammed(), untilMs: nowMs + LOOK_MS };
    }
    return this.#look.isJammed;
  }

  async #isJammed(): Promise<boolean> {
    const { settings, state } = this.#context;
    const miners = await this.#registry.countByLayer();
    const jams = await Promise.all(
      miners.slice(1).map(async (count, index) => {
        const { waiting } = await state.queues.count(forwardQueue(index + 1));
        return waiting >= settings.waitingPerMiner * Math.max(1, count);
      }),
    );
    return jams.includes(true);
  }
}
