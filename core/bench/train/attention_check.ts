/**
 * Compares attention with the plain loops of core/reference, in the last sample and for the query
 * heads that share the last key/value head: all of a large one would take the CPU minutes.
 *
 * @module
 */
import { type HeadShape, qkvCols } from "../../ops/attention.ts";
import { attentionBackward, attentionForward } from "../../reference/attention.ts";

/**
 * Largest difference that rounding explains: scores are uncertain by 2e-7 of the magnitude of their
 * products, sums of T such terms by a few of these; measured ones are a tenth of it.
 */
const TOLERANCE = 1e-4;

/** The values of one sample and group of heads: q, dout, out, dq (T, G*HD); k, v, dk, dv (T, HD). */
export interface AttentionGroup {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dout: Float32Array;
}

/** Rows of a stretch of columns in the last sample. */
function takeLast(
  { B, T }: HeadShape,
  values: Float32Array,
  cols: number,
  firstColumn: number,
  width: number,
): Float32Array {
  const out = new Float32Array(T * width);
  for (let t = 0; t < T; t++) {
    const from = ((B - 1) * T + t) * cols + firstColumn;
    out.set(values.subarray(from, from + width), t * width);
  }
  return out;
}

/** Where the last group of heads lies: the columns of its key, value and first query head. */
function columnsOf({ NH, NKV, HD }: HeadShape): { k: number; v: number; q: number; width: number } {
  const width = NH / NKV * HD;
  return { k: (NKV - 1) * HD, v: (2 * NKV - 1) * HD, q: (2 * NKV + NH) * HD - width, width };
}

/** Takes the group that is checked out of qkv (B·T, `qkvCols`) and dout (B·T, NH*HD). */
export function groupOf(
  shape: HeadShape,
  qkv: Float32Array,
  dout: Float32Array,
): AttentionGroup {
  const { NH, HD } = shape;
  const at = columnsOf(shape);
  const take = (from: number, width: number): Float32Array =>
    takeLast(shape, qkv, qkvCols(shape), from, width);
  return {
    q: take(at.q, at.width),
    k: take(at.k, HD),
    v: take(at.v, HD),
    dout: takeLast(shape, dout, NH * HD, NH * HD - at.width, at.width),
  };
}

/** Why out (B·T, NH*HD) or dqkv (B·T, `qkvCols`) is wrong, in one line; undefined if it is right. */
export function wrongGroup(
  shape: HeadShape,
  { q, k, v, dout }: AttentionGroup,
  out: Float32Array,
  dqkv: Float32Array,
): string | undefined {
  const { T, NH, NKV, HD } = shape;
  const dims = { B: 1, T, NH: NH / NKV, NKV: 1, HD };
  const at = columnsOf(shape);
  const [expected, lse] = [new Float32Array(q.length), new Float32Array(dims.NH * T)];
  attentionForward(expected, lse, q, k, v, dims);
  const [dq, dk, dv] = [q, k, v].map(({ length }) => new Float32Array(length));
  attentionBackward(dq, dk, dv, dout, q, k, v, expected, lse, dims);
  const take = (from: number, width: number): Float32Array =>
    takeLast(shape, dqkv, qkvCols(shape), from, width);
  const gotOut = takeLast(shape, out, NH * HD, NH * HD - at.width, at.width);
  const pairs: [name: string, got: Float32Array, want: Float32Array][] = [
    ["out", gotOut, expected],
    ["dk", take(at.k, HD), dk],
    ["dv", take(at.v, HD), dv],
    ["dq", take(at.q, at.width), dq],
  ];
  for (const [name, got, want] of pairs) {
    // Written so that NaN is wrong.
    const wrong = got.findIndex((value, index) => !(Math.abs(value - want[index]) <= TOLERANCE));
    if (wrong >= 0) return `${name}[${wrong}] is ${got[wrong]}, expected ${want[wrong]}`;
  }
  return undefined;
}
