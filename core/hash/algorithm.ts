/**
 * What a search needs to know of a hash algorithm: how a message is padded, where a byte of it lies
 * in the words that the kernels take, and which 32 bits of the digest they compare.
 *
 * @module
 */
import type { Algorithm } from "./modes.ts";

/** A hash algorithm as the search sees it. */
export interface HashAlgorithm {
  readonly name: Algorithm;
  /** Bytes of a block. */
  readonly blockBytes: number;
  /** Bits by which a byte is shifted left within its 32-bit word of the message. */
  byteShift(byteIndex: number): number;
  /**
   * The whole message with its padding, as 32-bit words.
   * @param message password and salt in their order, the password's bytes as zeros where they vary
   */
  padMessage(message: Uint8Array): Uint32Array<ArrayBuffer>;
  /** The word that a kernel's result must equal. A password always does, others by chance. */
  targetWord(digest: Uint8Array): number;
}

/** Puts bytes into 32-bit words in an algorithm's byte order. */
export function packWords(
  bytes: Uint8Array,
  words: Uint32Array,
  byteShift: HashAlgorithm["byteShift"],
): void {
  bytes.forEach((byte, index) => words[index >> 2] |= byte << byteShift(index));
}
