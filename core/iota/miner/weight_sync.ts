/**
 * A merge as a miner goes through it: step, upload, wait for the others, merge the chunks that fall
 * to us, wait again, and take over what came out.
 *
 * Whatever goes wrong, a miner that has stopped training takes over the merged weights before it
 * trains again. One that comes late, or whose upload is not wanted, only does that.
 *
 * Source: macrocosm-os/iota @ 56aee24, `sync_weights` and `move_to_training` of `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { WrongPhaseError } from "../api/client.ts";
import type { ChunkData, Partition, SubmittedWeights } from "../api/schemas.ts";
import { ChunkMerge, type MergedChunk, type OwnVector, perVector } from "../merging/chunk_merge.ts";
import { MAX_SECTIONS, type Section } from "../merging/vector_metadata.ts";
import { compute, consequenceOf } from "./consequences.ts";
import { type AtHand, loadIfNewer, loadLayerWeights } from "./layer_weights.ts";
import { type MinerContext, pause } from "./miner_context.ts";
import { type LayerPhase, PhaseWatch } from "./phase_watch.ts";
import type { Seat } from "./seat.ts";
import { type UploadedVectors, uploadVectors } from "./vector_upload.ts";

/** Before what went wrong with the network is tried again. */
const RETRY_MS = 10_000;
/** Times that merged weights are asked for before the miner begins anew. */
const MAX_LOADS = 3;

/** See the module. */
export class WeightSync {
  readonly #context: MinerContext;
  readonly #phases: PhaseWatch;
  /** Our upload of the merge that is under way. */
  #uploaded: UploadedVectors | undefined;
  /** What of it was merged by us. */
  #merged: OwnVector[] = [];

  constructor(readonly seat: Seat) {
    this.#context = seat.context;
    this.#phases = new PhaseWatch(seat.context, seat.layer);
  }

