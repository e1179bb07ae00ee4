/**
 * The compression of SHA-256 over any {@linkcode WordArithmetic} of 32-bit words (FIPS 180-4,
 * section 6.2.2).
 *
 * @module
 */
import type { WordArithmetic } from "./words.ts";

/** Section 4.2.2: the fractions of the cube roots of the first primes. */
// deno-fmt-ignore
const K: readonly number[] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/**
 * The hash value after a block.
 * @param hash 8 words: the hash value before it
 * @param block 16 words
 */
export function sha256Compress<Word>(
  words: WordArithmetic<Word>,
  hash: readonly Word[],
  block: readonly Word[],
): Word[] {
  const { sum } = words;
  const w = [...block];
  let [a, b, c, d, e, f, g, h] = hash;
  for (const [t, constant] of K.entries()) {
    w[t] ??= sum(w[t - 16], w[t - 7], sigma0(words, w[t - 15]), sigma1(words, w[t - 2]));
    const kw = sum(words.constant(BigInt(constant)), w[t]);
    const t1 = sum(h, kw, choose(words, e, f, g), bigSigma1(words, e));
    const t2 = sum(majority(words, a, b, c), bigSigma0(words, a));
    [h, g, f, e, d, c, b, a] = [g, f, e, sum(d, t1), c, b, a, sum(t1, t2)];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => sum(word, hash[index]));
}

/** Ch(x, y, z) of section 4.1.2, with one operation less. */
function choose<Word>({ and, xor }: WordArithmetic<Word>, x: Word, y: Word, z: Word): Word {
  return xor(z, and(x, xor(y, z)));
}

/** Maj(x, y, z). The next step needs `x ^ y` again, as its `y ^ z`. */
function majority<Word>({ and, xor }: WordArithmetic<Word>, x: Word, y: Word, z: Word): Word {
  return xor(y, and(xor(x, y), xor(y, z)));
}

function bigSigma0<Word>({ rotateRight, xor }: WordArithmetic<Word>, x: Word): Word {
  return xor(xor(rotateRight(x, 2), rotateRight(x, 13)), rotateRight(x, 22));
}

function bigSigma1<Word>({ rotateRight, xor }: WordArithmetic<Word>, x: Word): Word {
  return xor(xor(rotateRight(x, 6), rotateRight(x, 11)), rotateRight(x, 25));
}

function sigma0<Word>({ rotateRight, shiftRight, xor }: WordArithmetic<Word>, x: Word): Word {
  return xor(xor(rotateRight(x, 7), rotateRight(x, 18)), shiftRight(x, 3));
}

function sigma1<Word>({ rotateRight, shiftRight, xor }: WordArithmetic<Word>, x: Word): Word {
  return xor(xor(rotateRight(x, 17), rotateRight(x, 19)), shiftRight(x, 10));
}
