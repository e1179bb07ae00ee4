/**
 * BLAKE2b-512 without a key, for messages of one block (RFC 7693).
 *
 * @module
 */
import { type HashAlgorithm, packWords } from "./algorithm.ts";

/** The initial values of section 2.6: the fractions of the square roots of the first primes. */
export const BLAKE2B_IV: readonly bigint[] = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

/** The parameter block's first word: 64 bytes of digest, no key, one leaf. */
export const BLAKE2B_PARAMETERS = 0x01010040n;

const BLOCK_BYTES = 128;

/** Kernels compare the low half of `v[0] ^ v[8]`, which needs the least of the last round. */
export const blake2b: HashAlgorithm = {
  name: "blake2b",
  blockBytes: BLOCK_BYTES,
  byteShift: (byteIndex) => 8 * (byteIndex & 3),
  padMessage(message): Uint32Array<ArrayBuffer> {
    const words = new Uint32Array(BLOCK_BYTES / 4);
    packWords(message, words, this.byteShift);
    return words;
  },
  targetWord(digest): number {
    const low = new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
    return (low ^ Number(BigInt.asUintN(32, BLAKE2B_IV[0] ^ BLAKE2B_PARAMETERS))) >>> 0;
  },
};
