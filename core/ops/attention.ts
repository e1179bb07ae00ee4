/**
 * Rotary position embedding and causal grouped-query attention on one (B·T, heads) tensor that
 * holds keys, values and queries side by side, each head padded so that its halves are whole
 * groups of four channels.
 *
 * Streaming softmax as in FlashAttention-2 (Dao, 2023): no (T, T) matrix in global memory.
 *
 * @module
 */
import backwardKeyValue from "../../shaders/attention_backward_key_value.wgsl" with {
  type: "text",
};
import backwardQuery from "../../shaders/attention_backward_query.wgsl" with { type: "text" };
import forward from "../../shaders/attention_forward.wgsl" with { type: "text" };
import backwardOperands from "../../shaders/attention_backward_operands.wgsl" with {
  type: "text",
};
import operands from "../../shaders/attention_operands.wgsl" with { type: "text" };
import ropeSource from "../../shaders/rope.wgsl" with { type: "text" };
import { type Dispatch, f32Word, gridOf, read, readWrite } from "../gpu/kernel.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { expectShape, isBf16, onlyPart, sizeOf } from "./shapes.ts";

const ROPE = kernel("rope", ropeSource);
const FORWARD = kernel("attention_forward", operands, forward);
const BACKWARD_QUERY = kernel(
  "attention_backward_query",
  operands,
  backwardOperands,
  backwardQuery,
);
const BACKWARD_KEY_VALUE = kernel(
  "attention_backward_key_value",
  operands,
  backwardOperands,
  backwardKeyValue,
);
const WORKGROUP = 64;

/** The widest head that was tried; with a tile of 4 it fills all blocks of a thread. */
export const MAX_HEAD_DIM = 128;
/** Blocks of four channels that a thread holds in registers, at most. */
const BLOCKS_A_THREAD = 8;

/** Sizes of an attention. */
export interface HeadShape {
  B: number;
  T: number;
  NH: number;
  NKV: number;
  /** Channels of a head. */
  HD: number;
}

/** Channels of a head with each half padded to a multiple of four. */
export function paddedHead(HD: number): number {
  return Math.ceil(HD / 8) * 8;
}

/** The smallest tile from `least` up (2, 4 or 8) whose threads can hold a head of HD channels. */
export function attentionTile(HD: number, least: number): number {
  let tile = least;
  while (paddedHead(HD) / 4 > tile * BLOCKS_A_THREAD) tile *= 2;
  return tile;
}

/** Columns of the tensor that holds keys, values and queries. */
export function qkvCols({ NH, NKV, HD }: Pick<HeadShape, "NH" | "NKV" | "HD">): number {
  return (2 * NKV + NH) * paddedHead(HD);
}

/**
 * Rotates the keys and queries of qkv (B·T, `qkvCols`) in place by position; cosines and sines are
 * (T, padded head / 2). `inverse` turns back, the backward pass on a gradient. Must equal
 * `ropeForward` and `ropeBackward` of core/reference.
 */
export function rope(
  { qkv, cosines, sines }: { qkv: Tensor; cosines: Tensor; sines: Tensor },
  shape: HeadShape,
  { inverse }: { inverse: boolean },
): Dispatch {
  const { B, T, NH, NKV, HD } = shape;
  expectShape(qkv, B * T, qkvCols(shape));
  const halfGroups = paddedHead(HD) / 8;
  for (const table of [cosines, sines]) expectShape(table, T, 4 * halfGroups);
  const items = B * T * (NH + NKV) * halfGroups;
  return {
    kernel: ROPE,
    label: "rope",
    shape: [B * T, qkv.cols],
    constants: {
      QKV_BF16: isBf16(qkv),
      INVERSE: inverse,
      HALF_GROUPS: halfGroups,
      WORKGROUP,
    },
    bindings: [read(onlyPart(cosines)), read(onlyPart(sines)), readWrite(onlyPart(qkv))],
    params: [B * T, T, NH, NKV, qkv.stride / 4],
    grid: gridOf(items, WORKGROUP),
    flops: 24 * items,
    bytes: 2 * sizeOf(qkv),
  };
}

/**
 * out (B·T, NH·padded head) = causal attention of qkv; lse (B·NH, T) f32. Must equal
 * `attentionForward` of core/reference.
 * @param tile blocks of four queries and keys a workgroup works on: see `attentionTile`
 */
