/**
 * One transformer block: an attention half and a feed-forward half, each around a residual.
 *
 *     input x (R, width)                width is C, or K in the first block after a stage border
 *     base = width = C ? x : relu(x Wdᵀ)                                            (R, C)
 *     mid  = attention(rmsnorm(base, norm1)) Woᵀ, plus x on its first width channels (R, C)
 *     f    = swiglu(rmsnorm(mid, norm2) [W1; W2]ᵀ) W3ᵀ                               (R, C)
 *     plain block:      out = f + mid                                               (R, C)
 *     bottleneck block: out = silu(f) W4ᵀ + mid[:, :K]                              (R, K)
 *
 * The residual is x itself, not the decoded base: so the K channels that cross a stage border are
 * one uninterrupted residual stream.
 *
 * @module
 */

import { attentionBackward, type AttentionDims, attentionForward } from "./attention.ts";
import { linearBackward, linearForward } from "./linear.ts";
import { gradient, parameter, type Parameters } from "./parameters.ts";
import { reluBackward, reluForward } from "./relu.ts";
import { addChannels } from "./residual.ts";
import { rmsnormBackward, rmsnormForward } from "./rmsnorm.ts";
import { ropeBackward, ropeForward } from "./rope.ts";
import { siluBackward, siluForward } from "./silu.ts";
import type { BlockShape, StageShape } from "./stage_shape.ts";
import { swigluBackward, swigluForward } from "./swiglu.ts";

/** What a block's forward keeps for its backward. */
export interface SavedBlock {
  attention: SavedAttention;
  feedForward: SavedFeedForward;
}

/** x (R, width); base, norm, q, out (R, C); k, v (R, NKV*HD); lse (B, NH, T). q, k rotated. */
interface SavedAttention {
  x: Float32Array;
  base: Float32Array;
  norm: Float32Array;
  q: Float32Array;
  k: Float32Array;
  v: Float32Array;
  out: Float32Array;
  lse: Float32Array;
}

/** mid, norm, f, silu (R, C); gateup (R, 2H); act (R, H). silu is null in a plain block. */
interface SavedFeedForward {
  mid: Float32Array;
  norm: Float32Array;
  gateup: Float32Array;
  act: Float32Array;
  f: Float32Array;
  silu: Float32Array | null;
}

const DECODER = "bottleneck_decoder.bottleneck_decoder.0";

/**
 * The block's output, (R, K) for a bottleneck block and (R, C) for a plain one.
 *
 * @param x (R, block.width)
 * @param params values by wire name
 */
export function blockForward(
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  x: Float32Array,
): { out: Float32Array; saved: SavedBlock } {
  const { mid, saved: attention } = attentionHalfForward(shape, block, params, x);
  const { out, saved: feedForward } = feedForwardHalfForward(shape, block, params, mid);
  return { out, saved: { attention, feedForward } };
}

/**
 * @param grads gradients by wire name, `+=`; one that is not there yet starts from zeros
 * @param dout (R, K) or (R, C), like the block's output
 * @returns dinp (R, block.width)
 */
export function blockBackward(
  grads: Parameters,
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  saved: SavedBlock,
  dout: Float32Array,
): Float32Array {
  const dmid = feedForwardHalfBackward(grads, shape, block, params, saved.feedForward, dout);
  return attentionHalfBackward(grads, shape, block, params, saved.attention, dmid);
}

function attentionHalfForward(
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  x: Float32Array,
): { mid: Float32Array; saved: SavedAttention } {
  const { B, T, C, NH, NKV, rope } = shape;
  const [R, HD] = [B * T, C / NH];
  const weight = (name: string): Float32Array => parameter(params, wireName(block, name));

  let base = x;
  if (block.width !== C) {
    base = linear(x, weight(DECODER), R, block.width, C);
    reluForward(base, base, R * C);
  }
  const norm = new Float32Array(R * C);
  rmsnormForward(norm, base, weight("norm1"), R, C);
  const q = linear(norm, weight("att.W_query"), R, C, C);
  const k = linear(norm, weight("att.W_key"), R, C, NKV * HD);
  const v = linear(norm, weight("att.W_value"), R, C, NKV * HD);
  ropeForward(q, rope.cos, rope.sin, B, T, NH, HD);
  ropeForward(k, rope.cos, rope.sin, B, T, NKV, HD);
  const out = new Float32Array(R * C);
  const lse = new Float32Array(B * NH * T);
  attentionForward(out, lse, q, k, v, attentionDims(shape));
  const mid = linear(out, weight("att.out_proj"), R, C, C);
  addChannels(mid, x, R, C, block.width);
  return { mid, saved: { x, base, norm, q, k, v, out, lse } };
}

