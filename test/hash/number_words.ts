/**
 * Words that are plain numbers: they run an algorithm instead of building it.
 *
 * @module
 */

import type { WordArithmetic } from "../../core/hash/words.ts";

/** Arithmetic on words of that many bits. */
export function numberWords(width: 32 | 64): WordArithmetic<bigint> {
  const cut = (value: bigint): bigint => BigInt.asUintN(width, value);
  return {
    constant: cut,
    sum: (...terms) => cut(terms.reduce((sum, term) => sum + term)),
    xor: (left, right) => left ^ right,
    and: (left, right) => left & right,
    rotateRight: (word, bits) => cut(word >> BigInt(bits) | word << BigInt(width - bits)),
    shiftRight: (word, bits) => word >> BigInt(bits),
  };
}

/** `count` words that look random, the same every time. */
export function sampleWords(width: 32 | 64, count: number, seed = 1): bigint[] {
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    // Knuth's multiplier of MMIX; the high bits are the good ones.
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return state >> BigInt(64 - width) ^ state >> 61n;
  });
}
