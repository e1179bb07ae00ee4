/**
 * The matrices of the proof of GPU, element by element.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `generate_matrix_torch` of
 * `neurons/Validator/miner_script_m_merkletree.py` and `generate_prng_value` of `pog.py`. Only the
 * low 32 bits of a seed matter.
 *
 * @module
 */

const ROUNDS = 10;
const TWO_32 = 2 ** 32;

/** The two 64-bit seeds of a product. */
export interface ProofSeeds {
  readonly a: bigint;
  readonly b: bigint;
}

/** The low half of a seed, which is all that the generator uses. */
export function seedWord(seed: bigint): number {
  return Number(BigInt.asUintN(32, seed));
}

/** The generator's state at (i, j), which depends on i + j alone: ten rounds of xorshift32. */
export function proofState(seed: bigint, i: number, j: number): number {
  let x = (seedWord(seed) + i + j) % TWO_32 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return x >>> 0;
}

/** The element (i, j) as a miner has it: an f32, state / 2^32 with one rounding. */
export function proofValue(seed: bigint, i: number, j: number): number {
  return Math.fround(proofState(seed, i, j)) / TWO_32;
}

/** The element (i, j) as a validator has it: an f32 that differs by an ulp at most. */
export function validatorValue(seed: bigint, i: number, j: number): number {
  return Math.fround(proofState(seed, i, j) / (TWO_32 - 1));
}

/** The element (i, j) of A · B of n × n, summed in f64 over the elements as a validator has them. */
export function validatorProduct(seeds: ProofSeeds, n: number, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += validatorValue(seeds.a, i, k) * validatorValue(seeds.b, k, j);
  return sum;
}
