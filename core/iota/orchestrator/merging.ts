/**
 * The merge of a layer: takes uploads, deals out chunks, takes what was merged, and gives it out.
 *
 * Each step is taken by whoever sees that it is due, and may be taken twice: nothing of a merge is
 * lost with a process.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/orchestrator.py`, `docs/merge.md`.
 *
 * @module
 */

import type { MinerChunks, Partition, WeightsUploaded } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { LayerWeightsShelf } from "./layer_weights.ts";
import { MergeSettlement } from "./merge_settlement.ts";
import { isDealt, MergeBook } from "./merge_book.ts";
import { beginRound } from "./merge_round.ts";
import {
  checkPartitions,
  checkSubmission,
  keysOfPartition,
  keysOfSubmission,
} from "./merge_uploads.ts";
import { assignChunks } from "./pairing.ts";
import type { MinerList, Phases } from "./phases.ts";
import type { LayerRecord, MergeRecord, MinerRecord } from "./records.ts";

/** After enough have uploaded, or merged, those who are late get this long. */
export const GRACE_MS = 10_000;
/** How long the address of an upload is good for. */
const DOWNLOAD_S = 3600;

/** The miners, wherever they are kept. */
export interface MinerBook extends MinerList {
  /** @throws {Refusal} 404 for one that is not registered */
  find(hotkey: string): Promise<MinerRecord>;
  change(
    hotkey: string,
    change: (now: MinerRecord) => MinerRecord,
  ): Promise<MinerRecord | undefined>;
}

/** What others do when something of a merge is done. Their failures are theirs. */
export interface MergeListeners {
  weightsUploaded(hotkey: string, weights: WeightsUploaded): Promise<void>;
  roundEnded(layer: number, merges: number): Promise<void>;
}

/** See the module. */
export class Merging {
  readonly #context: OrchestratorContext;
  readonly #miners: MinerBook;
  readonly #phases: Phases;
  readonly #listeners: MergeListeners;
  readonly #shelf: LayerWeightsShelf;
  readonly #book: MergeBook;

  constructor(
    context: OrchestratorContext,
    miners: MinerBook,
    phases: Phases,
    listeners: MergeListeners,
  ) {
    this.#context = context;
    this.#miners = miners;
    this.#phases = phases;
    this.#listeners = listeners;
    this.#shelf = new LayerWeightsShelf(context);
    this.#book = new MergeBook(context);
  }

  /** Merged weights as miners get them; empty before the first merge. */
  weights(layer: number): Promise<Partition[]> {
    return this.#shelf.partitions(layer);
  }

