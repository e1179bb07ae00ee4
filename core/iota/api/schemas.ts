/**
 * What travels between orchestrator, miners and gradient validators, as JSON. One schema for both
 * ends: the server judges requests by it, the client answers.
 *
 * A field that the published side may leave out gets the default that its model has, because the
 * signature is over every field. Fields of Weft's own are optional, so that the published programs
 * are understood and understand.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/serializers.py`, `storage/serializers.py`,
 * `utils/partitions.py`.
 *
 * @module
 */

import * as v from "valibot";

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.string();
const orNull = <Schema extends v.GenericSchema>(
  schema: Schema,
): v.OptionalSchema<v.NullableSchema<Schema, undefined>, null> =>
  v.optional(v.nullable(schema), null);

/** Which way an activation goes; `initial` are the tokens of a batch. */
export const Direction = v.picklist(["forward", "backward", "initial"]);
export type Direction = v.InferOutput<typeof Direction>;

/** What a layer is doing. */
export const Phase = v.picklist([
  "is_training",
  "weights_uploading",
  "miners_merging_partitions",
]);
export type Phase = v.InferOutput<typeof Phase>;

/** Answer without content; an error's text is in `detail`, as FastAPI has it. */
export const Message = v.object({ message: text });
export const ErrorDetail = v.object({ detail: v.unknown() });

/** Answer to a registration. */
export const Registration = v.object({
  hotkey: text,
  layer: orNull(whole),
  message: v.optional(text, "Successfully registered"),
  version: orNull(text),
});
export type Registration = v.InferOutput<typeof Registration>;

export const Health = v.object({ status: text });
export const IsRegistered = v.object({ is_registered: v.boolean() });
export const IsActive = v.object({ is_active: v.boolean() });

/** A miner tells what it has done, and where the result lies. */
export const StatusUpdate = v.object({
  status: v.picklist(["forward", "backward", "initial", "idle"]),
  activation_uid: orNull(text),
  activation_path: orNull(text),
});
export type StatusUpdate = v.InferOutput<typeof StatusUpdate>;

export const LearningRate = v.pipe(v.number(), v.finite(), v.minValue(0));

export const LossReport = v.object({
  activation_uid: text,
  loss_value: v.pipe(v.number(), v.finite()),
});
export type LossReport = v.InferOutput<typeof LossReport>;

/** A loss as the orchestrator keeps it; the time is in seconds since 1970. */
export const LossRecord = v.object({ ...LossReport.entries, hotkey: text, timestamp: v.number() });
export type LossRecord = v.InferOutput<typeof LossRecord>;

export const LossReportAnswer = v.object({
  ...LossRecord.entries,
  message: v.optional(text, "Loss reported successfully"),
});

/** Work for a miner; with direction null there is none, for the reason given. */
export const Activation = v.object({
  activation_uid: orNull(text),
  activation_path: orNull(text),
  direction: orNull(Direction),
  initial_activation: orNull(text),
  initial_activation_path: orNull(text),
  reason: orNull(text),
});
export type Activation = v.InferOutput<typeof Activation>;

/** Phase of a layer. The published server may give the sections as a float. */
export const MergeInfo = v.object({
  status: Phase,
  num_sections: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0))), 1),
});
export type MergeInfo = v.InferOutput<typeof MergeInfo>;

export const PresignedUrlRequest = v.object({ path: text, expires_in: v.optional(whole, 3600) });
export type PresignedUrlRequest = v.InferOutput<typeof PresignedUrlRequest>;

/** Fields of an S3 POST policy, as deployments before 2025-06-25 gave them. */
export const PostPolicy = v.object({ url: text, fields: v.record(text, text) });
export type PostPolicy = v.InferOutput<typeof PostPolicy>;

/** Where one object may be put: a URL for PUT, or a form for POST. */
export const PresignedUpload = v.union([text, PostPolicy]);
export type PresignedUpload = v.InferOutput<typeof PresignedUpload>;

export const PresignedUrlAnswer = v.object({
  message: text,
  data: v.object({ presigned_data: PresignedUpload }),
});

/** Part sizes that clients ask for are held within S3's and the published bounds. */
export const MIN_PART_BYTES = 5 * 1024 ** 2;
export const MAX_PART_BYTES = 100 * 1024 ** 2;

export const InitiateUpload = v.object({
  path: text,
  file_size: whole,
  part_size: v.optional(v.pipe(whole, v.minValue(1)), MAX_PART_BYTES),
  expires_in: v.optional(whole, 3600),
});
export type InitiateUpload = v.InferOutput<typeof InitiateUpload>;

export const SingleUpload = v.object({
  use_multipart: v.literal(false),
  presigned_data: PresignedUpload,
});

export const MultipartUpload = v.object({
  use_multipart: v.literal(true),
  multipart_data: v.object({
    upload_id: text,
    presigned_urls: v.array(v.object({ url: text })),
    part_numbers: v.array(whole),
  }),
  part_size: whole,
  total_parts: whole,
});
export type MultipartUpload = v.InferOutput<typeof MultipartUpload>;

export const InitiateUploadAnswer = v.object({
  message: text,
  data: v.variant("use_multipart", [SingleUpload, MultipartUpload]),
});
export type InitiateUploadAnswer = v.InferOutput<typeof InitiateUploadAnswer>;

export const UploadedPart = v.object({ PartNumber: whole, ETag: text });
export type UploadedPart = v.InferOutput<typeof UploadedPart>;

export const CompleteUpload = v.object({
  path: text,
  upload_id: text,
  parts: v.array(UploadedPart),
});
export type CompleteUpload = v.InferOutput<typeof CompleteUpload>;

