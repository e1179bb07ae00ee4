/**
 * The records of activations on their way: which of them count, and how one ends before its time.
 *
 * The record of an activation is the truth about it; what miners' records and queues say of it is put
 * right by whoever comes upon it. So a process may die between any two writes.
 *
 * @module
 */

import type { Phase } from "../api/schemas.ts";
import type { OrchestratorContext } from "./context.ts";
import {
  type ActivationRecord,
  ACTIVATIONS,
  changeRecord,
  type LayerRecord,
  LAYERS,
  readRecord,
  TOPICS,
} from "./records.ts";

/** What activations need to know of the layers' phases. */
export interface LayerPhases {
  layer(layer: number): Promise<LayerRecord>;
  /** @throws {Refusal} 409 with the present phase, if it is not the wanted one */
  guard(layer: number, wanted: Phase): Promise<LayerRecord>;
}

/** The round of an activation that has been dropped. */
const DROPPED = 0;

/** See the module. */
export class ActivationBook {
  constructor(
    readonly context: OrchestratorContext,
    readonly phases: Pick<LayerPhases, "layer">,
  ) {}

  /** Undefined if there is none. */
  read(uid: string): Promise<ActivationRecord | undefined> {
    return readRecord(this.context.state.records, ACTIVATIONS, uid);
  }

  /**
   * Changes an activation, if it still is as it should be.
   *
   * @param change undefined leaves it as it is
   * @returns what it is now; undefined if it was left
   */
  async change(
    uid: string,
    change: (now: ActivationRecord) => ActivationRecord | undefined,
  ): Promise<ActivationRecord | undefined> {
    let isChanged = false;
    const after = await changeRecord(this.context.state.records, ACTIVATIONS, uid, (now) => {
      const next = now && change(now);
      isChanged = next !== undefined;
      return next ?? now;
    });
    return isChanged ? after : undefined;
  }

  /**
   * Ends an activation: nobody works on it any more, and those who keep something of it need not.
   *
   * @param options.isCounted whether it counts as one of its round
   */
  async drop(uid: string, reason: string, { isCounted = true } = {}): Promise<void> {
    let round = DROPPED;
    const dropped = await this.change(uid, (now) => {
      round = now.round;
      return now.round === DROPPED || isDone(now) ? undefined : { ...now, round: DROPPED };
    });
    if (!dropped) return;
    const { log, state } = this.context;
    log.debug(`activation ${uid} is dropped: ${reason}`);
    if (isCounted) await this.#countBack(round);
    for (const { hotkey } of dropped.path) state.signals.raise(TOPICS.backward(hotkey));
  }

  /** Makes room for another batch in a round that has a bound. */
  async #countBack(round: number): Promise<void> {
    const { settings, state } = this.context;
    if (settings.batchesPerRound === undefined) return;
    await changeRecord(state.records, LAYERS, "0", (now) => {
      if (now?.phaseSinceMs !== round || now.batchesBegun === 0) return now;
      return { ...now, batchesBegun: now.batchesBegun - 1 };
    });
    state.signals.raise(TOPICS.forward(0));
  }
}

/**
 * Whether an activation counts: it was begun since layer 0 went over to training, and not dropped.
 * Whoever goes into a merge forgets all that is under way.
 */
export function isAlive({ round }: ActivationRecord, layer0: LayerRecord): boolean {
  return layer0.phase === "is_training" && round === layer0.phaseSinceMs;
}

/** Whether an activation has come all the way back. */
export function isDone({ path }: ActivationRecord): boolean {
  return path.length > 0 && path[0].backwardMs !== null;
}

/** Whether an activation is at this layer, on this way. */
export function isAt(
  record: ActivationRecord,
  layer: number,
  direction: ActivationRecord["direction"],
): boolean {
  return record.layer === layer && record.direction === direction && !isDone(record);
}
