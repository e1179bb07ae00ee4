/**
 * Matrix product with optional transposes: the only place where the model multiplies matrices.
 *
 * @module
 */

/** How {@link matmul} reads its operands and whether it adds to what `out` holds. */
export interface MatmulOptions {
  /** `a` is stored (K, M). @default {false} */
  transposeA?: boolean;
  /** `b` is stored (N, K). @default {false} */
  transposeB?: boolean;
  /** `out +=` instead of `out =`. @default {false} */
  accumulate?: boolean;
}

// A linear y = x Wᵀ needs three: y = x·Wᵀ (transposeB), dx = dy·W, dW += dyᵀ·x (transposeA, accumulate).

/**
 * `out[m, n] (+)= sum over k of op(a)[m, k] op(b)[k, n]`
 *
 * @param out (M, N), `=`, or `+=` with `accumulate`
 * @param a (M, K), or (K, M) with `transposeA`
 * @param b (K, N), or (N, K) with `transposeB`
 */
export function matmul(
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  M: number,
  N: number,
  K: number,
  { transposeA = false, transposeB = false, accumulate = false }: MatmulOptions = {},
): void {
  const [strideAm, strideAk] = transposeA ? [1, M] : [K, 1];
  const [strideBk, strideBn] = transposeB ? [1, K] : [N, 1];
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) {
        sum += a[m * strideAm + k * strideAk] * b[k * strideBk + n * strideBn];
      }
      out[m * N + n] = accumulate ? out[m * N + n] + sum : sum;
    }
  }
}