  /**
   * Goes through the merge that the layer is in, until it trains again. Called again after it was
   * interrupted, it goes on where it was.
   * @throws {WeftError} for what concerns more than this merge, see `consequenceOf`; also if the merged
   *   weights cannot be had, after which the miner must begin anew
   */
  async run(signal: AbortSignal): Promise<void> {
    const { transfers, onEvent } = this.#context;
    const [up, down] = [transfers.uploadedBytes, transfers.downloadedBytes];
    const now = await this.#phases.now(signal);
    if (now.phase === "is_training" && !this.#uploaded) return await this.#keepUp(signal);
    this.seat.cache.clear();
    const takesPart = await this.#takePart(now, signal);
    await this.#phases.training(signal);
    const { weights, optimizer_state } = this.#uploaded ?? {};
    const layerBytes = (weights?.bytes.length ?? 0) + (optimizer_state?.bytes.length ?? 0);
    await this.#takeOver(signal);
    if (!takesPart) return;
    const { layer, epoch } = this.seat;
    const uploadedBytes = transfers.uploadedBytes - up;
    const downloadedBytes = transfers.downloadedBytes - down;
    onEvent({ kind: "merged", layer, epoch, layerBytes, uploadedBytes, downloadedBytes });
  }

  /** The layer trains: some other request was refused, or the orchestrator was away for a while. */
  async #keepUp(signal: AbortSignal): Promise<void> {
    await loadIfNewer(this.seat, signal);
    await pause(this.#context, this.#context.pollMs, signal);
  }

  /** Uploads and merges as far as the phases allow; false if this miner had no part in it. */
  async #takePart({ phase, numSections }: LayerPhase, signal: AbortSignal): Promise<boolean> {
    try {
      let next = phase;
      if (phase === "weights_uploading") {
        if (!await this.#upload(numSections, signal)) return false;
        next = (await this.#phases.after(phase, signal)).phase;
      }
      if (next !== "miners_merging_partitions" || !this.#uploaded) return false;
      await this.#mergeChunks(this.#uploaded, signal);
      return true;
    } catch (error) {
      const isOfThisMerge = error instanceof WrongPhaseError || consequenceOf(error) === "go on";
      if (!(error instanceof WeftError) || !isOfThisMerge) throw error;
      this.#context.log.warn(`took no full part in the merge: ${error.message}`);
      return false;
    }
  }

  /** Takes the step and uploads what came of it; false if nobody wants it. */
  async #upload(numSections: number, signal: AbortSignal): Promise<boolean> {
    const { seat } = this;
    const { client, log, training: { weightsDtype } } = this.#context;
    if (this.#uploaded) return true;
    if (seat.backwardsSinceMerge === 0) return false;
    if (numSections > MAX_SECTIONS) throw new WeftError(`${numSections} sections are too many`);
    await seat.step(signal);
    const bytes = {
      weights: await compute(() => seat.trainer.exportWeights(weightsDtype)),
      optimizer_state: await compute(() => seat.trainer.exportOptimizerState(weightsDtype)),
    };
    const { weights, optimizer_state } = await uploadVectors(seat, bytes, numSections, signal);
    const query = {
      weights_path: weights.key,
      metadata_path: weights.metadataKey,
      optimizer_state_path: optimizer_state.key,
      optimizer_state_metadata_path: optimizer_state.metadataKey,
    };
    const { success } = await client.ask("weightsUploaded", { query }, { signal });
    if (success === "success") this.#uploaded = { weights, optimizer_state };
    else log.info(`this merge goes without our weights: ${success}`);
    return success === "success";
  }

  /** Merges the chunks that fall to us, one after the other, and reports them all. */
  async #mergeChunks(uploaded: UploadedVectors, signal: AbortSignal): Promise<void> {
    const { client, log, transfers } = this.#context;
    const [packets, numbers] = await client.ask("chunksForMiner", {}, { signal });
    const { numSections } = uploaded.weights.layout;
    if (numbers.length === 0) return;
    const wrong = numbers.find((number) => number >= numSections);
    if (wrong !== undefined) throw new WeftError(`chunk ${wrong} of ${numSections} fell to us`);
    const merge = new ChunkMerge(packets, numbers, {
      layouts: perVector((kind) => uploaded[kind].layout),
      own: uploaded,
      fetchBytes: transfers.fetchUntil(signal),
      log,
      isFatal: (error) => consequenceOf(error) !== "go on",
    });
    const partitions: Partition[] = [];
    for (const number of numbers) {
      partitions.push(await this.#publish(await merge.merge(number), packets, signal));
    }
    await client.ask("partitionsUploaded", { body: partitions }, { signal });
  }

  async #publish(
    { number, sections, bytes, hotkeys }: MergedChunk,
    packets: readonly SubmittedWeights[],
    signal: AbortSignal,
  ): Promise<Partition> {
    const { hotkey, log } = this.#context;
    const { weights, optimizer_state } = await uploadVectors(this.seat, bytes, 1, signal);
    this.#merged.push(weights, optimizer_state);
    log.debug(`merged chunk ${number} of ${hotkeys.length} of ${packets.length} miners`);
    return {
      layer: this.seat.layer,
      weight_data: this.#chunkData(sections.weights),
      optimizer_state_data: this.#chunkData(sections.optimizer_state),
      chunk_number: number,
      miner_hotkey: hotkey,
      weight_path: weights.key,
      weight_metadata_path: weights.metadataKey,
      optimizer_state_path: optimizer_state.key,
      optimizer_state_metadata_path: optimizer_state.metadataKey,
      other_miner_hotkey: null,
    };
  }

  #chunkData({ start_idx, end_idx }: Section): ChunkData {
    return {
      chunk_start_idx: start_idx,
      chunk_end_idx: end_idx,
      chunk_start_byte: null,
      chunk_end_byte: null,
      chunk_dtype: this.#context.training.weightsDtype,
      chunk_length: end_idx - start_idx,
    };
  }

  /** Loads what came out of the merge. */
  async #takeOver(signal: AbortSignal): Promise<void> {
    for (let load = 1;; load++) {
      try {
        await loadLayerWeights(this.seat, signal, this.#atHand());
        break;
      } catch (error) {
        const mayPass = error instanceof WeftError && consequenceOf(error) === "go on";
        if (!mayPass || load === MAX_LOADS) throw error;
        this.#context.log.warn(`the merged weights did not come: ${error.message}`);
        await pause(this.#context, RETRY_MS, signal);
      }
    }
    this.seat.backwardsSinceMerge = 0;
    this.#uploaded = undefined;
    this.#merged = [];
  }

  #atHand(): AtHand {
    const uploaded = this.#uploaded;
    if (!uploaded) return {};
    return { held: perVector((kind) => uploaded[kind].bytes), merged: this.#merged };
  }
}