export const CompleteUploadAnswer = v.object({ message: text, data: v.object({ s3_path: text }) });
export const AbortUpload = v.object({ path: text, upload_id: text });
export type AbortUpload = v.InferOutput<typeof AbortUpload>;

export const DownloadRequest = v.object({
  activation_uid: text,
  direction: Direction,
  /** The layer that it is for; -1 for what layer 0 shows of its embedding's gradient. */
  layer: orNull(v.pipe(v.number(), v.integer(), v.minValue(-1))),
  delete: v.optional(v.boolean(), true),
  fetch_historic: v.optional(v.boolean(), false),
});
export type DownloadRequest = v.InferOutput<typeof DownloadRequest>;

export const ActivationUpload = v.object({
  activation_uid: text,
  layer: whole,
  direction: Direction,
  activation_path: text,
});
export type ActivationUpload = v.InferOutput<typeof ActivationUpload>;

export const PathAnswer = v.object({
  message: text,
  data: v.optional(v.nullable(v.object({ path: orNull(text) })), null),
});

/** Query of `notify_weights_uploaded`. */
export const WeightsUploaded = v.object({
  weights_path: text,
  metadata_path: text,
  optimizer_state_path: text,
  optimizer_state_metadata_path: text,
});
export type WeightsUploaded = v.InferOutput<typeof WeightsUploaded>;

/** `success` holds "success", or why the weights are not wanted. */
export const WeightsUploadedAnswer = v.object({ message: text, success: text });

/** Weights and optimizer state that a miner has uploaded for merging. */
export const SubmittedWeights = v.object({
  weights_path: text,
  weight_metadata_path: text,
  optimizer_state_path: text,
  optimizer_state_metadata_path: text,
  hotkey: text,
  weighting_factor: orNull(whole),
});
export type SubmittedWeights = v.InferOutput<typeof SubmittedWeights>;

/** What to merge: everyone's weights, and the numbers of the chunks that are ours. */
export const MinerChunks = v.tuple([v.array(SubmittedWeights), v.array(whole)]);
export type MinerChunks = v.InferOutput<typeof MinerChunks>;

/** Where a chunk lies in a flat vector; ends are exclusive. */
export const ChunkData = v.object({
  chunk_start_idx: orNull(whole),
  chunk_end_idx: orNull(whole),
  chunk_start_byte: orNull(whole),
  chunk_end_byte: orNull(whole),
  chunk_dtype: v.optional(v.nullable(text), "bfloat16"),
  chunk_length: orNull(whole),
});
export type ChunkData = v.InferOutput<typeof ChunkData>;

/** A merged chunk of a layer's weights and optimizer state. */
export const Partition = v.object({
  layer: whole,
  weight_data: orNull(ChunkData),
  optimizer_state_data: orNull(ChunkData),
  chunk_number: orNull(v.union([whole, v.literal("all")])),
  miner_hotkey: orNull(text),
  weight_path: orNull(text),
  weight_metadata_path: orNull(text),
  optimizer_state_path: orNull(text),
  optimizer_state_metadata_path: orNull(text),
  other_miner_hotkey: orNull(text),
});
export type Partition = v.InferOutput<typeof Partition>;

/** Merged weights of a layer; null before the first merge. */
export const LayerWeights = v.nullable(v.array(Partition));

/** Where the sections of an uploaded vector lie; ends are exclusive. Written beside the vector. */
export const VectorMetadata = v.object({
  tensor: v.object({
    dtype: text,
    size: v.array(whole),
    num_elements: whole,
    element_size: whole,
    total_bytes: whole,
  }),
  sections: v.record(
    text,
    v.object({ start_byte: whole, end_byte: whole, start_idx: whole, end_idx: whole }),
  ),
});
export type VectorMetadata = v.InferOutput<typeof VectorMetadata>;

/** Query with which a validator says where it answers. */
export const ValidatorAddress = v.object({
  host: text,
  port: v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(1)),
  scheme: v.optional(v.picklist(["http", "https"]), "http"),
});
export type ValidatorAddress = v.InferOutput<typeof ValidatorAddress>;

export const ValidatorRegistration = v.object({ message: text, version: orNull(text) });

/** Scores by uid. */
export const MinerScores = v.record(v.pipe(text, v.regex(/^\d+$/)), v.pipe(v.number(), v.finite()));
export type MinerScores = v.InferOutput<typeof MinerScores>;

/** What a gradient validator is asked. */
export const TrackRequest = v.object({
  layer: whole,
  miner_hotkey: text,
  weight_path: orNull(text),
});
export type TrackRequest = v.InferOutput<typeof TrackRequest>;

export const ValidationReason = v.picklist([
  "passed",
  "failed",
  "no-activation-path",
  "no-validation-possible",
  "no-forward-activations",
  "error-during-forward-pass",
  "error-during-backward-pass",
  "mock-mode",
  "magnitude-ratio-failed",
  "failed-optimizer-state",
  "weight-magnitude-ratio-failed",
]);
export type ValidationReason = v.InferOutput<typeof ValidationReason>;

/** What a gradient validator found. */
export const Validation = v.object({ is_valid: v.boolean(), score: v.number(), reason: text });
export type Validation = v.InferOutput<typeof Validation>;

/** Answer of a miner's health endpoint; the time is in seconds since 1970. */
export const MinerHealth = v.object({
  status: text,
  hotkey: text,
  layer: v.nullable(whole),
  uid: v.nullable(whole),
  registered: v.boolean(),
  timestamp: v.number(),
});
export type MinerHealth = v.InferOutput<typeof MinerHealth>;
