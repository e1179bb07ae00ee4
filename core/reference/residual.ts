/**
 * Residual additions, whole or on the first channels only: the bottleneck's residual stream crosses
 * a stage border in K of C channels.
 *
 * @module
 */

/**
 * `out[r, c] += inp[r, c]` for c < width; channels width..N of out stay as they are.
 *
 * The gradient needs no op of its own: `dout` passes to out's other summand unchanged, and
 * `dinp[r, c] += dout[r, c]` for c < width is `addChannels(dinp, dout, R, inpStride, width, N)`.
 *
 * @param out (R, N), `+=`
 * @param inp (R, inpStride), of which the first width channels are read
 * @param width at most N and inpStride
 * @param inpStride channels from one row of inp to the next; width if not given
 * @throws RangeError if width exceeds N or inpStride
 */
export function addChannels(
  out: Float32Array,
  inp: Float32Array,
  R: number,
  N: number,
  width: number,
  inpStride: number = width,
): void {
  if (width > N || width > inpStride) {
    throw new RangeError(`width ${width} exceeds the rows of out (${N}) or inp (${inpStride})`);
  }
  for (let r = 0; r < R; r++) {
    for (let c = 0; c < width; c++) out[r * N + c] += inp[r * inpStride + c];
  }
}
