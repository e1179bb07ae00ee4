/**
 * SwiGLU (Shazeer, 2020) on a fused pair: gate and up projection lie side by side in one tensor.
 *
 * @module
 */

import { silu, siluSlope } from "./silu.ts";

/**
 * `out[r, h] = silu(gateup[r, h]) * gateup[r, H + h]`
 *
 * @param out (R, H), `=`
 * @param gateup (R, 2H), columns 0..H-1 the gate, H..2H-1 the up projection
 */
export function swigluForward(
  out: Float32Array,
  gateup: Float32Array,
  R: number,
  H: number,
): void {
  for (let r = 0; r < R; r++) {
    for (let h = 0; h < H; h++) {
      out[r * H + h] = silu(gateup[r * 2 * H + h]) * gateup[r * 2 * H + H + h];
    }
  }
}

/**
 * `dgate = dout * up * silu'(gate)`, `dup = dout * silu(gate)`
 *
 * @param dgateup (R, 2H), `=`; may be `gateup`
 * @param dout (R, H)
 * @param gateup (R, 2H), the forward's input
 */
export function swigluBackward(
  dgateup: Float32Array,
  dout: Float32Array,
  gateup: Float32Array,
  R: number,
  H: number,
): void {
  for (let r = 0; r < R; r++) {
    for (let h = 0; h < H; h++) {
      const gate = gateup[r * 2 * H + h];
      const up = gateup[r * 2 * H + H + h];
      dgateup[r * 2 * H + h] = dout[r * H + h] * up * siluSlope(gate);
      dgateup[r * 2 * H + H + h] = dout[r * H + h] * silu(gate);
    }
  }
}
