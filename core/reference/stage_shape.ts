/**
 * What a pipeline stage of the IOTA model consists of: its blocks and its parameters, under the
 * names and in the order in which they travel. Nothing here computes.
 * Source: macrocosm-os/iota @ 56aee24, `model/llama3/{modules,splits}.py`.
 *
 * @module
 */

import type { RopeTable } from "./rope.ts";

/** Where in the pipeline a stage stands: tokens enter at the head, logits leave at the tail. */
export type StageKind = "head" | "body" | "tail";

/** Everything that fixes the computation of one stage. */
export interface StageShape {
  kind: StageKind;
  /** Blocks in this stage, at least 1. */
  blocks: number;
  B: number;
  T: number;
  /** A multiple of 2 NH. */
  C: number;
  /** Less than C, or null: no bottleneck, activations between stages are (B, T, C). */
  K: number | null;
  NH: number;
  /** A divisor of NH. */
  NKV: number;
  H: number;
  V: number;
  /** cos and sin (T, HD/2). */
  rope: RopeTable;
}

/** One block of a stage. */
export interface BlockShape {
  /** What its parameters' names begin with. */
  prefix: string;
  /** A bottleneck block ends in K channels instead of C. */
  bottleneck: boolean;
  /** Channels of its input, C or K. A block with K of them decodes them to C first. */
  width: number;
}

/** A parameter's name on the wire and its dimensions; a linear's are (out, in). */
export interface ParameterShape {
  name: string;
  dims: number[];
}

/**
 * The blocks of a stage, first to last. With a bottleneck the last block of head and body narrows
 * to K channels, and the first block of body and tail starts from K.
 *
 * @throws RangeError if the dimensions do not fit together
 */
export function blockShapes(shape: StageShape): BlockShape[] {
  const { kind, blocks, C, K, NH, NKV } = shape;
  if (blocks < 1) throw new RangeError(`a stage has at least 1 block, not ${blocks}`);
  if (C % (2 * NH) !== 0) throw new RangeError(`C ${C} is not a multiple of 2 * NH, NH = ${NH}`);
  if (NH % NKV !== 0) throw new RangeError(`NKV ${NKV} does not divide NH ${NH}`);
  if (K !== null && K >= C) throw new RangeError(`bottleneck K ${K} must be less than C ${C}`);
  return Array.from({ length: blocks }, (_, index) => ({
    prefix: `trf_blocks.${index}.`,
    bottleneck: K !== null && kind !== "tail" && index === blocks - 1,
    width: K !== null && kind !== "head" && index === 0 ? K : C,
  }));
}

/**
 * The parameters of a stage in wire order. A bottleneck block always owns a decoder, even where its
 * input has C channels: such a decoder is never read and never gets a gradient.
 *
 * @throws RangeError if the dimensions do not fit together
 */
export function parameterShapes(shape: StageShape): ParameterShape[] {
  const { kind, C, V } = shape;
  return [
    ...(kind === "head" ? [{ name: "tok_emb.weight", dims: [V, C] }] : []),
    ...blockShapes(shape).flatMap((block) => blockParameters(shape, block)),
    ...(kind === "tail"
      ? [{ name: "final_norm.weight", dims: [C] }, { name: "out_head.weight", dims: [V, C] }]
      : []),
  ];
}

function blockParameters(shape: StageShape, block: BlockShape): ParameterShape[] {
  const { C, K, NH, NKV, H } = shape;
  const KV = NKV * (C / NH);
  const named = (name: string, ...dims: number[]): ParameterShape => ({
    name: `${block.prefix}${name}.weight`,
    dims,
  });
  const decoder = K === null ? [] : [named("bottleneck_decoder.bottleneck_decoder.0", C, K)];
  const narrow = K === null ? [] : [named("ff.fc4", K, C)];
  return [
    ...(block.bottleneck ? decoder : []),
    named("att.W_key", KV, C),
    named("att.W_value", KV, C),
    named("att.W_query", C, C),
    named("att.out_proj", C, C),
    named("ff.fc1", H, C),
    named("ff.fc2", H, C),
    named("ff.fc3", C, H),
    ...(block.bottleneck ? narrow : []),
    named("norm1", C),
    named("norm2", C),
    ...(!block.bottleneck && block.width !== C ? decoder : []),
  ];
}
