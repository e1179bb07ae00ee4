/**
 * Taking over the merged weights and optimizer state of a layer, as all its miners do, so that they
 * hold the same bytes.
 *
 * Source: macrocosm-os/iota @ 56aee24, `download_weights` of `base/base_neuron.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Partition } from "../api/schemas.ts";
import {
  hasKey,
  type OwnVector,
  type PerVector,
  VECTOR_KINDS,
  type VectorKind,
} from "../merging/chunk_merge.ts";
import { isAllFinite } from "../merging/elements.ts";
import { ITEM_BYTES } from "../merging/vector_metadata.ts";
import type { TrainingSettings, WeightsDtype } from "../orchestrator/settings.ts";
import { ExpiredError, TransferRefusedError } from "../transfer/download.ts";
import { compute } from "./consequences.ts";
import type { Seat } from "./seat.ts";

/** Lists of addresses that are asked for, should they expire while chunks are downloaded. */
const MAX_LISTS = 3;

/** What is at hand and need not be asked for. */
export interface AtHand {
  /** What the stage holds. */
  readonly held?: PerVector<Uint8Array<ArrayBuffer>>;
  /** Chunks that we have merged ourselves. */
  readonly merged?: readonly OwnVector[];
}

/** A chunk that is not what it should be. */
class ChunkError extends WeftError {
  override name = "ChunkError";
}

/**
 * Loads what came out of the layer's last merge, and drops all gradients and batches. Where a chunk
 * is missing or no good the stage keeps its own, as with the published miner.
 *
 * @returns false if there was no merge yet: nothing is changed then
 * @throws {WeftError} if a chunk cannot be had: nothing is changed then
 * @throws {ComputeError} if the stage fails
 */
export async function loadLayerWeights(
  seat: Seat,
  signal: AbortSignal,
  atHand: AtHand = {},
): Promise<boolean> {
  for (let list = 1;; list++) {
    const partitions = await listPartitions(seat, signal);
    if (partitions.length === 0) return false;
    try {
      await load(seat, partitions, signal, atHand);
      return true;
    } catch (error) {
      if (!(error instanceof ExpiredError) || list === MAX_LISTS) throw error;
    }
  }
}

/** Loads the merged weights if they are others than those that were loaded last. Throws as above. */
export async function loadIfNewer(seat: Seat, signal: AbortSignal): Promise<void> {
  const partitions = await listPartitions(seat, signal);
  if (partitions.length === 0 || nameOf(partitions) === seat.loaded) return;
  seat.context.log.warn(`layer ${seat.layer} has merged without this miner`);
  await loadLayerWeights(seat, signal);
}

async function listPartitions({ context, layer }: Seat, signal: AbortSignal): Promise<Partition[]> {
  return await context.client.ask("layerWeights", { query: { layer } }, { signal }) ?? [];
}

async function load(
  seat: Seat,
  partitions: readonly Partition[],
  signal: AbortSignal,
  { held, merged = [] }: AtHand,
): Promise<void> {
  const { trainer, context, layer } = seat;
  const { log, training, onEvent } = context;
  const dtype = training.weightsDtype;
  const vectors = held ?? {
    weights: await compute(() => trainer.exportWeights(dtype)),
    optimizer_state: await compute(() => trainer.exportOptimizerState(dtype)),
  };
  for (const partition of partitions) {
    try {
      const chunks = VECTOR_KINDS.map((kind) => {
        return chunkOf(partition, kind, vectors[kind].length, dtype);
      });
      const shards = [];
      for (const chunk of chunks) shards.push(await shardOf(seat, chunk, merged, signal));
      for (const [index, { kind, startByte }] of chunks.entries()) {
        vectors[kind].set(shards[index], startByte);
      }
    } catch (error) {
      if (!isNoGood(error)) throw error;
      log.warn(`chunk ${partition.chunk_number} of layer ${layer} is left out: ${error.message}`);
    }
  }
  await takeOver(seat, partitions, vectors);
  // The steps of who took part are counted; the moments of others come from those of all miners.
  if (!held) trainer.setStepCount?.(stepsAfter(seat.epoch, training));
  onEvent({ kind: "weights loaded", layer, epoch: seat.epoch });
}