function attentionHalfBackward(
  grads: Parameters,
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  saved: SavedAttention,
  dmid: Float32Array,
): Float32Array {
  const { B, T, C, NH, NKV, rope } = shape;
  const [R, HD] = [B * T, C / NH];
  const { x, base, norm, q, k, v, out, lse } = saved;
  const weight = (name: string): Float32Array => parameter(params, wireName(block, name));
  const dweight = (name: string): Float32Array => gradient(grads, params, wireName(block, name));

  const dout = new Float32Array(R * C);
  linearBackward(dout, dweight("att.out_proj"), dmid, out, weight("att.out_proj"), R, C, C);
  const [dq, dk, dv] = [q, k, v].map((tensor) => new Float32Array(tensor.length));
  attentionBackward(dq, dk, dv, dout, q, k, v, out, lse, attentionDims(shape));
  ropeBackward(dq, rope.cos, rope.sin, B, T, NH, HD);
  ropeBackward(dk, rope.cos, rope.sin, B, T, NKV, HD);
  const dnorm = new Float32Array(R * C);
  linearBackward(dnorm, dweight("att.W_query"), dq, norm, weight("att.W_query"), R, C, C);
  linearBackward(dnorm, dweight("att.W_key"), dk, norm, weight("att.W_key"), R, C, NKV * HD);
  linearBackward(dnorm, dweight("att.W_value"), dv, norm, weight("att.W_value"), R, C, NKV * HD);
  const dbase = new Float32Array(R * C);
  rmsnormBackward(dbase, dweight("norm1"), dnorm, base, weight("norm1"), R, C);

  const dx = new Float32Array(R * block.width);
  addChannels(dx, dmid, R, block.width, block.width, C);
  if (block.width === C) {
    addChannels(dx, dbase, R, C, C);
  } else {
    reluBackward(dbase, dbase, base, R * C);
    linearBackward(dx, dweight(DECODER), dbase, x, weight(DECODER), R, block.width, C);
  }
  return dx;
}

function feedForwardHalfForward(
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  mid: Float32Array,
): { out: Float32Array; saved: SavedFeedForward } {
  const { B, T, C, K, H } = shape;
  const R = B * T;
  const weight = (name: string): Float32Array => parameter(params, wireName(block, name));

  const norm = new Float32Array(R * C);
  rmsnormForward(norm, mid, weight("norm2"), R, C);
  const gateup = linear(norm, joined(weight("ff.fc1"), weight("ff.fc2")), R, C, 2 * H);
  const act = new Float32Array(R * H);
  swigluForward(act, gateup, R, H);
  const f = linear(act, weight("ff.fc3"), R, H, C);
  if (!block.bottleneck || K === null) {
    const out = f.slice();
    addChannels(out, mid, R, C, C);
    return { out, saved: { mid, norm, gateup, act, f, silu: null } };
  }
  const silu = new Float32Array(R * C);
  siluForward(silu, f, R * C);
  const out = linear(silu, weight("ff.fc4"), R, C, K);
  addChannels(out, mid, R, K, K, C);
  return { out, saved: { mid, norm, gateup, act, f, silu } };
}

function feedForwardHalfBackward(
  grads: Parameters,
  shape: StageShape,
  block: BlockShape,
  params: Parameters,
  saved: SavedFeedForward,
  dout: Float32Array,
): Float32Array {
  const { B, T, C, K, H } = shape;
  const R = B * T;
  const { mid, norm, gateup, act, f, silu } = saved;
  const weight = (name: string): Float32Array => parameter(params, wireName(block, name));
  const dweight = (name: string): Float32Array => gradient(grads, params, wireName(block, name));

  let df = dout;
  if (silu !== null && K !== null) {
    df = new Float32Array(R * C);
    linearBackward(df, dweight("ff.fc4"), dout, silu, weight("ff.fc4"), R, C, K);
    siluBackward(df, df, f, R * C);
  }
  const dact = new Float32Array(R * H);
  linearBackward(dact, dweight("ff.fc3"), df, act, weight("ff.fc3"), R, H, C);
  const dgateup = new Float32Array(R * 2 * H);
  swigluBackward(dgateup, dact, gateup, R, H);
  const dnorm = new Float32Array(R * C);
  const fused = joined(weight("ff.fc1"), weight("ff.fc2"));
  const dfused = new Float32Array(fused.length);
  linearBackward(dnorm, dfused, dgateup, norm, fused, R, C, 2 * H);
  addChannels(dweight("ff.fc1"), dfused.subarray(0, H * C), H, C, C);
  addChannels(dweight("ff.fc2"), dfused.subarray(H * C), H, C, C);

  const dmid = new Float32Array(R * C);
  rmsnormBackward(dmid, dweight("norm2"), dnorm, mid, weight("norm2"), R, C);
  const residual = block.bottleneck && K !== null ? K : C;
  addChannels(dmid, dout, R, C, residual);
  return dmid;
}

function attentionDims({ B, T, C, NH, NKV }: StageShape): AttentionDims {
  return { B, T, NH, NKV, HD: C / NH };
}

function linear(
  inp: Float32Array,
  weight: Float32Array,
  R: number,
  IN: number,
  OUT: number,
): Float32Array {
  const out = new Float32Array(R * OUT);
  linearForward(out, inp, weight, R, IN, OUT);
  return out;
}

/** W1 (H, C) above W2 (H, C): one (2H, C) matrix. They are neighbours on the wire as well. */
function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function wireName(block: BlockShape, name: string): string {
  return `${block.prefix}${name}.weight`;
}
