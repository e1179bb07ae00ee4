/**
 * What is kept of the merges that are under way: who has uploaded, who merges what, and what has been
 * merged. Changes of a merge that is over come to nothing.
 *
 * @module
 */

import type { OrchestratorContext } from "./context.ts";
import {
  changeRecord,
  type LayerRecord,
  type MergeRecord,
  MERGES,
  PARTITIONS,
  type PartitionsRecord,
  readRecord,
} from "./records.ts";
import type { Records } from "./state.ts";

/** See the module. */
export class MergeBook {
  readonly #records: Records;

  constructor({ state }: Pick<OrchestratorContext, "state">) {
    this.#records = state.records;
  }

  /** The merge that a layer was in when it was read; undefined if that one is over. */
  async of({ layer, phase, phaseSinceMs }: LayerRecord): Promise<MergeRecord | undefined> {
    if (phase === "is_training") return undefined;
    const merge = await readRecord(this.#records, MERGES, `${layer}`);
    // A later one is of those who have trained since that phase.
    return merge && merge.trainedSinceMs < phaseSinceMs ? merge : undefined;
  }

  /** What the merge is after the change; undefined if it is over. */
  async change(
    { layer, trainedSinceMs }: MergeRecord,
    change: (now: MergeRecord) => MergeRecord,
  ): Promise<MergeRecord | undefined> {
    const merge = await changeRecord(
      this.#records,
      MERGES,
      `${layer}`,
      (now) => now?.trainedSinceMs === trainedSinceMs ? change(now) : now,
    );
    return merge?.trainedSinceMs === trainedSinceMs ? merge : undefined;
  }

  /** Keeps what a miner has merged. Who tells twice is heard once: others may have the first. */
  async keepPartitions(merge: MergeRecord, kept: PartitionsRecord): Promise<void> {
    const { hotkey } = kept;
    await changeRecord(
      this.#records,
      PARTITIONS,
      partitionsKey(merge, hotkey),
      (now) => now ?? kept,
    );
    await this.change(
      merge,
      (now) =>
        now.mergedBy.includes(hotkey) ? now : { ...now, mergedBy: [...now.mergedBy, hotkey] },
    );
  }

  /** What has been merged, in the order in which it came. */
  async partitionsOf(merge: MergeRecord): Promise<PartitionsRecord[]> {
    const found = await Promise.all(
      merge.mergedBy.map((hotkey) =>
        readRecord(this.#records, PARTITIONS, partitionsKey(merge, hotkey))
      ),
    );
    return found.flatMap((one) => one ?? []);
  }

  /** Forgets what has been merged; the merge itself stays until the next. */
  async forgetPartitions(merge: MergeRecord): Promise<void> {
    for (const hotkey of Object.keys(merge.assignments)) {
      await changeRecord(
        this.#records,
        PARTITIONS,
        partitionsKey(merge, hotkey),
        () => undefined,
      );
    }
  }
}

/** Whether the chunks of a merge have been dealt out: no more uploads are taken. */
export function isDealt({ assignments }: MergeRecord): boolean {
  return Object.keys(assignments).length > 0;
}

function partitionsKey({ layer, trainedSinceMs }: MergeRecord, hotkey: string): string {
  return `${layer}.${Math.round(trainedSinceMs)}.${hotkey}`;
}
