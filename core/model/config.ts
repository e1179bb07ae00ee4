/**
 * A model's sizes and where it is cut into stages, in our words and in the published JSON.
 *
 * Source: macrocosm-os/iota @ 56aee24, `model/configs.py`.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { MAX_HEAD_DIM } from "../ops/attention.ts";
import { type RopeConfig, ropeTable } from "../reference/rope.ts";
import type { StageKind, StageShape } from "../reference/stage_shape.ts";

/** Blocks from `start` to `end`; -1 as start is the head, -1 as end is the tail. */
export type Split = readonly [start: number, end: number];

/** Everything that fixes a model. */
export interface ModelConfig {
  readonly name: string;
  /** What the clip norm of a stage is measured against; not always the true count. */
  readonly totalGlobalParams: number;
  readonly V: number;
  readonly C: number;
  /** Width of activations between stages, or null for C. */
  readonly K: number | null;
  readonly NH: number;
  readonly NKV: number;
  readonly H: number;
  readonly blocks: number;
  readonly rope: RopeConfig;
  readonly splits: readonly Split[];
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));

const PublishedConfig = v.object({
  model_name: v.string(),
  total_global_params: whole,
  vocab_size: whole,
  context_length: whole,
  orig_context_length: whole,
  emb_dim: whole,
  bottleneck_dim: v.nullable(whole),
  n_heads: whole,
  n_layers: whole,
  hidden_dim: whole,
  n_kv_groups: whole,
  rope_base: positive,
  rope_freq: v.object({
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_context_length: whole,
  }),
  splits: v.optional(
    v.array(v.tuple([v.pipe(v.number(), v.integer()), v.pipe(v.number(), v.integer())])),
  ),
});

/**
 * Reads a model from the published JSON's fields; `splits` may stand beside them or be given.
 * @param source file name or the like, for the error
 * @throws {UsageError} if a field is missing or wrong, or the sizes do not fit together
 */
export function parseModelConfig(
  json: unknown,
  source: string,
  splits?: readonly Split[],
): ModelConfig {
  const parsed = v.safeParse(PublishedConfig, json);
  if (!parsed.success) {
    const { message } = parsed.issues[0];
    const path = v.getDotPath(parsed.issues[0]) ?? "the whole";
    throw new UsageError(`model ${source}: field ${path}: ${message}`);
  }
  const fields = parsed.output;
  const config: ModelConfig = {
    name: fields.model_name,
    totalGlobalParams: fields.total_global_params,
    V: fields.vocab_size,
    C: fields.emb_dim,
    K: fields.bottleneck_dim,
    NH: fields.n_heads,
    NKV: fields.n_kv_groups,
    H: fields.hidden_dim,
    blocks: fields.n_layers,
    rope: {
      ropeBase: fields.rope_base,
      contextLength: fields.context_length,
      origContextLength: fields.orig_context_length,
      factor: fields.rope_freq.factor,
      lowFreqFactor: fields.rope_freq.low_freq_factor,
      highFreqFactor: fields.rope_freq.high_freq_factor,
      originalContextLength: fields.rope_freq.original_context_length,
    },
    splits: splits ?? fields.splits ?? thirds(fields.n_layers),
  };
  checkModelConfig(config);
  return config;
}

/** Head, body and tail of about the same number of blocks; of two blocks, head and tail. */
function thirds(blocks: number): Split[] {
  if (blocks < 3) return [[-1, 1], [1, -1]];
  const first = Math.round(blocks / 3);
  const second = Math.round(2 * blocks / 3);
  return [[-1, first], [first, second], [second, -1]];
}

/**
 * @throws {UsageError} if sizes or splits do not fit together
 */
export function checkModelConfig(config: ModelConfig): void {
  const { name, C, K, NH, NKV, blocks, splits } = config;
  const headDim = C / NH;
  const wrong = (what: string): never => {
    throw new UsageError(`model ${name}: ${what}`);
  };
  if (headDim % 2 !== 0) {
    wrong(`emb_dim ${C} over n_heads ${NH} must give an even head size: change one of them`);
  }
  if (headDim > MAX_HEAD_DIM) {
    wrong(`a head has ${headDim} channels, at most ${MAX_HEAD_DIM} are supported: use more heads`);
  }
  if (NH % NKV !== 0) wrong(`n_kv_groups ${NKV} must divide n_heads ${NH}`);
  if (K !== null && K >= C) wrong(`bottleneck_dim ${K} must be below emb_dim ${C}, or null`);
  if (blocks < 2) wrong(`n_layers ${blocks}: a head and a tail need at least two blocks`);
  let next = -1;
  splits.forEach(([start, end], index) => {
    const last = index === splits.length - 1;
    const from = start === -1 ? 0 : start;
    if (start !== next || (last ? end !== -1 : end <= from) || from >= blocks || end > blocks) {
      wrong(
        `split [${start}, ${end}] does not fit: splits must run from -1 through ${blocks} blocks ` +
          `to -1 without a gap, such as ${JSON.stringify(thirds(blocks))}`,
      );
    }
    next = end;
  });
  if (splits.length < 2) {
    wrong("a pipeline has at least a head and a tail: give two splits or more");
  }
}

/** Which kind of stage a split is. */
export function stageKind([start, end]: Split): StageKind {
  return start === -1 ? "head" : end === -1 ? "tail" : "body";
}

/** Blocks in a split. */
export function splitBlocks({ blocks }: Pick<ModelConfig, "blocks">, [start, end]: Split): number {
  return (end === -1 ? blocks : end) - Math.max(0, start);
}

/** Sizes of one stage for batches of B samples of T tokens. */
export function stageShape(config: ModelConfig, split: Split, B: number, T: number): StageShape {
  const { C, K, NH, NKV, H, V } = config;
  return {
    kind: stageKind(split),
    blocks: splitBlocks(config, split),
    ...{ B, T, C, K, NH, NKV, H, V },
    rope: ropeTable(T, C / NH, config.rope),
  };
}
