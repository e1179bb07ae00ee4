/**
 * The golden files, opened: numbers that the published PyTorch model computed, with what is needed
 * to compute them again.
 *
 * @module
 */

import * as v from "valibot";
import { readSafetensors } from "../../core/formats/safetensors.ts";
import { type Parameters } from "../../core/reference/parameters.ts";
import { type RopeConfig, ropeTable } from "../../core/reference/rope.ts";
import { type StageKind, type StageShape } from "../../core/reference/stage_shape.ts";

/** Pipeline order. */
export const STAGES: readonly StageKind[] = ["head", "body", "tail"];

const Config = v.object({
  vocab_size: v.number(),
  context_length: v.number(),
  orig_context_length: v.number(),
  emb_dim: v.number(),
  bottleneck_dim: v.nullable(v.number()),
  n_heads: v.number(),
  n_layers: v.number(),
  hidden_dim: v.number(),
  n_kv_groups: v.number(),
  rope_base: v.number(),
  rope_freq: v.object({
    factor: v.number(),
    low_freq_factor: v.number(),
    high_freq_factor: v.number(),
    original_context_length: v.number(),
  }),
});

const json = <Output>(schema: v.GenericSchema<unknown, Output>): v.GenericSchema<string, Output> =>
  v.pipe(v.string(), v.parseJson(), schema);

const PerStage = v.object({
  head: v.array(v.string()),
  body: v.array(v.string()),
  tail: v.array(v.string()),
});

const Metadata = v.object({
  config: json(Config),
  splits: json(v.array(v.tuple([v.number(), v.number()]))),
  losses: json(v.array(v.number())),
  grad_norms_step1: json(v.array(v.tuple([v.string(), v.number(), v.number()]))),
  param_order: json(PerStage),
  no_gradient: json(v.array(v.string())),
  total_global_params: json(v.number()),
  lr: json(v.number()),
  eps: json(v.number()),
  weight_decay: json(v.number()),
  betas: v.string(),
});

/** One golden file. */
export interface Golden {
  metadata: v.InferOutput<typeof Metadata>;
  tokens: Int32Array;
  /** The shape of one of its three stages. */
  stage: (kind: StageKind) => StageShape;
  /** A float32 tensor. */
  tensor: (name: string) => Float32Array;
  /** Every tensor whose name begins with `prefix`, under the rest of its name. */
  tensors: (prefix: string) => Parameters;
}

/** Opens `test/golden/iota-{name}-f32.safetensors`. */
export async function openGolden(name: "tiny" | "odd"): Promise<Golden> {
  const url = new URL(`../golden/iota-${name}-f32.safetensors`, import.meta.url);
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const file = readSafetensors(bytes);
  const metadata = v.parse(Metadata, file.metadata);
  const entry = (key: string, dtype: string): { shape: readonly number[]; buffer: ArrayBuffer } => {
    const found = file.tensors.get(key);
    if (found === undefined) throw new RangeError(`golden file ${name} has no tensor ${key}`);
    if (found.dtype !== dtype) throw new TypeError(`${key} is ${found.dtype}, not ${dtype}`);
    return { shape: found.shape, buffer: found.bytes.slice().buffer };
  };
  const tensor = (key: string): Float32Array => new Float32Array(entry(key, "f32").buffer);
  const tokens = entry("tokens", "i32");
  const [B, T] = tokens.shape;
  const keys = [...file.tensors.keys()];
  return {
    metadata,
    tokens: new Int32Array(tokens.buffer),
    stage: (kind) => stageShape(metadata, kind, B, T),
    tensor,
    tensors: (prefix) =>
      new Map(
        keys.filter((key) => key.startsWith(prefix))
          .map((key) => [key.slice(prefix.length), tensor(key)]),
      ),
  };
}

function ropeConfig({ config }: Golden["metadata"]): RopeConfig {
  return {
    ropeBase: config.rope_base,
    contextLength: config.context_length,
    origContextLength: config.orig_context_length,
    factor: config.rope_freq.factor,
    lowFreqFactor: config.rope_freq.low_freq_factor,
    highFreqFactor: config.rope_freq.high_freq_factor,
    originalContextLength: config.rope_freq.original_context_length,
  };
}

function stageShape(
  metadata: Golden["metadata"],
  kind: StageKind,
  B: number,
  T: number,
): StageShape {
  const { config, splits } = metadata;
  const [start, end] = splits[STAGES.indexOf(kind)];
  return {
    kind,
    blocks: (end < 0 ? config.n_layers : end) - Math.max(start, 0),
    B,
    T,
    C: config.emb_dim,
    K: config.bottleneck_dim,
    NH: config.n_heads,
    NKV: config.n_kv_groups,
    H: config.hidden_dim,
    V: config.vocab_size,
    rope: ropeTable(T, config.emb_dim / config.n_heads, ropeConfig(metadata)),
  };
}
