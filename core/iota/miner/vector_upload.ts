/**
 * Uploading weights and optimizer state, each with its metadata beside it.
 *
 * The published miner asks another route for where to put metadata, with a body on GET, which no
 * browser can send; this one uploads them as it does everything else.
 *
 * Source: macrocosm-os/iota @ 56aee24, `upload_tensor_with_metadata` of `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { uuid4 } from "../../formats/uuid.ts";
import { isAllFinite } from "../merging/elements.ts";
import { type OwnVector, VECTOR_KINDS, type VectorKind } from "../merging/chunk_merge.ts";
import {
  ITEM_BYTES,
  type VectorLayout,
  vectorMetadata,
  writeVectorMetadata,
} from "../merging/vector_metadata.ts";
import type { Seat } from "./seat.ts";

/** A vector where others can have it. */
export interface UploadedVector extends OwnVector {
  readonly metadataKey: string;
  readonly layout: VectorLayout;
}

/** Both vectors of a stage. */
export type UploadedVectors = Readonly<Record<VectorKind, UploadedVector>>;

/**
 * Uploads weights and optimizer state.
 * @param numSections into which the metadata cut each
 * @throws {WeftError} if one holds NaN or infinity, or cannot be uploaded
 */
export async function uploadVectors(
  seat: Seat,
  bytes: Readonly<Record<VectorKind, Uint8Array<ArrayBuffer>>>,
  numSections: number,
  signal: AbortSignal,
): Promise<UploadedVectors> {
  const { context: { hotkey, randomBytes, training, transfers }, epoch } = seat;
  const dtype = training.weightsDtype;
  for (const kind of VECTOR_KINDS) {
    if (isAllFinite(bytes[kind], dtype)) continue;
    throw new WeftError(`our ${kind.replace("_", " ")} holds NaN or infinity`);
  }
  const upload = async (kind: VectorKind): Promise<UploadedVector> => {
    const numElements = bytes[kind].length / ITEM_BYTES[dtype];
    const layout = { dtype, numElements, numSections };
    const place = `${kind}/${hotkey}/${numSections}/${epoch}`;
    const name = `${place}/${uuid4(randomBytes)}.pt`;
    const key = await transfers.upload(name, bytes[kind], signal);
    const metadata = writeVectorMetadata(vectorMetadata(layout));
    const beside = `metadata/${place}/${uuid4(randomBytes)}.json`;
    const metadataKey = await transfers.upload(beside, metadata, signal);
    return { key, metadataKey, bytes: bytes[kind], layout };
  };
  return { weights: await upload("weights"), optimizer_state: await upload("optimizer_state") };
}
