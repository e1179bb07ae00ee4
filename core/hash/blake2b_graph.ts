/**
 * The rounds of BLAKE2b over any {@linkcode WordArithmetic} of 64-bit words (RFC 7693, section 3).
 *
 * @module
 */
import { BLAKE2B_IV, BLAKE2B_PARAMETERS } from "./blake2b.ts";
import type { WordArithmetic } from "./words.ts";

const ROUNDS = 12;

/** Section 2.7: the order of message words in each round. */
const SIGMA: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/** The columns of the work vector as a 4x4 matrix, and its diagonals. */
const COLUMNS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
const DIAGONALS = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];

/** The chaining value that the only block of an unkeyed hash of 64 bytes starts from. */
export function blake2bStart(): bigint[] {
  return BLAKE2B_IV.map((word, index) => index === 0 ? word ^ BLAKE2B_PARAMETERS : word);
}

/**
 * The work vector `v[0..15]` of section 3.2 after the rounds on the first and last block. Digest word
 * `i` is `h[i] ^ v[i] ^ v[i + 8]`, with {@linkcode blake2bStart} for `h`.
 * @param message 16 words
 * @param messageBytes length of the message
 */
export function blake2bRounds<Word>(
  words: WordArithmetic<Word>,
  message: readonly Word[],
  messageBytes: Word,
): Word[] {
  const v = [...blake2bStart(), ...BLAKE2B_IV].map((word) => words.constant(word));
  v[12] = words.xor(v[12], messageBytes);
  v[14] = words.xor(v[14], words.constant(2n ** 64n - 1n));
  for (let round = 0; round < ROUNDS; round++) {
    const m = SIGMA[round % SIGMA.length].map((index) => message[index]);
    inTurn(COLUMNS.map((at, i) => mix(words, v, at, m[2 * i], m[2 * i + 1])));
    inTurn(DIAGONALS.map((at, i) => mix(words, v, at, m[8 + 2 * i], m[9 + 2 * i])));
  }
  return v;
}

/** The function G of section 3.1; it yields after each line. */
function* mix<Word>(
  { sum, xor, rotateRight }: WordArithmetic<Word>,
  v: Word[],
  [a, b, c, d]: readonly number[],
  x: Word,
  y: Word,
): Generator<void> {
  yield void (v[a] = sum(v[a], x, v[b]));
  yield void (v[d] = rotateRight(xor(v[d], v[a]), 32));
  yield void (v[c] = sum(v[c], v[d]));
  yield void (v[b] = rotateRight(xor(v[b], v[c]), 24));
  yield void (v[a] = sum(v[a], y, v[b]));
  yield void (v[d] = rotateRight(xor(v[d], v[a]), 16));
  yield void (v[c] = sum(v[c], v[d]));
  yield void (v[b] = rotateRight(xor(v[b], v[c]), 63));
}

/**
 * Line by line through two at a time. All four are independent, and a core works on several at once;
 * but the words of more than two do not fit its registers.
 */
function inTurn(mixes: readonly Generator<void>[]): void {
  for (let first = 0; first < mixes.length; first += 2) {
    const both = mixes.slice(first, first + 2);
    while (both.map((each) => each.next()).some(({ done }) => !done));
  }
}
