/**
 * Whether the weights and the optimizer state that a miner has uploaded are those that its work
 * leads to.
 *
 * Both files are read range by range beside our own, so that only ours are in memory whole.
 *
 * Source: macrocosm-os/iota @ 56aee24, `validate_weights` of
 * `gradient_validator/gradient_validator.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { type Dtype, type HostTensor, ITEM_SIZE_BYTES } from "../../formats/dtype.ts";
import type { VectorMetadata } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import { MAX_METADATA_BYTES, readVectorMetadata } from "../merging/vector_metadata.ts";
import type { Trainer } from "../miner/trainer.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";
import { TransferRefusedError } from "../transfer/download.ts";
import { ChangeComparison, type Likeness } from "./comparison.ts";
import { ContentError } from "./orchestrator_link.ts";
import { judgeOptimizerState, judgeWeights, type Thresholds, type Verdict } from "./verdict.ts";

const RANGE_BYTES = 16 * 2 ** 20;

const DTYPES: Readonly<Record<WeightsDtype, Dtype>> = { bfloat16: "bf16", float32: "f32" };

/** Addresses of what a miner has uploaded. */
export interface Upload {
  readonly weightsUrl: string;
  readonly metadataUrl: string;
  readonly optimizerStateUrl: string;
}

/** What an upload is held against. */
export interface UploadCheck {
  /** The mirrored miner after its last step. */
  readonly trainer: Trainer;
  /** The optimizer state with which the round began, as `trainer` exports it. */
  readonly startingState: Uint8Array<ArrayBuffer>;
  readonly dtype: WeightsDtype;
  readonly thresholds: Thresholds;
  readonly fetchBytes: FetchBytes;
}

/** A verdict with what it rests on. */
export interface WeightFinding {
  readonly optimizer: { readonly verdict: Verdict; readonly likeness: Likeness };
  /** Undefined if the optimizer state has failed already. */
  readonly weights: { readonly verdict: Verdict; readonly likeness: Likeness } | undefined;
}

/**
 * Checks an upload: the optimizer state, then the weights.
 * @throws {ContentError} if a file is not what it should be
 * @throws {WeftError} if a file cannot be had
 */
export async function checkUpload(check: UploadCheck, upload: Upload): Promise<WeightFinding> {
  const { trainer, dtype, thresholds, startingState } = check;
  const state = await trainer.exportOptimizerState(dtype);
  const moments = await compareFile(check, upload.optimizerStateUrl, state, startingState);
  const optimizer = {
    verdict: judgeOptimizerState(moments.whole, moments.change, thresholds),
    likeness: moments.whole,
  };
  if (!optimizer.verdict.is_valid) return { optimizer, weights: undefined };
  const ours = await trainer.exportWeights(dtype);
  await checkMetadata(check, upload.metadataUrl, ours.length);
  const { whole } = await compareFile(check, upload.weightsUrl, ours);
  return { optimizer, weights: { verdict: judgeWeights(whole, thresholds), likeness: whole } };
}

/** Whether the metadata describe one vector of the layer's size, cut into sections without a gap. */
async function checkMetadata(
  { fetchBytes, dtype }: UploadCheck,
  url: string,
  sizeBytes: number,
): Promise<void> {
  const { tensor, sections } = readMetadata(
    await contentOf(fetchBytes(url, { maxBytes: MAX_METADATA_BYTES })),
  );
  if (tensor.dtype !== `torch.${dtype}` || tensor.total_bytes !== sizeBytes) {
    throw new ContentError(
      `the metadata tell of ${tensor.total_bytes} bytes of ${tensor.dtype}, expected ` +
        `${sizeBytes} of torch.${dtype}`,
    );
  }
  let next = 0;
  for (const section of Object.values(sections).sort((a, b) => a.start_byte - b.start_byte)) {
    if (section.start_byte !== next || section.end_byte < next) break;
    next = section.end_byte;
  }
  if (next !== sizeBytes) throw new ContentError("the metadata's sections leave a gap");
}

function readMetadata(bytes: Uint8Array): VectorMetadata {
  try {
    return readVectorMetadata(bytes);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/** Statuses of an object that has another size than it should: 200 for too long. */
const OTHER_SIZE: readonly number[] = [200, 416];

/** A file of another size is its miner's fault; that a file cannot be had may be nobody's. */
async function contentOf<Bytes>(fetched: Promise<Bytes>): Promise<Bytes> {
  try {
    return await fetched;
  } catch (error) {
    if (!(error instanceof TransferRefusedError) || !OTHER_SIZE.includes(error.status)) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/** Compares a file with our bytes, and, where `start` is given, what both have moved by since. */
async function compareFile(
  { fetchBytes, dtype }: UploadCheck,
  url: string,
  ours: Uint8Array<ArrayBuffer>,
  start?: Uint8Array<ArrayBuffer>,
): Promise<{ whole: Likeness; change: Likeness }> {
  const comparison = new ChangeComparison();
  const tensor = (bytes: Uint8Array): HostTensor => {
    const shape = [bytes.length / ITEM_SIZE_BYTES[DTYPES[dtype]]];
    return { dtype: DTYPES[dtype], shape, bytes };
  };
  for (let at = 0; at < ours.length; at += RANGE_BYTES) {
    const end = Math.min(ours.length, at + RANGE_BYTES);
    const range = { start: at, end };
    const theirs = await contentOf(fetchBytes(url, { range, maxBytes: end - at }));
    if (theirs.length !== end - at) {
      throw new ContentError(`the file ends before byte ${end} of ${ours.length}`);
    }
    const from = start && tensor(start.subarray(at, end));
    comparison.add(tensor(ours.subarray(at, end)), tensor(theirs), from);
  }
  const { whole, change } = comparison;
  if (!whole.isOursFinite) throw new WeftError("the mirrored stage holds NaN or infinity");
  return { whole: whole.likeness(), change: change.likeness() };
}
