/**
 * Every route of the orchestrator and of a gradient validator: what is asked, what is answered, who
 * may ask, and how often.
 *
 * Source: macrocosm-os/iota @ 56aee24, `miner/api_client.py`, `orchestrator/api.py`,
 * `storage/api.py`, `orchestrator/gradient_validator_api.py`.
 *
 * @module
 */

import * as v from "valibot";
import * as s from "./schemas.ts";

/** The version of the published protocol that is spoken here, sent as `X-Spec-Version`. */
export const SPEC_VERSION = 4065;

/** Headers beside Epistula's. */
export const SPEC_VERSION_HEADER = "X-Spec-Version";
export const ORCHESTRATOR_VERSION_HEADER = "X-Orchestrator-Version";
/**
 * Weft's own: the seconds that a server may hold back the answer to `randomActivation` or `phase`
 * until there is something to tell. The published server does not know it and answers at once.
 */
export const WAIT_HEADER = "X-Weft-Wait";
/** Beside it on `phase`: the phase that who asks knows already. */
export const KNOWN_PHASE_HEADER = "X-Weft-Known-Phase";
/** Beside it on `randomActivation`, with any value: layer 0 begins no batch now, gradients only. */
export const NO_BATCH_HEADER = "X-Weft-No-Batch";

/** Who may ask: the dashboards' routes are open to all, without a signature. */
export type Access = "public" | "miner" | "validator" | "orchestrator";

/** One route. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: Access;
  readonly query?: v.GenericSchema<unknown, Record<string, unknown>>;
  /** Of the JSON body; without one the signature is over `{}`. */
  readonly body?: v.GenericSchema;
  readonly answer: v.GenericSchema;
  /** Requests that one key may make. */
  readonly limit: { readonly requests: number; readonly perSeconds: number };
}

/** `LIMIT` and `HIGH_LIMIT` of the published server, and its limit for losses. */
const LIMIT = { requests: 1, perSeconds: 1 };
const HIGH_LIMIT = { requests: 10, perSeconds: 1 };
const LOSS_LIMIT = { requests: 15, perSeconds: 60 };

const layerText = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number));

/** The orchestrator's routes. */
export const ROUTES = {
  registerMiner: {
    method: "POST",
    path: "/orchestrator/register_miner",
    access: "miner",
    body: v.object({}),
    answer: s.Registration,
    limit: LIMIT,
  },
  health: {
    method: "GET",
    path: "/orchestrator/healthcheck",
    access: "public",
    answer: s.Health,
    limit: HIGH_LIMIT,
  },
  isRegistered: {
    method: "GET",
    path: "/orchestrator/is_registered",
    access: "miner",
    answer: s.IsRegistered,
    limit: LIMIT,
  },
  updateStatus: {
    method: "POST",
    path: "/orchestrator/miners/status",
    access: "miner",
    body: s.StatusUpdate,
    answer: s.Message,
    limit: HIGH_LIMIT,
  },
  learningRate: {
    method: "GET",
    path: "/orchestrator/request_learning_rate",
    access: "miner",
    answer: s.LearningRate,
    limit: LIMIT,
  },
  reportLoss: {
    method: "POST",
    path: "/orchestrator/miners/report_loss",
    access: "miner",
    body: s.LossReport,
    answer: s.LossReportAnswer,
    limit: HIGH_LIMIT,
  },
  randomActivation: {
    method: "POST",
    path: "/storage/activations/random",
    access: "miner",
    answer: s.Activation,
    limit: HIGH_LIMIT,
  },
  isActive: {
    method: "GET",
    path: "/storage/activations/is_active",
    access: "miner",
    query: v.object({ layer: layerText, activation_uid: v.string() }),
    answer: s.IsActive,
    limit: HIGH_LIMIT,
  },
  phase: {
    method: "GET",
    path: "/orchestrator/is_merging",
    access: "miner",
    query: v.object({ layer: layerText }),
    answer: s.MergeInfo,
    limit: LIMIT,
  },
  presignedUrl: {
    method: "GET",
    path: "/storage/presigned_url",
    access: "miner",
    body: s.PresignedUrlRequest,
    answer: s.PresignedUrlAnswer,
    limit: HIGH_LIMIT,
  },
  initiateUpload: {
    method: "POST",
    path: "/storage/multipart_upload/initiate",
    access: "miner",
    body: s.InitiateUpload,
    answer: s.InitiateUploadAnswer,
    limit: HIGH_LIMIT,
  },
  completeUpload: {
    method: "POST",
    path: "/storage/multipart_upload/complete",
    access: "miner",
    body: s.CompleteUpload,
    answer: s.CompleteUploadAnswer,
    limit: HIGH_LIMIT,
  },
  abortUpload: {
    method: "POST",
    path: "/storage/multipart_upload/abort",
    access: "miner",
    body: s.AbortUpload,
    answer: s.Message,
    limit: HIGH_LIMIT,
  },
  weightsUploaded: {
    method: "POST",
    path: "/orchestrator/miners/notify_weights_uploaded",
    access: "miner",
    query: s.WeightsUploaded,
    answer: s.WeightsUploadedAnswer,
    limit: LIMIT,
  },
  chunksForMiner: {
    method: "GET",
    path: "/orchestrator/get_chunks_for_miner",
    access: "miner",
    answer: s.MinerChunks,
    limit: LIMIT,
  },
  partitionsUploaded: {
    method: "POST",
    path: "/orchestrator/miners/notify_merged_partitions_uploaded",
    access: "miner",
    body: v.array(s.Partition),
    answer: s.Message,
    limit: LIMIT,
  },
  layerWeights: {
    method: "GET",
    path: "/storage/weights/layer/{layer}",
    access: "miner",
    query: v.object({ layer: layerText }),
    answer: s.LayerWeights,
    limit: LIMIT,
  },
  downloadActivation: {
    method: "POST",
    path: "/storage/activations/download",
    access: "validator",
    body: s.DownloadRequest,
    answer: s.PathAnswer,
    limit: HIGH_LIMIT,
  },
  uploadActivation: {
    method: "POST",
    path: "/storage/activations/upload",
    access: "miner",
    body: s.ActivationUpload,
    answer: s.PathAnswer,
    limit: HIGH_LIMIT,
  },
  registerValidator: {
    method: "POST",
    path: "/orchestrator/register_validator",
    access: "validator",
    query: s.ValidatorAddress,
    answer: s.ValidatorRegistration,
    limit: LIMIT,
  },
  submitScores: {
    method: "POST",
    path: "/orchestrator/submit_miner_weights",
    access: "validator",
    body: s.MinerScores,
    answer: s.Message,
    limit: LIMIT,
  },
  globalScores: {
    method: "GET",
    path: "/orchestrator/global_weights_of_miners",
    access: "validator",
    answer: s.MinerScores,
    limit: LIMIT,
  },
  losses: {
    method: "GET",
    path: "/orchestrator/losses",
    access: "public",
    answer: v.object({ losses: v.record(v.string(), v.array(s.LossRecord)) }),
    limit: LOSS_LIMIT,
  },
} as const satisfies Record<string, Route>;

