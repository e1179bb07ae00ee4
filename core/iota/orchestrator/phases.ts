/**
 * The phases of layers: all train until enough of their miners have done their backwards, then each
 * layer uploads, merges, and trains again.
 *
 * Layer 0 goes first into a merge; the others follow it, so that a process that dies between two of
 * them leaves nothing that another cannot finish.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/orchestrator.py`, `utils/shared_states.py`.
 *
 * @module
 */

import type { MergeInfo, Phase } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent } from "./event_log.ts";
import { sectionsFor } from "./pairing.ts";
import {
  changeRecord,
  type LayerRecord,
  LAYERS,
  type MergeRecord,
  MERGES,
  type MinerRecord,
  readRecord,
  TOPICS,
} from "./records.ts";

/** Looking whether a merge is due may take this share of the time. */
const LOOK_SHARE = 0.05;
/** However long a look took: it may have waited for a state that was away. */
const LONGEST_PAUSE_MS = 2_000;

/** The miners, wherever they are kept. */
export interface MinerList {
  all(): Promise<MinerRecord[]>;
}

/** See the module. */
export class Phases {
  readonly #context: OrchestratorContext;
  readonly #miners: MinerList;
  /** Until when no further look is worth its cost. */
  #nextLookMs = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(context: OrchestratorContext, miners: MinerList) {
    this.#context = context;
    this.#miners = miners;
  }

  /** A layer as it is now. */
  async layer(layer: number): Promise<LayerRecord> {
    const { records } = this.#context.state;
    const fresh: LayerRecord = {
      ...{ layer, phase: "is_training", phaseSinceMs: this.#context.wallClock.unixMs() },
      ...{ merges: 0, numSections: 1, batchesBegun: 0 },
    };
    return await readRecord(records, LAYERS, `${layer}`) ??
      await changeRecord(records, LAYERS, `${layer}`, (now) => now ?? fresh) ?? fresh;
  }

  /** All layers, from the first to the last. */
  all(): Promise<LayerRecord[]> {
    return Promise.all(this.#context.settings.model.splits.map((_, layer) => this.layer(layer)));
  }

  /** @throws {Refusal} 409 with the present phase, if it is not the wanted one */
  async guard(layer: number, wanted: Phase): Promise<LayerRecord> {
    const record = await this.layer(layer);
    if (record.phase !== wanted) throw new Refusal(409, record.phase);
    return record;
  }

  /**
   * The phase of a layer.
   *
   * @param known the phase that who asks knows already: the answer waits for another one
   */
  async info(
    layer: number,
    known: string | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<MergeInfo> {
    if (layer >= this.#context.settings.model.splits.length) {
      throw new Refusal(404, `There is no layer ${layer}`);
    }
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const timer = waitMs > 0 ? this.#context.clock.sleep(waitMs, either) : Promise.resolve();
    timer.then(() => ended.abort());
    for (;;) {
      const changed = waitMs > 0
        ? this.#context.state.signals.next([TOPICS.phase(layer)], either)
        : Promise.resolve();
      const { phase, numSections } = await this.layer(layer);
      if (phase !== known || waitMs === 0 || either.aborted) {
        ended.abort();
        return { status: phase, num_sections: numSections };
      }
      await changed;
    }
  }

  /** Begins a merge if it is due; to be called after every backward, and now and then. */
  async considerMerging(): Promise<void> {
    const { clock } = this.#context;
    if (this.#looking || clock.nowMs() < this.#nextLookMs) return await this.#looking;
    const startMs = clock.nowMs();
    this.#looking = this.#lookAndMerge();
    try {
      await this.#looking;
    } finally {
      this.#looking = undefined;
      const nowMs = clock.nowMs();
      this.#nextLookMs = nowMs + Math.min((nowMs - startMs) / LOOK_SHARE, LONGEST_PAUSE_MS);
    }
  }

  /** Whether all layers train and enough miners have done their backwards. */
  async isMergeDue(): Promise<boolean> {
    const layers = await this.all();
    const isTraining = layers.every(({ phase }) => phase === "is_training");
    return isTraining && this.#areReady(await this.#present());
  }

  /** Whether a miner has been heard of lately enough to be counted on. */
  isPresent({ seenMs }: MinerRecord): boolean {
    const { wallClock, settings: { goneAfterMs } } = this.#context;
    return wallClock.unixMs() - seenMs <= goneAfterMs;
  }

  /**
   * Takes a layer from one phase to the next, unless somebody has done so already.
   *
   * @returns whether it was this call
   */
  async move(
    from: LayerRecord,
    to: Partial<LayerRecord> & Pick<LayerRecord, "phase">,
    why: string,
  ): Promise<boolean> {
    const { state, wallClock, log } = this.#context;
    const { layer } = from;
    // No two phases begin at the same moment: the beginning names them.
    const phaseSinceMs = Math.max(wallClock.unixMs(), from.phaseSinceMs + 1);
    let isMoved = false;
    const now = await changeRecord(state.records, LAYERS, `${layer}`, (now) => {
      isMoved = now?.phase === from.phase && now.phaseSinceMs === from.phaseSinceMs;
      return isMoved && now ? { ...now, ...to, phaseSinceMs } : now;
    });
    if (!isMoved || !now) return false;
    state.signals.raise(TOPICS.phase(layer));
    state.signals.raise(TOPICS.forward(layer));
    const { phase, merges } = now;
    log.debug(`layer ${layer} goes over to ${phase}: ${why}`);
    await noteEvent(this.#context, { kind: "phase", layer, phase, merges, text: why });
    return true;
  }

  /**
   * Begins the merge of layers whose turn it was when layer 0 began, and which a process that died
   * has left behind; to be called before layer 0 goes on.
   */
  async beginLate(): Promise<void> {
    const [first, ...others] = await this.all();
    if (first.phase !== "weights_uploading") return;
    const late = others.filter(({ phase, phaseSinceMs }) =>
      phase === "is_training" && phaseSinceMs < first.phaseSinceMs
    );
    if (late.length === 0) return;
    const miners = await this.#present();
    for (const layer of late) await this.#begin(layer, miners);
  }

  async #lookAndMerge(): Promise<void> {
    const layers = await this.all();
    if (layers.some(({ phase }) => phase !== "is_training")) return await this.beginLate();
    const miners = await this.#present();
    if (this.#areReady(miners)) { for (const layer of layers) await this.#begin(layer, miners); }
  }

  async #present(): Promise<MinerRecord[]> {
    return (await this.#miners.all()).filter((miner) => this.isPresent(miner));
  }

  #areReady(miners: readonly MinerRecord[]): boolean {
    const { globalOptimizerSteps, readyShare, model } = this.#context.settings;
    const ready = miners.filter(({ backwards }) => backwards >= globalOptimizerSteps);
    const layers = new Set(ready.map(({ layer }) => layer));
    return layers.size === model.splits.length && ready.length >= readyShare * miners.length;
  }

  async #begin(layer: LayerRecord, miners: readonly MinerRecord[]): Promise<void> {
    const { state, settings } = this.#context;
    const { globalOptimizerSteps, allPairsUpTo } = settings;
    const ready = miners.filter((miner) =>
      miner.layer === layer.layer && miner.backwards >= globalOptimizerSteps
    );
    const fresh: MergeRecord = {
      ...{ layer: layer.layer, merge: layer.merges, trainedSinceMs: layer.phaseSinceMs },
      ...{ submitted: [], enoughSinceMs: null, assignments: {}, mergedBy: [] },
      eligible: Object.fromEntries(ready.map(({ hotkey, backwards }) => [hotkey, backwards])),
    };
    // Another process may have begun it, and miners may have uploaded since.
    const merge = await changeRecord(
      state.records,
      MERGES,
      `${layer.layer}`,
      (now) => now && now.trainedSinceMs >= layer.phaseSinceMs ? now : fresh,
    );
    if (merge?.trainedSinceMs !== layer.phaseSinceMs) return;
    const eligible = Object.keys(merge.eligible).length;
    const numSections = sectionsFor(eligible, allPairsUpTo);
    await this.move(
      layer,
      { phase: "weights_uploading", numSections },
      `${eligible} miners have done ${globalOptimizerSteps} backwards`,
    );
  }
}
