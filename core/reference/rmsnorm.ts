/**
 * Root-mean-square normalisation over the channels (Zhang and Sennrich, 2019).
 *
 * @module
 */

/** Added to the mean square, so that a row of zeros stays finite. */
const EPS = 1e-5;

/**
 * `out[r, c] = inp[r, c] * rstd[r] * weight[c]`, `rstd[r] = 1 / sqrt(mean over c of inp² + 1e-5)`
 *
 * @param out (R, C), `=`
 * @param inp (R, C)
 * @param weight (C)
 */
export function rmsnormForward(
  out: Float32Array,
  inp: Float32Array,
  weight: Float32Array,
  R: number,
  C: number,
): void {
  for (let r = 0; r < R; r++) {
    const rstd = reciprocalRms(inp, r, C);
    for (let c = 0; c < C; c++) out[r * C + c] = inp[r * C + c] * rstd * weight[c];
  }
}

/**
 * With `n = inp * rstd` and `dn = dout * weight`:
 * `dinp = rstd * (dn - n * mean over c of (dn * n))`, `dweight[c] += sum over r of dout * n`
 *
 * @param dinp (R, C), `=`
 * @param dweight (C), `+=`
 * @param dout (R, C)
 * @param inp (R, C)
 * @param weight (C)
 */
export function rmsnormBackward(
  dinp: Float32Array,
  dweight: Float32Array,
  dout: Float32Array,
  inp: Float32Array,
  weight: Float32Array,
  R: number,
  C: number,
): void {
  const dweightSum = new Float64Array(C);
  for (let r = 0; r < R; r++) {
    const rstd = reciprocalRms(inp, r, C);
    let mean = 0;
    for (let c = 0; c < C; c++) {
      const n = inp[r * C + c] * rstd;
      mean += dout[r * C + c] * weight[c] * n / C;
      dweightSum[c] += dout[r * C + c] * n;
    }
    for (let c = 0; c < C; c++) {
      const n = inp[r * C + c] * rstd;
      dinp[r * C + c] = rstd * (dout[r * C + c] * weight[c] - n * mean);
    }
  }
  for (let c = 0; c < C; c++) dweight[c] += dweightSum[c];
}

function reciprocalRms(inp: Float32Array, r: number, C: number): number {
  let squares = 0;
  for (let c = 0; c < C; c++) squares += inp[r * C + c] ** 2;
  return 1 / Math.sqrt(squares / C + EPS);
}
