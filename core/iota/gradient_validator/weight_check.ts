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
import type { Dtype, HostTensor } from "../../formats/dtype.ts";
import type { VectorMetadata } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import {
  ITEM_BYTES,
  MAX_METADATA_BYTES,
  readVectorMetadata,
  sectionFault,
} from "../merging/vector_metadata.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";
import { ChangeComparison, type Likeness } from "./comparison.ts";
import { contentOf, expectEnd } from "./content.ts";
import type { Mirror } from "./mirror.ts";
import { Movement, type WeightsBefore } from "./movement.ts";
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
  readonly mirror: Mirror;
  /** The optimizer state with which the round began, as the mirror's trainer exports it. */
  readonly startingState: Uint8Array<ArrayBuffer>;
  readonly weightsBefore: WeightsBefore;
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
  const moments = await compareState(check, upload.optimizerStateUrl);
  const optimizer = {
    verdict: judgeOptimizerState(moments.whole, moments.change, check.thresholds),
    likeness: moments.whole,
  };
  if (!optimizer.verdict.is_valid) return { optimizer, weights: undefined };
  return { optimizer, weights: await compareWeights(check, upload) };
}

async function compareState(
  check: UploadCheck,
  url: string,
): Promise<{ readonly whole: Likeness; readonly change: Likeness }> {
  const { mirror, dtype, startingState } = check;
  const ours = await mirror.options.trainer.exportOptimizerState(dtype);
  const comparison = new ChangeComparison();
  await readBeside(check, url, ours.length, (theirs, { start, end }) => {
    const [own, from] = [ours, startingState].map((bytes) =>
      vector(bytes.subarray(start, end), dtype)
    );
    comparison.add(own, theirs, from);
  });
  return { whole: likenessOf(comparison), change: comparison.change.likeness() };
}

async function compareWeights(
  check: UploadCheck,
  { weightsUrl, metadataUrl }: Upload,
): Promise<NonNullable<WeightFinding["weights"]>> {
  const { mirror, dtype, thresholds, weightsBefore } = check;
  const ours = await mirror.options.trainer.exportWeights(dtype);
  const before = weightsBefore.of({ bytes: ours, steps: mirror.steps });
  await checkMetadata(check, metadataUrl, ours.length);
  const comparison = new ChangeComparison();
  const movement = new Movement(mirror.steps - before.steps);
  await readBeside(check, weightsUrl, ours.length, (theirs, { start, end }) => {
    const [own, from] = [ours, before.bytes].map((bytes) =>
      vector(bytes.subarray(start, end), dtype)
    );
    comparison.add(own, theirs);
    movement.add(own, theirs, from);
  });
  const likeness = likenessOf(comparison);
  return { verdict: judgeWeights(likeness, thresholds, movement.share), likeness };
}

/**
 * Whether the metadata describe one vector of the layer's size, cut as all miners cut it: else
 * nobody can merge it. Into how many sections is not known here.
 */
async function checkMetadata(
  { fetchBytes, dtype }: UploadCheck,
  url: string,
  sizeBytes: number,
): Promise<void> {
  const metadata = readMetadata(
    await contentOf(fetchBytes(url, { maxBytes: MAX_METADATA_BYTES })),
  );
  const { tensor, sections } = metadata;
  const numSections = Object.keys(sections).length;
  if (numSections === 0) throw new ContentError("the metadata tell of no sections");
  const layout = { dtype, numElements: sizeBytes / ITEM_BYTES[dtype], numSections };
  for (let index = 0; index < numSections; index++) {
    const fault = sectionFault(metadata, index, layout);
    if (fault !== undefined) throw new ContentError(`by its metadata ${fault}`);
  }
  if (tensor.total_bytes !== sizeBytes) {
    throw new ContentError(`the metadata tell of ${tensor.total_bytes} bytes, not ${sizeBytes}`);
  }
}

function readMetadata(bytes: Uint8Array): VectorMetadata {
  try {
    return readVectorMetadata(bytes);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/** Gives a file of `sizeBytes` range by range. */
async function readBeside(
  { fetchBytes, dtype }: UploadCheck,
  url: string,
  sizeBytes: number,
  take: (theirs: HostTensor, range: { readonly start: number; readonly end: number }) => void,
): Promise<void> {
  await expectEnd(fetchBytes, url, sizeBytes);
  for (let start = 0; start < sizeBytes; start += RANGE_BYTES) {
    const range = { start, end: Math.min(sizeBytes, start + RANGE_BYTES) };
    const maxBytes = range.end - start;
    take(vector(await contentOf(fetchBytes(url, { range, maxBytes })), dtype), range);
  }
}

function vector(bytes: Uint8Array, dtype: WeightsDtype): HostTensor {
  return { dtype: DTYPES[dtype], shape: [bytes.length / ITEM_BYTES[dtype]], bytes };
}

/** @throws {WeftError} if ours are not finite */
function likenessOf({ whole }: ChangeComparison): Likeness {
  if (!whole.isOursFinite) throw new WeftError("the mirrored stage holds NaN or infinity");
  return whole.likeness();
}