/** Where a chunk is, and where it belongs. */
interface Chunk {
  readonly kind: VectorKind;
  readonly url: string;
  readonly startByte: number;
  readonly endByte: number;
  /** Within the object; undefined for the whole. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
}

/** @throws {ChunkError} if it has no place within the vector */
function chunkOf(
  partition: Partition,
  kind: VectorKind,
  sizeBytes: number,
  dtype: WeightsDtype,
): Chunk {
  const isWeights = kind === "weights";
  const url = isWeights ? partition.weight_path : partition.optimizer_state_path;
  const data = isWeights ? partition.weight_data : partition.optimizer_state_data;
  const { chunk_start_idx: first = null, chunk_end_idx: end = null } = data ?? {};
  if (data === null || url === null || first === null || end === null) {
    throw new ChunkError("it has no address or no place");
  }
  if (data.chunk_dtype !== dtype) {
    throw new ChunkError(`it is of ${data.chunk_dtype}, expected ${dtype}`);
  }
  const [startByte, endByte] = [first * ITEM_BYTES[dtype], end * ITEM_BYTES[dtype]];
  if (endByte < startByte || endByte > sizeBytes) {
    throw new ChunkError(`elements ${first} to ${end} lie outside of the layer`);
  }
  const { chunk_start_byte: from, chunk_end_byte: to } = data;
  const range = from === null || to === null ? undefined : { start: from, end: to };
  if (range && range.end - range.start !== endByte - startByte) {
    throw new ChunkError(`its bytes ${range.start} to ${range.end} do not fit its elements`);
  }
  return { kind, url, startByte, endByte, range };
}

async function shardOf(
  { context }: Seat,
  { url, startByte, endByte, range }: Chunk,
  merged: readonly OwnVector[],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const own = merged.find(({ key }) => hasKey(url, key));
  const maxBytes = endByte - startByte;
  if (maxBytes === 0) return new Uint8Array();
  const limits = { maxBytes, ...range && { range } };
  const bytes = own?.bytes ?? await context.transfers.fetch(url, limits, signal);
  if (bytes.length !== maxBytes) {
    throw new ChunkError(`it has ${bytes.length} bytes, expected ${maxBytes}`);
  }
  if (isAllFinite(bytes, context.training.weightsDtype)) return bytes;
  throw new ChunkError("it holds NaN or infinity");
}

/** Whether a chunk would be no better if it was asked for again. */
function isNoGood(error: unknown): error is WeftError {
  if (error instanceof ChunkError) return true;
  return error instanceof TransferRefusedError && !(error instanceof ExpiredError);
}

async function takeOver(
  seat: Seat,
  partitions: readonly Partition[],
  vectors: PerVector<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const { trainer, context: { training } } = seat;
  const { weightsDtype: dtype } = training;
  seat.cache.clear();
  await compute(async () => {
    await trainer.reset();
    await trainer.importWeights(vectors.weights, dtype);
    await trainer.importOptimizerState(vectors.optimizer_state, dtype);
  });
  seat.backwardsSinceStep = 0;
  seat.backwardsSinceMerge = 0;
  const name = nameOf(partitions);
  // A merge that came to nothing leaves those of the one before.
  if (name !== seat.loaded) seat.epoch = Math.max(seat.epoch + 1, epochOf(partitions));
  seat.loaded = name;
}

/** Steps that a miner has taken which was there from the first merge on, and the one at its load. */
export function stepsAfter(
  epoch: number,
  { localOptimizerSteps, globalOptimizerSteps }: TrainingSettings,
): number {
  return 1 + epoch * Math.max(1, Math.floor(globalOptimizerSteps / localOptimizerSteps));
}

/** How many merges there were with the one that these come from. */
export function epochOf(partitions: readonly Partition[]): number {
  return Math.max(0, ...partitions.map(epochAfter));
}

/** Merged chunks lie at `…/{epoch}/{uuid}.pt`. */
function epochAfter({ weight_path }: Partition): number {
  const epoch = weight_path?.split("?", 1)[0].split("/").at(-2) ?? "";
  return /^\d{1,9}$/.test(epoch) ? Number(epoch) + 1 : 0;
}

/** The same for the same merged weights, whatever address they have today. */
function nameOf(partitions: readonly Partition[]): string {
  return partitions.map(({ weight_path }) => weight_path?.split("?", 1)[0] ?? "").sort().join(" ");
}
