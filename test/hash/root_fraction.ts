/**
 * Where the hash functions have their numbers from.
 *
 * @module
 */

/** The first bits of the fraction of the square root of a number below 2^20. */
export function rootFraction(value: number, bits: number): bigint {
  const scaled = BigInt(value) << BigInt(2 * bits);
  let root = 0n;
  for (let bit = 1n << BigInt(bits + 10); bit > 0n; bit >>= 1n) {
    if ((root + bit) ** 2n <= scaled) root += bit;
  }
  return BigInt.asUintN(bits, root);
}
