/**
 * SiLU, elementwise: `silu(x) = x sigmoid(x)`.
 *
 * @module
 */

/**
 * `out[i] = inp[i] / (1 + exp(-inp[i]))`
 *
 * @param out (N), `=`; may be `inp`
 * @param inp (N)
 */
export function siluForward(out: Float32Array, inp: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = silu(inp[i]);
}

/**
 * `dinp[i] = dout[i] s (1 + inp[i] (1 - s))`, `s = sigmoid(inp[i])`
 *
 * @param dinp (N), `=`; may be `dout`
 * @param dout (N)
 * @param inp (N), the forward's input
 */
export function siluBackward(
  dinp: Float32Array,
  dout: Float32Array,
  inp: Float32Array,
  N: number,
): void {
  for (let i = 0; i < N; i++) dinp[i] = dout[i] * siluSlope(inp[i]);
}

/** `x sigmoid(x)` of one number. */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** The derivative of {@link silu} at x. */
export function siluSlope(x: number): number {
  const s = 1 / (1 + Math.exp(-x));
  return s * (1 + x * (1 - s));
}