export function attentionForward(
  { out, lse, qkv }: { out: Tensor; lse: Tensor; qkv: Tensor },
  shape: HeadShape,
  tile: number,
): Dispatch {
  checkShapes({ qkv, out, lse }, shape);
  return {
    kernel: FORWARD,
    label: "attention",
    shape: sizesOf(shape),
    constants: constantsOf({ qkv, out }, shape, tile),
    bindings: [read(onlyPart(qkv)), readWrite(onlyPart(out)), readWrite(onlyPart(lse))],
    params: paramsOf({ qkv, out, lse }, shape),
    grid: [Math.ceil(shape.T / (4 * tile)), shape.NH, shape.B],
    flops: 2 * productFlops(shape),
    bytes: sizeOf(qkv, out),
  };
}

/**
 * dqkv (B·T, `qkvCols`) = gradients of keys, values and queries; delta (B·NH, T) f32 is scratch.
 * Must equal `attentionBackward` of core/reference.
 */
export function attentionBackward(
  { dqkv, delta, dout, qkv, out, lse }: {
    dqkv: Tensor;
    delta: Tensor;
    dout: Tensor;
    qkv: Tensor;
    out: Tensor;
    lse: Tensor;
  },
  shape: HeadShape,
  tile: number,
): Dispatch[] {
  checkShapes({ qkv, out, lse }, shape);
  checkShapes({ qkv: dqkv, out: dout, lse: delta }, shape);
  const constants = { ...constantsOf({ qkv, out }, shape, tile), DOUT_BF16: isBf16(dout) };
  const params = paramsOf({ qkv, out, lse }, shape);
  const tiles = Math.ceil(shape.T / (4 * tile));
  const inputs = [qkv, dout, out, lse].map((tensor) => read(onlyPart(tensor)));
  const product = productFlops(shape);
  return [{
    kernel: BACKWARD_QUERY,
    label: "attention",
    shape: sizesOf(shape),
    constants,
    bindings: [...inputs, readWrite(onlyPart(dqkv)), readWrite(onlyPart(delta))],
    params,
    grid: [tiles, shape.NH, shape.B],
    flops: 3 * product,
    bytes: sizeOf(qkv, out, dout, dqkv),
  }, {
    kernel: BACKWARD_KEY_VALUE,
    label: "attention",
    shape: sizesOf(shape),
    constants,
    bindings: [
      ...[qkv, dout, lse, delta].map((tensor) => read(onlyPart(tensor))),
      readWrite(onlyPart(dqkv)),
    ],
    params,
    grid: [tiles, shape.NKV, shape.B],
    flops: 4 * product,
    bytes: sizeOf(qkv, dout, dqkv),
  }];
}

function sizesOf({ B, T, NH, HD }: HeadShape): number[] {
  return [B, T, NH, HD];
}

/** One of attention's products, over the half of the matrix that causality leaves. */
function productFlops({ B, T, NH, HD }: HeadShape): number {
  return B * NH * T * (T + 1) * HD;
}

function checkShapes(
  { qkv, out, lse }: { qkv: Tensor; out: Tensor; lse: Tensor },
  shape: HeadShape,
): void {
  const { B, T, NH, NKV, HD } = shape;
  if (NH % NKV !== 0 || HD % 2 !== 0 || HD > MAX_HEAD_DIM) {
    throw new RangeError(
      `attention takes NH a multiple of NKV and an even HD up to ${MAX_HEAD_DIM}, ` +
        `got NH ${NH}, NKV ${NKV}, HD ${HD}`,
    );
  }
  expectShape(qkv, B * T, qkvCols(shape));
  expectShape(out, B * T, NH * paddedHead(HD));
  expectShape(lse, B * NH, T);
}

function constantsOf(
  { qkv, out }: { qkv: Tensor; out: Tensor },
  { HD }: HeadShape,
  tile: number,
): Record<string, number | boolean> {
  return {
    QKV_BF16: isBf16(qkv),
    OUT_BF16: isBf16(out),
    HEAD_GROUPS: paddedHead(HD) / 4,
    TILE: tile,
  };
}

function paramsOf(
  { qkv, out, lse }: { qkv: Tensor; out: Tensor; lse: Tensor },
  { T, NH, NKV, HD }: HeadShape,
): number[] {
  return [
    ...[T, NH, NKV],
    ...[qkv.stride / 4, out.stride / 4, lse.stride],
    f32Word(1 / Math.sqrt(HD)),
  ];
}
