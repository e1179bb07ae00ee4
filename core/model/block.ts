/**
 * One transformer block on the device: the tensors it keeps, its forward and its backward pass as
 * lists of dispatches. `core/reference/block.ts` is the same in plain loops.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { createTensor, destroyTensor, paddedCols, type Tensor } from "../gpu/tensor.ts";
import {
  attentionBackward,
  attentionForward,
  attentionTile,
  type HeadShape,
  paddedHead,
  qkvCols,
  rope,
} from "../ops/attention.ts";
import {
  reluBackward,
  reluForward,
  siluBackward,
  siluForward,
  swigluBackward,
  swigluForward,
} from "../ops/elementwise.ts";
import { matmul, type MatmulOptions } from "../ops/matmul.ts";
import { rmsnormBackward, rmsnormForward } from "../ops/rmsnorm.ts";
import type { BlockShape, StageShape } from "../reference/stage_shape.ts";
import { blockLabels } from "./parameter_layout.ts";
import type { Parameters } from "./parameters.ts";
import type { Tuning } from "./tuning.ts";

/** What every block of a stage has in common. */
export interface BlockContext {
  gpu: Gpu;
  shape: StageShape;
  parameters: Parameters;
  tuning: Tuning;
  /** (T, padded head / 2) each. */
  cosines: Tensor;
  sines: Tensor;
}

/** A block's place in its stage. */
export interface BlockPlace {
  index: number;
  block: BlockShape;
}

/** What the forward pass keeps for the backward pass; rows are B·T. */
export interface SavedBlock {
  /** The block's input, (R, C) or (R, K). */
  inp: Tensor;
  /** Input of the first norm, (R, C): the input itself, or decoded from K channels. */
  x: Tensor;
  rstd1: Tensor;
  normed1: Tensor;
  qkv: Tensor;
  lse: Tensor;
  attended: Tensor;
  /** After attention and its residual, (R, C). */
  mid: Tensor;
  rstd2: Tensor;
  normed2: Tensor;
  gateup: Tensor;
  hidden: Tensor;
  /** Only in a bottleneck block: before and after the second silu, (R, C). */
  wide: Tensor | undefined;
  wideActive: Tensor | undefined;
  /** The block's output, (R, C) or (R, K). */
  out: Tensor;
}

/** Gradients that live only inside one block's backward pass, shared by all blocks. */
export interface BlockScratch {
  dnormed: Tensor;
  dmid: Tensor;
  dattended: Tensor;
  dqkv: Tensor;
  delta: Tensor;
  dhidden: Tensor;
  dgateup: Tensor;
  /** (R, C), for the bottleneck's narrowing and a decoder. */
  dwide: Tensor;
  dwideActive: Tensor;
}

/** Head sizes of a stage. */
function headShape({ B, T, C, NH, NKV }: StageShape): HeadShape {
  return { B, T, NH, NKV, HD: C / NH };
}

/** Allocates what one block keeps for one batch in flight. */
export function createSavedBlock(
  { gpu, shape, parameters }: BlockContext,
  { index, block }: BlockPlace,
  inp: Tensor,
): SavedBlock {
  const { B, T, C, K, NH, H } = shape;
  const rows = B * T;
  const make = (
    name: string,
    cols: number,
    dtype = parameters.precision.activation,
    count = rows,
  ): Tensor => createTensor(gpu, `block ${index} ${name}`, dtype, count, cols);
  const wide = (name: string): Tensor | undefined => block.bottleneck ? make(name, C) : undefined;
  return {
    inp,
    x: block.width === C ? inp : make("decoded", C),
    rstd1: make("rstd1", rows, "f32", 1),
    normed1: make("normed1", C),
    qkv: make("qkv", qkvCols(headShape(shape))),
    lse: make("lse", T, "f32", B * NH),
    attended: make("attended", NH * paddedHead(C / NH)),
    mid: make("mid", C),
    rstd2: make("rstd2", rows, "f32", 1),
    normed2: make("normed2", C),
    gateup: make("gateup", 2 * paddedCols(H)),
    hidden: make("hidden", H),
    wide: wide("wide"),
    wideActive: wide("wide active"),
    out: make("out", block.bottleneck && K !== null ? K : C),
  };
}

/** Frees what `createSavedBlock` made; the input belongs to whoever made it. */
export function destroySavedBlock(gpu: Gpu, saved: SavedBlock): void {
  const { inp, ...own } = saved;
  for (const tensor of new Set(Object.values(own))) {
    if (tensor && tensor !== inp) destroyTensor(gpu, tensor);
  }
}

