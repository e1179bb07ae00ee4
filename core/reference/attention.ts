/**
 * Causal grouped-query attention. Query head h reads key/value head `floor(h / (NH / NKV))`.
 * The forward keeps one number a row, the log-sum-exp of its scores, from which the backward
 * recomputes the probabilities instead of storing (T, T) of them (Dao et al., 2022).
 *
 * @module
 */

/** Sizes of one attention: NH query heads share NKV key/value heads of HD channels. */
export interface AttentionDims {
  B: number;
  T: number;
  NH: number;
  NKV: number;
  HD: number;
}

/**
 * `score[t, s] = q[t]·k[s] / sqrt(HD)` for s ≤ t, `lse[t] = log sum over s of exp(score[t, s])`,
 * `out[t] = sum over s of exp(score[t, s] - lse[t]) v[s]`, for every batch and head.
 *
 * @param out (B, T, NH*HD), `=`
 * @param lse (B, NH, T), `=`
 * @param q (B, T, NH*HD), already rotated
 * @param k (B, T, NKV*HD), already rotated
 * @param v (B, T, NKV*HD)
 */
export function attentionForward(
  out: Float32Array,
  lse: Float32Array,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  dims: AttentionDims,
): void {
  const { T, HD } = dims;
  const scores = new Float64Array(T);
  for (const { row, t, qAt, kvAt } of attentionRows(dims)) {
    let max = -Infinity;
    for (let s = 0; s <= t; s++) {
      scores[s] = dot(q, qAt, k, kvAt(s), HD) / Math.sqrt(HD);
      max = Math.max(max, scores[s]);
    }
    let sum = 0;
    for (let s = 0; s <= t; s++) sum += Math.exp(scores[s] - max);
    const logSumExp = max + Math.log(sum);
    for (let i = 0; i < HD; i++) {
      let value = 0;
      for (let s = 0; s <= t; s++) value += Math.exp(scores[s] - logSumExp) * v[kvAt(s) + i];
      out[qAt + i] = value;
    }
    lse[row] = logSumExp;
  }
}

/**
 * With `p[t, s] = exp(score[t, s] - lse[t])` and `D[t] = dout[t]·out[t]`:
 * `dscore[t, s] = p[t, s] (dout[t]·v[s] - D[t]) / sqrt(HD)`, `dq[t] = sum over s of dscore k[s]`,
 * `dk[s] = sum over t ≥ s of dscore q[t]`, `dv[s] = sum over t ≥ s of p dout[t]`, where dk and dv
 * also sum over the query heads that share the key/value head.
 *
 * @param dq (B, T, NH*HD), `=`
 * @param dk (B, T, NKV*HD), `=`
 * @param dv (B, T, NKV*HD), `=`
 * @param dout (B, T, NH*HD)
 * @param q (B, T, NH*HD), already rotated
 * @param k (B, T, NKV*HD), already rotated
 * @param v (B, T, NKV*HD)
 * @param out (B, T, NH*HD), the forward's
 * @param lse (B, NH, T), the forward's
 */
export function attentionBackward(
  dq: Float32Array,
  dk: Float32Array,
  dv: Float32Array,
  dout: Float32Array,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  out: Float32Array,
  lse: Float32Array,
  dims: AttentionDims,
): void {
  const { HD } = dims;
  const scale = 1 / Math.sqrt(HD);
  const dqSum = new Float64Array(dq.length);
  const dkSum = new Float64Array(dk.length);
  const dvSum = new Float64Array(dv.length);
  for (const { row, t, qAt, kvAt } of attentionRows(dims)) {
    const D = dot(dout, qAt, out, qAt, HD);
    for (let s = 0; s <= t; s++) {
      const at = kvAt(s);
      const p = Math.exp(dot(q, qAt, k, at, HD) * scale - lse[row]);
      const dscore = p * (dot(dout, qAt, v, at, HD) - D) * scale;
      for (let i = 0; i < HD; i++) {
        dqSum[qAt + i] += dscore * k[at + i];
        dkSum[at + i] += dscore * q[qAt + i];
        dvSum[at + i] += p * dout[qAt + i];
      }
    }
  }
  dq.set(dqSum);
  dk.set(dkSum);
  dv.set(dvSum);
}

/** One query row: where it starts in q and out, its place in lse, and where key/value s starts. */
interface AttentionRow {
  row: number;
  t: number;
  qAt: number;
  kvAt: (s: number) => number;
}

function* attentionRows({ B, T, NH, NKV, HD }: AttentionDims): Generator<AttentionRow> {
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < NH; h++) {
      const group = Math.floor(h / (NH / NKV));
      const kvAt = (s: number): number => ((b * T + s) * NKV + group) * HD;
      for (let t = 0; t < T; t++) {
        yield { row: (b * NH + h) * T + t, t, qAt: ((b * T + t) * NH + h) * HD, kvAt };
      }
    }
  }
}

function dot(a: Float32Array, aAt: number, b: Float32Array, bAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aAt + i] * b[bAt + i];
  return sum;
}
