/**
 * A whole swarm in one JSON document: what the page shows and `--json` prints. Times are in
 * milliseconds since 1970, losses in nats a token.
 *
 * @module
 */

import * as v from "valibot";
import type { ModelConfig } from "../../model/config.ts";
import { Phase } from "../api/schemas.ts";

const text = v.string();
const number = v.number();
const orNull = <Schema extends v.GenericSchema>(
  schema: Schema,
): v.NullableSchema<Schema, undefined> => v.nullable(schema);

/** Far above what any swarm is run with: beyond is a mistake, or a trap. */
const MOST = {
  ...{ samples: 65_536, tokens: 131_072, steps: 1_000_000, cached: 4096 },
  ...{ parameters: 1e15, vocabulary: 2 ** 24, channels: 2 ** 17, heads: 4096, blocks: 4096 },
  ...{ hidden: 2 ** 20, context: 2 ** 30, name: 100 },
} as const;

/** @param most of whole numbers from `least` up */
function whole(most: number, least = 1): v.GenericSchema<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const modelName = v.pipe(
  text,
  v.regex(/^\P{C}+$/u, "a name must be of printable letters"),
  v.maxLength(MOST.name),
);
const border = whole(MOST.blocks, -1);

/** A model in the fields of the published JSON: what `--model FILE.json` takes. */
export const ModelFields = v.object({
  model_name: modelName,
  total_global_params: whole(MOST.parameters),
  vocab_size: whole(MOST.vocabulary),
  context_length: whole(MOST.context),
  orig_context_length: whole(MOST.context),
  emb_dim: whole(MOST.channels),
  bottleneck_dim: orNull(whole(MOST.channels)),
  n_heads: whole(MOST.heads),
  n_layers: whole(MOST.blocks),
  hidden_dim: whole(MOST.hidden),
  n_kv_groups: whole(MOST.heads),
  rope_base: positive,
  rope_freq: v.object({
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_context_length: whole(MOST.context),
  }),
  splits: v.pipe(v.array(v.tuple([border, border])), v.maxLength(MOST.blocks)),
});
export type ModelFields = v.InferOutput<typeof ModelFields>;

/** A model as the overview tells it; `parseModelConfig` makes the same model of it again. */
export function modelFields(model: ModelConfig): ModelFields {
  const { rope } = model;
  return {
    model_name: model.name,
    total_global_params: model.totalGlobalParams,
    vocab_size: model.V,
    context_length: rope.contextLength,
    orig_context_length: rope.origContextLength,
    emb_dim: model.C,
    bottleneck_dim: model.K,
    n_heads: model.NH,
    n_layers: model.blocks,
    hidden_dim: model.H,
    n_kv_groups: model.NKV,
    rope_base: rope.ropeBase,
    rope_freq: {
      factor: rope.factor,
      low_freq_factor: rope.lowFreqFactor,
      high_freq_factor: rope.highFreqFactor,
      original_context_length: rope.originalContextLength,
    },
    splits: model.splits.map(([start, end]) => [start, end]),
  };
}

/** What every member of the swarm must go by, beside the overview's `model`. */
export const TrainingView = v.object({
  /** Backwards before a miner's own optimizer step. */
  localOptimizerSteps: whole(MOST.steps),
  /** Numbers in which weights and optimizer state travel. */
  weightsDtype: v.picklist(["bfloat16", "float32"], "expected bfloat16 or float32"),
  /** Batches that a miner may have between forward and backward. */
  maxCachedActivations: whole(MOST.cached),
  /** Decides the weights before the first merge; null where the orchestrator was told none. */
  seed: orNull(whole(2 ** 32 - 1, 0)),
  model: ModelFields,
});
export type TrainingView = v.InferOutput<typeof TrainingView>;

/** What a miner does to the loss; see `clasp.ts`. */
export const CreditView = v.object({
  pathways: number,
  effect: orNull(number),
  standardError: orNull(number),
  outlier: orNull(v.picklist(["harmful", "too good"])),
});

export const LayerView = v.object({
  layer: number,
  phase: Phase,
  phaseSinceMs: number,
  merges: number,
  miners: number,
  /** Miners that have asked lately. */
  activeMiners: number,
  /** Forwards that wait for a miner, and those that a miner works on. */
  waiting: number,
  leased: number,
  /** Backwards since the last merge: of the slowest miner, all together, and what one must have. */
  leastBackwards: number,
  backwards: number,
  wantedBackwards: whole(MOST.steps),
  /** Miners that have uploaded, and that have merged, in the running merge. */
  uploaded: number,
  merged: number,
  /** Pieces of work that all its miners together do in a second; 0 if not known. */
  perSecond: number,
});
export type LayerView = v.InferOutput<typeof LayerView>;

export const MinerView = v.object({
  hotkey: text,
  uid: orNull(number),
  layer: number,
  isActive: v.boolean(),
  seenMs: number,
  registeredMs: number,
  backwards: number,
  forwardsEver: number,
  backwardsEver: number,
  /** Milliseconds from the handing out of work to its upload; 0 if not known. */
  meanWorkMs: number,
  /** Batches between its forward and its backward. */
  cached: number,
  /** Null for a miner without a uid. */
  score: orNull(number),
  credit: orNull(CreditView),
});
export type MinerView = v.InferOutput<typeof MinerView>;

export const LossPoint = v.object({
  timeMs: number,
  upTo: number,
  mean: number,
  least: number,
  most: number,
});

export const MergeView = v.object({
  layer: number,
  merge: number,
  startMs: number,
  uploadedMs: orNull(number),
  endMs: orNull(number),
  status: v.picklist(["running", "completed", "failed"]),
});

export const EventView = v.object({
  sequence: number,
  timeMs: number,
  kind: text,
  layer: orNull(number),
  hotkey: orNull(text),
  text,
});
export type EventView = v.InferOutput<typeof EventView>;

export const Overview = v.object({
  timeMs: number,
  /** The orchestrator's. */
  hotkey: text,
  version: text,
  netuid: number,
  model: v.object({
    name: modelName,
    parameters: number,
    layers: number,
    batch: whole(MOST.samples),
    seq: whole(MOST.tokens, 2),
  }),
  training: TrainingView,
  totals: v.object({
    miners: number,
    activeMiners: number,
    /** Finished batches, by their reported losses. */
    batches: number,
    batchesPerMinute: number,
    tokensPerSecond: number,
    merges: number,
    /** Mean of the last 32; null before the first. */
    loss: orNull(number),
    learningRate: number,
  }),
  layers: v.array(LayerView),
  /** At most a thousand: first those that stand out. */
  miners: v.array(MinerView),
  losses: v.array(LossPoint),
  merges: v.array(MergeView),
  validators: v.array(v.object({
    hotkey: text,
    url: text,
    tracked: orNull(v.object({ hotkey: text, layer: number, sinceMs: number })),
  })),
  credit: v.object({
    pathways: number,
    noise: orNull(number),
    /** Hotkeys, the largest effect first. */
    outliers: v.array(v.object({ hotkey: text, layer: number, effect: number })),
  }),
  /** The latest first. */
  events: v.array(EventView),
});
export type Overview = v.InferOutput<typeof Overview>;
