/**
 * SHA-256 for messages of one or two blocks (FIPS 180-4).
 *
 * @module
 */
import { type HashAlgorithm, packWords } from "./algorithm.ts";

/** The initial hash value of section 5.3.3. */
export const SHA256_IV: readonly number[] = [
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
];

const BLOCK_BYTES = 64;
/** The bit that ends the message, and its length in bits as 64. */
const LEAST_PADDING_BYTES = 9;

/** Kernels compare the last word: it is known three steps before the others. */
export const sha256: HashAlgorithm = {
  name: "sha256",
  blockBytes: BLOCK_BYTES,
  byteShift: (byteIndex) => 24 - 8 * (byteIndex & 3),
  padMessage(message): Uint32Array<ArrayBuffer> {
    const blocks = Math.ceil((message.length + LEAST_PADDING_BYTES) / BLOCK_BYTES);
    const words = new Uint32Array(blocks * BLOCK_BYTES / 4);
    packWords(message, words, this.byteShift);
    words[message.length >> 2] |= 0x80 << this.byteShift(message.length);
    words[words.length - 1] = 8 * message.length;
    return words;
  },
  targetWord: (digest) => new DataView(digest.buffer, digest.byteOffset).getUint32(28),
};