/** Allocates the gradients inside one block. */
export function createBlockScratch({ gpu, shape, parameters }: BlockContext): BlockScratch {
  const { B, T, C, NH, H } = shape;
  const make = (name: string, cols: number): Tensor =>
    createTensor(gpu, name, parameters.precision.activation, B * T, cols);
  return {
    dnormed: make("dnormed", C),
    dmid: make("dmid", C),
    dattended: make("dattended", NH * paddedHead(C / NH)),
    dqkv: make("dqkv", qkvCols(headShape(shape))),
    delta: createTensor(gpu, "delta", "f32", B * NH, T),
    dhidden: make("dhidden", H),
    dgateup: make("dgateup", 2 * paddedCols(H)),
    dwide: make("dwide", C),
    dwideActive: make("dwide active", C),
  };
}

/** Weights and gradients of one block by role. */
function weightsOf({ parameters }: BlockContext, index: number): {
  weight: (role: keyof ReturnType<typeof blockLabels>) => Tensor;
  gradient: (role: keyof ReturnType<typeof blockLabels>) => Tensor;
} {
  const labels = blockLabels(index);
  return {
    weight: (role) => parameters.tensor(labels[role]),
    gradient: (role) => parameters.tensor(labels[role], "gradient"),
  };
}

/** The three products of a linear y = x Wᵀ. */
export function linear(tuning: Tuning): {
  forward(
    label: string,
    out: Tensor,
    inp: Tensor,
    weight: Tensor,
    residual?: MatmulOptions["residual"],
  ): Dispatch[];
  backwardInput(
    label: string,
    dinp: Tensor,
    dout: Tensor,
    weight: Tensor,
    residual?: MatmulOptions["residual"],
  ): Dispatch[];
  backwardWeight(label: string, dweight: Tensor, dout: Tensor, inp: Tensor): Dispatch[];
} {
  const variant = tuning.matmul;
  return {
    forward: (label, out, inp, weight, residual) =>
      matmul(label, { out, a: inp, b: weight }, { variant, transposeB: true, residual }),
    backwardInput: (label, dinp, dout, weight, residual) =>
      matmul(label, { out: dinp, a: dout, b: weight }, { variant, residual }),
    backwardWeight: (label, dweight, dout, inp) =>
      matmul(label, { out: dweight, a: dout, b: inp }, {
        variant,
        transposeA: true,
        accumulate: true,
      }),
  };
}

/** saved.out and all in between from saved.inp. */
export function blockForward(
  context: BlockContext,
  { index, block }: BlockPlace,
  saved: SavedBlock,
): Dispatch[] {
  const { shape, tuning, cosines, sines } = context;
  const { weight } = weightsOf(context, index);
  const { forward } = linear(tuning);
  const heads = headShape(shape);
  const { inp, x, normed1, qkv, attended, mid, normed2, gateup, hidden, out } = saved;
  // The residual crosses stages in the first `width` channels alone.
  const residual = { tensor: inp, width: block.width };
  // mid is free until attention has run.
  const decode = x === inp ? [] : [
    ...forward("decoder", mid, inp, weight("decoder")),
    reluForward({ out: x, inp: mid }),
  ];
  return [
    ...decode,
    rmsnormForward(
      { out: normed1, rstd: saved.rstd1, inp: x, weight: weight("norm1") },
      tuning.lanes,
    ),
    ...forward("qkv", qkv, normed1, weight("qkv")),
    rope({ qkv, cosines, sines }, heads, { inverse: false }),
    attentionForward(
      { out: attended, lse: saved.lse, qkv },
      heads,
      attentionTile(heads.HD, tuning.attentionTile),
    ),
    ...forward("attention out", mid, attended, weight("out"), residual),
    rmsnormForward(
      { out: normed2, rstd: saved.rstd2, inp: mid, weight: weight("norm2") },
      tuning.lanes,
    ),
    ...forward("gate and up", gateup, normed2, weight("gateup")),
    swigluForward({ out: hidden, gateup }),
    ...feedForwardOut(context, index, saved, out),
  ];
}

/** From the hidden layer to the block's output: plain, or narrowed to K channels. */
function feedForwardOut(
  context: BlockContext,
  index: number,
  { hidden, mid, wide, wideActive }: SavedBlock,
  out: Tensor,
): Dispatch[] {
  const { weight } = weightsOf(context, index);
  const { forward } = linear(context.tuning);
  const residual = { tensor: mid, width: out.cols };
  if (!wide || !wideActive) return forward("down", out, hidden, weight("down"), residual);
  return [
    ...forward("down", wide, hidden, weight("down")),
    siluForward({ out: wideActive, inp: wide }),
    ...forward("narrow", out, wideActive, weight("narrow"), residual),
  ];
}

