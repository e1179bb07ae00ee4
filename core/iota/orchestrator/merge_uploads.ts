/**
 * What miners upload for a merge, looked at before it is believed: whose it is, whether it is there,
 * and whether it is as long as it should be.
 *
 * @module
 */

import type { Partition, SubmittedWeights, WeightsUploaded } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import { VECTOR_KINDS, type VectorKind } from "../merging/chunk_merge.ts";
import { ITEM_BYTES, sectionOf } from "../merging/vector_metadata.ts";
import type { OrchestratorContext } from "./context.ts";
import { vectorLayouts } from "./layer_vectors.ts";
import { ownerOfKey } from "./object_keys.ts";
import type { LayerRecord, MinerRecord } from "./records.ts";

/** Keys of a vector and of its metadata. */
interface VectorKeys {
  readonly key: string;
  readonly metadataKey: string;
}

/**
 * The upload of a miner by its keys.
 *
 * @throws {Refusal} 422 if something of it is not there, not the miner's, or of another size
 */
export async function checkSubmission(
  context: OrchestratorContext,
  { hotkey, backwards }: MinerRecord,
  { layer, numSections }: LayerRecord,
  uploaded: WeightsUploaded,
): Promise<SubmittedWeights> {
  const layouts = vectorLayouts(context.settings, layer, numSections);
  const addresses = {
    weights: [uploaded.weights_path, uploaded.metadata_path],
    optimizer_state: [uploaded.optimizer_state_path, uploaded.optimizer_state_metadata_path],
  };
  const keys: Partial<Record<VectorKind, VectorKeys>> = {};
  for (const kind of VECTOR_KINDS) {
    const { numElements, dtype } = layouts[kind];
    const sizeBytes = numElements * ITEM_BYTES[dtype];
    const [address, metadata] = addresses[kind];
    const found = await checkVector(context, { hotkey, kind, address, metadata, sizeBytes });
    if (sectionsOf(found.key) !== numSections) {
      throw new Refusal(422, `${found.key} is not cut into ${numSections} sections`);
    }
    keys[kind] = found;
  }
  const { weights, optimizer_state } = keys;
  if (!weights || !optimizer_state) throw new Error("both vectors were checked");
  return {
    weights_path: weights.key,
    weight_metadata_path: weights.metadataKey,
    optimizer_state_path: optimizer_state.key,
    optimizer_state_metadata_path: optimizer_state.metadataKey,
    hotkey,
    weighting_factor: 1 + backwards,
  };
}

/**
 * Merged chunks of a miner with keys in place of addresses.
 *
 * @throws {Refusal} 422 unless they are the chunks that fell to it, each with the elements that it
 *   should have
 */
export async function checkPartitions(
  context: OrchestratorContext,
  hotkey: string,
  { layer, numSections }: LayerRecord,
  assigned: readonly number[],
  partitions: readonly Partition[],
): Promise<Partition[]> {
  const numbers = partitions.map(({ chunk_number }) =>
    typeof chunk_number === "number" ? chunk_number : NaN
  );
  if (numbers.toSorted((a, b) => a - b).join() !== assigned.toSorted((a, b) => a - b).join()) {
    throw new Refusal(422, `Expected chunks ${assigned.join(", ")}, got ${numbers.join(", ")}`);
  }
  const layouts = vectorLayouts(context.settings, layer, numSections);
  return await Promise.all(partitions.map(async (partition, at) => {
    if (partition.layer !== layer || partition.miner_hotkey !== hotkey) {
      throw new Refusal(422, `Chunk ${numbers[at]} must be of layer ${layer} and of yourself`);
    }
    const keys = await Promise.all(VECTOR_KINDS.map(async (kind) => {
      const section = sectionOf(layouts[kind], numbers[at]);
      const data = kind === "weights" ? partition.weight_data : partition.optimizer_state_data;
      const isPlaced = data?.chunk_start_idx === section.start_idx &&
        data.chunk_end_idx === section.end_idx && data.chunk_dtype === layouts[kind].dtype;
      if (!isPlaced) {
        throw new Refusal(
          422,
          `Chunk ${numbers[at]} of the ${kind} must be elements ${section.start_idx} to ` +
            `${section.end_idx} of ${layouts[kind].dtype}`,
        );
      }
      const [address, metadata] = kind === "weights"
        ? [partition.weight_path, partition.weight_metadata_path]
        : [partition.optimizer_state_path, partition.optimizer_state_metadata_path];
      const sizeBytes = section.end_byte - section.start_byte;
      return await checkVector(context, { hotkey, kind, address, metadata, sizeBytes });
    }));
    const [weights, optimizer] = keys;
    return {
      ...partition,
      weight_path: weights.key,
      weight_metadata_path: weights.metadataKey,
      optimizer_state_path: optimizer.key,
      optimizer_state_metadata_path: optimizer.metadataKey,
    };
  }));
}

/** All objects of an upload. */
export function keysOfSubmission(submitted: SubmittedWeights): string[] {
  return [
    submitted.weights_path,
    submitted.weight_metadata_path,
    submitted.optimizer_state_path,
    submitted.optimizer_state_metadata_path,
  ];
}

/** All objects of a merged chunk. */
export function keysOfPartition(partition: Partition): string[] {
  return [
    partition.weight_path,
    partition.weight_metadata_path,
    partition.optimizer_state_path,
    partition.optimizer_state_metadata_path,
  ].flatMap((key) => key ?? []);
}

/** A vector that a miner says it has uploaded. */
interface ReportedVector {
  readonly hotkey: string;
  readonly kind: VectorKind;
  readonly address: string | null;
  readonly metadata: string | null;
  readonly sizeBytes: number;
}

async function checkVector(
  { store }: OrchestratorContext,
  { hotkey, kind, address, metadata, sizeBytes }: ReportedVector,
): Promise<VectorKeys> {
  const key = address === null ? undefined : store.keyOf(address);
  const metadataKey = metadata === null ? undefined : store.keyOf(metadata);
  const isOwn = key?.startsWith(`${kind}/`) && ownerOfKey(key) === hotkey &&
    metadataKey?.startsWith(`metadata/${kind}/`) && ownerOfKey(metadataKey) === hotkey;
  if (key === undefined || metadataKey === undefined || !isOwn) {
    throw new Refusal(422, `The ${kind} must lie in ${kind}/${hotkey}/, and its metadata likewise`);
  }
  const size = await store.size(key);
  if (size !== sizeBytes) {
    throw new Refusal(422, `${key} has ${size ?? "no"} bytes, expected ${sizeBytes}`);
  }
  if (await store.size(metadataKey) === undefined) {
    throw new Refusal(422, `${metadataKey} is not there`);
  }
  return { key, metadataKey };
}

/** `…/{hotkey}/{sections}/{epoch}/{uuid}.pt` */
function sectionsOf(key: string): number {
  return Number(key.split("/").at(-3));
}
