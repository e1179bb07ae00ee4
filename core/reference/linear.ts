/**
 * Linear layer without bias, weight stored (OUT, IN): the three products of `y = x Wᵀ`.
 *
 * @module
 */

import { matmul } from "./matmul.ts";

/**
 * `out[r, o] = sum over i of inp[r, i] weight[o, i]`
 *
 * @param out (R, OUT), `=`
 * @param inp (R, IN)
 * @param weight (OUT, IN)
 */
export function linearForward(
  out: Float32Array,
  inp: Float32Array,
  weight: Float32Array,
  R: number,
  IN: number,
  OUT: number,
): void {
  matmul(out, inp, weight, R, OUT, IN, { transposeB: true });
}

/**
 * `dinp += dout W`, `dweight += doutᵀ inp`. Unlike elsewhere `dinp` is added to, because a tensor
 * read by several linears (q, k and v) collects its gradient from all of them: hand in zeros first.
 *
 * @param dinp (R, IN), `+=`
 * @param dweight (OUT, IN), `+=`
 * @param dout (R, OUT)
 * @param inp (R, IN)
 * @param weight (OUT, IN)
 */
export function linearBackward(
  dinp: Float32Array,
  dweight: Float32Array,
  dout: Float32Array,
  inp: Float32Array,
  weight: Float32Array,
  R: number,
  IN: number,
  OUT: number,
): void {
  matmul(dinp, dout, weight, R, IN, OUT, { accumulate: true });
  matmul(dweight, dout, inp, OUT, IN, R, { transposeA: true, accumulate: true });
}
