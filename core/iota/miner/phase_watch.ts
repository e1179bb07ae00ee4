/**
 * In which phase a miner's layer is, and waiting for another.
 *
 * Source: macrocosm-os/iota @ 56aee24, `await_orchestrator_status` of `miner/miner.py`.
 *
 * @module
 */

import type { Phase } from "../api/schemas.ts";
import { type MinerContext, pause } from "./miner_context.ts";

/** Between two looks at the phase, with the published orchestrator. */
const LOOK_MS = 10_000;

/** What a layer is doing. */
export interface LayerPhase {
  readonly phase: Phase;
  /** Into which the vectors of a merge are cut. */
  readonly numSections: number;
}

/** See the module. Errors are the client's. */
export class PhaseWatch {
  constructor(readonly context: MinerContext, readonly layer: number) {}

  /** The phase now. */
  async now(signal: AbortSignal): Promise<LayerPhase> {
    return await this.#ask({ signal });
  }

  /** Waits until the phase is another one. */
  async after(known: Phase, signal: AbortSignal): Promise<LayerPhase> {
    const { clock, longPollMs, pollMs } = this.context;
    const held = longPollMs > 0 ? { waitMs: longPollMs, knownPhase: known } : {};
    for (;;) {
      const askedMs = clock.nowMs();
      const now = await this.#ask({ ...held, signal });
      if (now.phase !== known) return now;
      // A server that does not hold its answers back must not be asked without a pause.
      const isHeldBack = longPollMs > 0 && clock.nowMs() - askedMs >= longPollMs / 2;
      if (!isHeldBack) await pause(this.context, longPollMs > 0 ? pollMs : LOOK_MS, signal);
    }
  }

  /** Waits until the layer trains. */
  async training(signal: AbortSignal): Promise<void> {
    let { phase } = await this.now(signal);
    while (phase !== "is_training") ({ phase } = await this.after(phase, signal));
  }

  async #ask(
    options: { signal: AbortSignal; waitMs?: number; knownPhase?: Phase },
  ): Promise<LayerPhase> {
    const query = { layer: this.layer };
    const { status, num_sections } = await this.context.client.ask("phase", { query }, options);
    return { phase: status, numSections: Math.max(1, Math.trunc(num_sections ?? 1)) };
  }
}
