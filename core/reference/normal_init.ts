/**
 * Normal random numbers that depend on seed, stream and index alone, so that weights can be made
 * anywhere and in any order: two PCG hashes (Jarzynski and Olano, 2020) and the transform of Box and
 * Muller (1958).
 *
 * @module
 */

/** Which numbers: streams of one seed are independent of each other. */
export interface NormalInitOptions {
  /** u32 */
  seed: number;
  /** u32 */
  stream: number;
  /** Standard deviation; the mean is 0. */
  deviation: number;
}

/**
 * `out[i] = deviation sqrt(-2 log u1) cos(2π u2)` with u1 in (0, 1] and u2 in [-1/2, 1/2) of 24 bits
 * each from `h1 = pcg(i ^ pcg(seed ^ pcg(stream)))` and `h2 = pcg(h1 ^ 0x9e3779b9)`.
 *
 * @param out (N), `=`
 */
export function normalInit(
  out: Float32Array,
  { seed, stream, deviation }: NormalInitOptions,
): void {
  const key = pcg(seed ^ pcg(stream));
  for (let i = 0; i < out.length; i++) {
    const h1 = pcg(i ^ key);
    const h2 = pcg(h1 ^ 0x9e3779b9);
    const u1 = ((h1 >>> 8) + 1) / 2 ** 24;
    const u2 = (h2 >>> 8) / 2 ** 24 - 0.5;
    out[i] = deviation * Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2);
  }
}

/** The hash PCG-RXS-M-XS of 32 bits. */
function pcg(x: number): number {
  const state = (Math.imul(x, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}