/** Name of a route of the orchestrator. */
export type RouteName = keyof typeof ROUTES;

/** The routes of a gradient validator, which only its orchestrator may ask. */
export const VALIDATOR_ROUTES = {
  initialize: {
    method: "POST",
    path: "/gradient-validator/initialize",
    access: "orchestrator",
    body: s.TrackRequest,
    answer: s.Message,
    limit: HIGH_LIMIT,
  },
  forward: {
    method: "POST",
    path: "/gradient-validator/forward",
    access: "orchestrator",
    query: v.object({ activation_uid: v.string(), direction: s.Direction }),
    answer: s.Validation,
    limit: HIGH_LIMIT,
  },
  backward: {
    method: "POST",
    path: "/gradient-validator/backward",
    access: "orchestrator",
    query: v.object({ activation_uid: v.string() }),
    answer: s.Validation,
    limit: HIGH_LIMIT,
  },
  validateWeights: {
    method: "POST",
    path: "/gradient-validator/validate-weights",
    access: "orchestrator",
    query: v.object({
      weights_path: v.string(),
      metadata_path: v.string(),
      optimizer_state_path: v.string(),
    }),
    answer: s.Validation,
    limit: HIGH_LIMIT,
  },
  status: {
    method: "GET",
    path: "/gradient-validator/status",
    access: "public",
    answer: v.record(v.string(), v.unknown()),
    limit: HIGH_LIMIT,
  },
} as const satisfies Record<string, Route>;

/** Name of a route of a gradient validator. */
export type ValidatorRouteName = keyof typeof VALIDATOR_ROUTES;

/** What a route is asked with, as whoever asks writes it. */
export type Asked<R extends Route> =
  & (R extends { readonly query: infer Q extends v.GenericSchema }
    ? { readonly query: v.InferOutput<Q> }
    : { readonly query?: undefined })
  & (R extends { readonly body: infer B extends v.GenericSchema }
    ? { readonly body: v.InferInput<B> }
    : { readonly body?: undefined });

/** What a route is asked with, as its server reads it. */
export type Read<R extends Route> =
  & (R extends { readonly query: infer Q extends v.GenericSchema }
    ? { readonly query: v.InferOutput<Q> }
    : { readonly query?: undefined })
  & (R extends { readonly body: infer B extends v.GenericSchema }
    ? { readonly body: v.InferOutput<B> }
    : { readonly body?: undefined });

/** What a route answers. */
export type Answer<R extends Route> = v.InferOutput<R["answer"]>;
