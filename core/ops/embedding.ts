/**
 * Token embedding. The host sorts a batch's rows by token once, so that the backward pass can add
 * without atomics.
 *
 * @module
 */
import backward from "../../shaders/embedding_backward.wgsl" with { type: "text" };
import forward from "../../shaders/embedding_forward.wgsl" with { type: "text" };
import { type Dispatch, gridOf, read, readWrite } from "../gpu/kernel.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { expectShape, groupsOf, isBf16, onlyPart, sizeOf } from "./shapes.ts";

const FORWARD = kernel("embedding_forward", forward);
const BACKWARD = kernel("embedding_backward", backward);
const WORKGROUP = 64;

/** Words of one segment: token, first place in `order`, end, unused. */
const SEGMENT_WORDS = 4;

/** A batch's rows grouped by token, as `embedding_backward.wgsl` reads them. */
export interface TokenSegments {
  /** Rows sorted by token (R). */
  order: Uint32Array<ArrayBuffer>;
  /** For each token that occurs: token, first place, end, unused; empty segments fill up (R × 4). */
  segments: Uint32Array<ArrayBuffer>;
}

/** Sorts the rows of a batch by token. */
export function segmentTokens(tokens: Uint32Array): TokenSegments {
  const order = Uint32Array.from(tokens.keys()).sort((x, y) => tokens[x] - tokens[y] || x - y);
  const segments = new Uint32Array(tokens.length * SEGMENT_WORDS);
  let segment = -1;
  order.forEach((row, place) => {
    if (place === 0 || tokens[row] !== tokens[order[place - 1]]) {
      segment += 1;
      segments.set([tokens[row], place], segment * SEGMENT_WORDS);
    }
    segments[segment * SEGMENT_WORDS + 2] = place + 1;
  });
  return { order, segments };
}

/**
 * out (R, C) = weight[tokens], tokens (1, R) u32, weight (V, C). Must equal `embeddingForward` of
 * core/reference.
 */
export function embeddingForward(
  { out, tokens, weight }: { out: Tensor; tokens: Tensor; weight: Tensor },
): Dispatch[] {
  expectShape(tokens, 1, out.rows);
  expectShape(weight, weight.rows, out.cols);
  const groups = groupsOf(out);
  return weight.parts.map((part) => ({
    kernel: FORWARD,
    label: "embedding",
    shape: [out.rows, out.cols],
    constants: { WEIGHT_BF16: isBf16(weight), OUT_BF16: isBf16(out), WORKGROUP },
    bindings: [read(onlyPart(tokens)), read(part), readWrite(onlyPart(out))],
    params: [out.rows, groups, part.firstRow, part.rows],
    grid: gridOf(out.rows * groups, WORKGROUP),
    flops: 0,
    bytes: 2 * sizeOf(out),
  }));
}

/**
 * dweight (V, C) += dout (R, C) summed by token; order (1, R) and segments (1, 4·R) come from
 * `segmentTokens`. Must equal `embeddingBackward` of core/reference.
 */
export function embeddingBackward(
  { dweight, order, segments, dout }: {
    dweight: Tensor;
    order: Tensor;
    segments: Tensor;
    dout: Tensor;
  },
): Dispatch[] {
  expectShape(order, 1, dout.rows);
  expectShape(segments, 1, dout.rows * SEGMENT_WORDS);
  expectShape(dweight, dweight.rows, dout.cols);
  const groups = groupsOf(dout);
  return dweight.parts.map((part) => ({
    kernel: BACKWARD,
    label: "embedding",
    shape: [dout.rows, dout.cols],
    constants: { DOUT_BF16: isBf16(dout), DWEIGHT_BF16: isBf16(dweight), WORKGROUP },
    bindings: [
      read(onlyPart(order)),
      read(onlyPart(segments)),
      read(onlyPart(dout)),
      readWrite(part),
    ],
    params: [dout.rows, groups, part.firstRow, part.rows],
    grid: gridOf(dout.rows * groups, WORKGROUP),
    flops: dout.rows * dout.cols,
    bytes: 3 * sizeOf(dout),
  }));
}