/**
 * dinp (=, as wide as the block's input) from dout (as wide as its output); gradients of weights
 * are added to (+=).
 */
export function blockBackward(
  context: BlockContext,
  { index, block }: BlockPlace,
  saved: SavedBlock,
  scratch: BlockScratch,
  { dinp, dout }: { dinp: Tensor; dout: Tensor },
): Dispatch[] {
  const { shape, tuning, cosines, sines } = context;
  const { weight, gradient } = weightsOf(context, index);
  const { backwardInput, backwardWeight } = linear(tuning);
  const heads = headShape(shape);
  const { dnormed, dmid, dattended, dqkv, delta, dhidden, dgateup } = scratch;
  return [
    ...feedForwardOutBackward(context, index, saved, scratch, dout),
    swigluBackward({ dgateup, dout: dhidden, gateup: saved.gateup }),
    ...backwardWeight("gate and up dW", gradient("gateup"), dgateup, saved.normed2),
    ...backwardInput("gate and up dX", dnormed, dgateup, weight("gateup")),
    ...rmsnormBackward({
      dinp: dmid,
      dweight: gradient("norm2"),
      dout: dnormed,
      inp: saved.mid,
      weight: weight("norm2"),
      rstd: saved.rstd2,
      skip: { tensor: dout, width: dout.cols },
    }, tuning.lanes),
    ...backwardWeight("attention out dW", gradient("out"), dmid, saved.attended),
    ...backwardInput("attention out dX", dattended, dmid, weight("out")),
    ...attentionBackward(
      { dqkv, delta, dout: dattended, qkv: saved.qkv, out: saved.attended, lse: saved.lse },
      heads,
      attentionTile(heads.HD, tuning.attentionTile),
    ),
    rope({ qkv: dqkv, cosines, sines }, heads, { inverse: true }),
    ...backwardWeight("qkv dW", gradient("qkv"), dqkv, saved.normed1),
    ...backwardInput("qkv dX", dnormed, dqkv, weight("qkv")),
    ...inputBackward(context, { index, block }, saved, scratch, dinp),
  ];
}

function feedForwardOutBackward(
  context: BlockContext,
  index: number,
  { hidden, wide, wideActive }: SavedBlock,
  { dhidden, dwide, dwideActive }: BlockScratch,
  dout: Tensor,
): Dispatch[] {
  const { weight, gradient } = weightsOf(context, index);
  const { backwardInput, backwardWeight } = linear(context.tuning);
  if (!wide || !wideActive) {
    return [
      ...backwardWeight("down dW", gradient("down"), dout, hidden),
      ...backwardInput("down dX", dhidden, dout, weight("down")),
    ];
  }
  return [
    ...backwardWeight("narrow dW", gradient("narrow"), dout, wideActive),
    ...backwardInput("narrow dX", dwideActive, dout, weight("narrow")),
    siluBackward({ dinp: dwide, dout: dwideActive, inp: wide }),
    ...backwardWeight("down dW", gradient("down"), dwide, hidden),
    ...backwardInput("down dX", dhidden, dwide, weight("down")),
  ];
}

/** Through the first norm and, where there is one, the decoder. */
function inputBackward(
  context: BlockContext,
  { index, block }: BlockPlace,
  saved: SavedBlock,
  { dnormed, dmid, dwide, dwideActive }: BlockScratch,
  dinp: Tensor,
): Dispatch[] {
  const { weight, gradient } = weightsOf(context, index);
  const norm = {
    dweight: gradient("norm1"),
    dout: dnormed,
    inp: saved.x,
    weight: weight("norm1"),
    rstd: saved.rstd1,
  };
  const { lanes } = context.tuning;
  const skip = { tensor: dmid, width: block.width };
  if (saved.x === saved.inp) return rmsnormBackward({ dinp, ...norm, skip }, lanes);
  const { backwardInput, backwardWeight } = linear(context.tuning);
  return [
    ...rmsnormBackward({ dinp: dwide, ...norm }, lanes),
    reluBackward({ dinp: dwideActive, dout: dwide, inp: saved.x }),
    ...backwardWeight("decoder dW", gradient("decoder"), dwideActive, saved.inp),
    ...backwardInput("decoder dX", dinp, dwideActive, weight("decoder"), skip),
  ];
}