  /**
   * Takes a miner's upload.
   *
   * @returns "success", or why it is not wanted
   * @throws {Refusal} 404, 409 with the phase, 422 for files that are not what they should be
   */
  async upload(hotkey: string, uploaded: WeightsUploaded): Promise<string> {
    const miner = await this.#miners.find(hotkey);
    const layer = await this.#phases.guard(miner.layer, "weights_uploading");
    const merge = await this.#book.of(layer);
    if (!merge || merge.eligible[hotkey] === undefined) {
      const { globalOptimizerSteps } = this.#context.settings;
      return miner.backwards < globalOptimizerSteps
        ? `only ${miner.backwards} of ${globalOptimizerSteps} backwards were done`
        : "the merge began without you: you had not been heard of for long";
    }
    const member = { ...miner, backwards: merge.eligible[hotkey] };
    const submission = await checkSubmission(this.#context, member, layer, uploaded);
    let isNew = false;
    const now = await this.#book.change(merge, (now) => {
      isNew = !isDealt(now) && !now.submitted.some((known) => known.hotkey === hotkey);
      return isNew ? { ...now, submitted: [...now.submitted, submission] } : now;
    });
    const known = now?.submitted.find((each) => each.hotkey === hotkey);
    if (!known) throw new Refusal(409, (await this.#phases.layer(miner.layer)).phase);
    if (known.weights_path !== submission.weights_path) return "your weights have come in already";
    if (isNew) await this.#listeners.weightsUploaded(hotkey, uploaded);
    await this.#considerDealing(miner.layer);
    return "success";
  }

  /**
   * What a miner is to merge: everybody's uploads, and the numbers of its chunks.
   * @throws {Refusal} 404, 409 with the phase
   */
  async chunksFor(hotkey: string): Promise<MinerChunks> {
    const { layer } = await this.#miners.find(hotkey);
    const record = await this.#phases.guard(layer, "miners_merging_partitions");
    const merge = await this.#book.of(record);
    const { store } = this.#context;
    const address = (key: string): Promise<string> => store.presignGet(key, DOWNLOAD_S);
    const packets = await Promise.all((merge?.submitted ?? []).map(async (submitted) => ({
      ...submitted,
      weights_path: await address(submitted.weights_path),
      weight_metadata_path: await address(submitted.weight_metadata_path),
      optimizer_state_path: await address(submitted.optimizer_state_path),
      optimizer_state_metadata_path: await address(submitted.optimizer_state_metadata_path),
    })));
    return [packets, merge?.assignments[hotkey] ?? []];
  }

  /**
   * Takes what a miner has merged.
   * @throws {Refusal} 404, 409 with the phase, 422 if it is not what fell to it
   */
  async takePartitions(hotkey: string, partitions: readonly Partition[]): Promise<void> {
    const { layer } = await this.#miners.find(hotkey);
    const record = await this.#phases.guard(layer, "miners_merging_partitions");
    const merge = await this.#book.of(record);
    const assigned = merge?.assignments[hotkey] ?? [];
    if (!merge || assigned.length === 0) throw new Refusal(422, "No chunk fell to you");
    const checked = await checkPartitions(this.#context, hotkey, record, assigned, partitions);
    await this.#book.keepPartitions(merge, { hotkey, partitions: checked });
    await this.#considerEnding(layer);
  }

  /** Takes every step that is due, late or not; to be called every second or so. */
  async tick(): Promise<void> {
    await this.#phases.considerMerging();
    for (const record of await this.#phases.all()) {
      if (record.phase === "weights_uploading") await this.#considerDealing(record.layer);
      if (record.phase === "miners_merging_partitions") await this.#considerEnding(record.layer);
    }
  }

  /** Deals out the chunks once enough have uploaded. */
  async #considerDealing(layer: number): Promise<void> {
    const record = await this.#phases.layer(layer);
    const merge = await this.#book.of(record);
    if (record.phase !== "weights_uploading" || !merge) return;
    const present = await this.#presentOf(Object.keys(merge.eligible));
    const done = merge.submitted.map(({ hotkey }) => hotkey);
    const missing = present.filter((hotkey) => !done.includes(hotkey));
    const { uploadedShare, allPairsUpTo } = this.#context.settings;
    const isEnough = done.length > 0 &&
      done.length >= uploadedShare * (done.length + missing.length);
    // Who has dealt may have got no further.
    const isAll = missing.length === 0 || isDealt(merge);
    if (!await this.#isTime(merge, { isAll, isEnough, isLate: this.#isOverdue(record) })) return;
    await this.#phases.beginLate();
    if (done.length === 0) return await this.#giveUp(record, merge, "nobody has uploaded");
    const dealt = await this.#book.change(merge, (now) => {
      if (isDealt(now)) return now;
      const hotkeys = now.submitted.map(({ hotkey }) => hotkey);
      const assignments = assignChunks(hotkeys, record.numSections, allPairsUpTo);
      return { ...now, assignments, enoughSinceMs: null };
    });
    if (!dealt) return;
    await this.#phases.move(
      record,
      { phase: "miners_merging_partitions" },
      `${dealt.submitted.length} of ${done.length + missing.length} miners have uploaded`,
    );
  }

  /** Ends the merge once enough has been merged. */
  async #considerEnding(layer: number): Promise<void> {
    const record = await this.#phases.layer(layer);
    const merge = await this.#book.of(record);
    if (record.phase !== "miners_merging_partitions" || !merge) return;
    const assigned = Object.keys(merge.assignments);
    const present = await this.#presentOf(assigned);
    const missing = present.filter((hotkey) => !merge.mergedBy.includes(hotkey));
    const count = (hotkeys: readonly string[]): number =>
      hotkeys.reduce((sum, hotkey) => sum + (merge.assignments[hotkey]?.length ?? 0), 0);
    const share = count(merge.mergedBy) / Math.max(1, count(assigned));
    const covered = new Set(merge.mergedBy.flatMap((hotkey) => merge.assignments[hotkey] ?? []));
    const isAccepted = share > this.#context.settings.mergedShare;
    const isEnough = isAccepted && covered.size === record.numSections;
    const isLate = this.#isOverdue(record);
    if (!await this.#isTime(merge, { isAll: missing.length === 0, isEnough, isLate })) return;
    if (!isAccepted) {
      return await this.#giveUp(record, merge, `only ${merge.mergedBy.length} miners have merged`);
    }
    await this.#end(record, merge);
  }

  async #end(record: LayerRecord, merge: MergeRecord): Promise<void> {
    const { layer } = record;
    const merged = await this.#book.partitionsOf(merge);
    const settlement = new MergeSettlement(this.#context, record, merge);
    const partitions = await settlement.settle(merged.map(({ partitions }) => partitions));
    const merges = merge.merge + 1;
    await this.#shelf.put(layer, merges, partitions, [
      ...merge.submitted.flatMap(keysOfSubmission),
      ...merged.flatMap(({ partitions }) => partitions.flatMap(keysOfPartition)),
      ...partitions.flatMap(keysOfPartition),
    ]);
    const hotkeys = merge.submitted.map(({ hotkey }) => hotkey);
    await this.#beginRound(record, { merges, hotkeys });
    const text = `merged by ${merge.mergedBy.length} of ${merge.submitted.length} miners`;
    const to = { phase: "is_training" as const, merges, batchesBegun: 0 };
    if (!await this.#phases.move(record, to, text)) return;
    this.#context.log.info(`layer ${layer}: merge ${merges}, ${text}`);
    await this.#book.forgetPartitions(merge);
    await this.#listeners.roundEnded(layer, merges);
  }

  /** Back to training without new weights. */
  async #giveUp(record: LayerRecord, merge: MergeRecord, why: string): Promise<void> {
    const { layer, merges } = record;
    const merged = await this.#book.partitionsOf(merge);
    await this.#beginRound(record);
    const to = { phase: "is_training" as const, batchesBegun: 0 };
    if (!await this.#phases.move(record, to, why)) return;
    this.#context.log.warn(`layer ${layer}: merge ${merges + 1} comes to nothing: ${why}`);
    await this.#book.forgetPartitions(merge);
    await this.#shelf.discard(layer, [
      ...merge.submitted.flatMap(keysOfSubmission),
      ...merged.flatMap(({ partitions }) => partitions.flatMap(keysOfPartition)),
    ]);
  }

  #beginRound(
    from: LayerRecord,
    done?: { readonly merges: number; readonly hotkeys: readonly string[] },
  ): Promise<void> {
    return beginRound({ miners: this.#miners, phases: this.#phases }, from, done);
  }

  /** Whether a phase is over: all have done their part, enough have for a while, or time is up. */
  async #isTime(
    merge: MergeRecord,
    { isAll, isEnough, isLate }: { isAll: boolean; isEnough: boolean; isLate: boolean },
  ): Promise<boolean> {
    if (isAll || isLate) return true;
    if (!isEnough) return false;
    const nowMs = this.#context.wallClock.unixMs();
    if (merge.enoughSinceMs !== null) return nowMs - merge.enoughSinceMs >= GRACE_MS;
    await this.#book.change(
      merge,
      (now) => isDealt(now) === isDealt(merge) ? { ...now, enoughSinceMs: nowMs } : now,
    );
    return false;
  }

  #isOverdue({ phaseSinceMs }: LayerRecord): boolean {
    const { wallClock, settings: { phaseTimeoutMs } } = this.#context;
    return wallClock.unixMs() - phaseSinceMs >= phaseTimeoutMs;
  }

  async #presentOf(hotkeys: readonly string[]): Promise<string[]> {
    const miners = await this.#miners.all();
    const present = new Set(
      miners.filter((miner) => this.#phases.isPresent(miner)).map(({ hotkey }) => hotkey),
    );
    return hotkeys.filter((hotkey) => present.has(hotkey));
  }
}
