/**
 * The weights and the optimizer state with which all miners of a layer began their round.
 *
 * @module
 */

import type { WeftError } from "../../errors.ts";
import type { Log } from "../../host.ts";
import type { ChunkData, Partition } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import { isAllFinite } from "../merging/elements.ts";
import { ITEM_BYTES } from "../merging/vector_metadata.ts";
import type { Trainer } from "../miner/trainer.ts";
import { epochOf, stepsAfter } from "../miner/layer_weights.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import { ExpiredError, TransferRefusedError } from "../transfer/download.ts";
import { ContentError, type OrchestratorLink } from "./orchestrator_link.ts";

/** What loading works with. */
export interface StartingWeightsOptions {
  readonly client: OrchestratorLink;
  readonly fetchBytes: FetchBytes;
  readonly log: Log;
  readonly training: TrainingSettings;
}

/**
 * Gives a stage what came out of its layer's last merge; before the first one it keeps what it has.
 * Chunks that are no good are left out, as its miners leave them out.
 * @throws {WeftError} if a chunk cannot be had; nothing is changed then
 */
export async function loadStartingWeights(
  trainer: Trainer,
  layer: number,
  options: StartingWeightsOptions,
): Promise<void> {
  const { client, training, log } = options;
  const dtype = training.weightsDtype;
  const partitions = await client.ask("layerWeights", { query: { layer } });
  if (!partitions || partitions.length === 0) return;
  const weights = await trainer.exportWeights(dtype);
  const state = await trainer.exportOptimizerState(dtype);
  for (const partition of partitions) {
    try {
      const { weight_path, weight_data, optimizer_state_path, optimizer_state_data } = partition;
      const weightChunk = await fetchChunk(weights, weight_path, weight_data, options);
      const stateChunk = await fetchChunk(
        state,
        optimizer_state_path,
        optimizer_state_data,
        options,
      );
      weights.set(weightChunk.bytes, weightChunk.start);
      state.set(stateChunk.bytes, stateChunk.start);
    } catch (error) {
      if (!isNoGood(error)) throw error;
      log.warn(`chunk ${partition.chunk_number} of layer ${layer} is left out: ${error.message}`);
    }
  }
  await trainer.importWeights(weights, dtype);
  await trainer.importOptimizerState(state, dtype);
  // The moments come from as many steps, by which their bias is corrected.
  trainer.setStepCount?.(stepsAfter(epochOf(partitions), training));
}

/** The bytes of a chunk, and where in a vector they belong. */
async function fetchChunk(
  vector: Uint8Array,
  path: Partition["weight_path"],
  data: ChunkData | null,
  { fetchBytes, training: { weightsDtype: dtype } }: StartingWeightsOptions,
): Promise<{ readonly bytes: Uint8Array; readonly start: number }> {
  const { chunk_start_idx: first = null, chunk_end_idx: end = null } = data ?? {};
  if (path === null || first === null || end === null || data?.chunk_dtype !== dtype) {
    throw new ContentError(`it lacks its address or its place, or is not of ${dtype}`);
  }
  const start = first * ITEM_BYTES[dtype];
  const maxBytes = end * ITEM_BYTES[dtype] - start;
  if (maxBytes < 0 || start + maxBytes > vector.length) {
    throw new ContentError(`elements ${first} to ${end} lie outside of the layer`);
  }
  if (maxBytes === 0) return { bytes: new Uint8Array(), start };
  const { chunk_start_byte: from, chunk_end_byte: to } = data;
  const range = from === null || to === null ? undefined : { start: from, end: to };
  if (range && range.end - range.start !== maxBytes) {
    throw new ContentError(`its bytes ${range.start} to ${range.end} do not fit its elements`);
  }
  const bytes = await fetchBytes(path, { maxBytes, ...range && { range } });
  if (bytes.length !== maxBytes) {
    throw new ContentError(`it has ${bytes.length} bytes, expected ${maxBytes}`);
  }
  if (!isAllFinite(bytes, dtype)) throw new ContentError("it holds NaN or infinity");
  return { bytes, start };
}

/** Whether a chunk would be no better if it was asked for again. */
function isNoGood(error: unknown): error is WeftError {
  if (error instanceof ContentError) return true;
  return error instanceof TransferRefusedError && !(error instanceof ExpiredError);
}
