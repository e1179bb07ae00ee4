/**
 * ReLU, elementwise.
 *
 * @module
 */

/**
 * `out[i] = max(inp[i], 0)`
 *
 * @param out (N), `=`; may be `inp`
 * @param inp (N)
 */
export function reluForward(out: Float32Array, inp: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = Math.max(inp[i], 0);
}

/**
 * `dinp[i] = dout[i]` where `out[i] > 0`, else 0. The forward's output says all there is to know,
 * so its input need not be kept; at exactly 0 the gradient is 0.
 *
 * @param dinp (N), `=`; may be `dout`
 * @param dout (N)
 * @param out (N), the forward's output
 */
export function reluBackward(
  dinp: Float32Array,
  dout: Float32Array,
  out: Float32Array,
  N: number,
): void {
  for (let i = 0; i < N; i++) dinp[i] = out[i] > 0 ? dout[i] : 0;
}
