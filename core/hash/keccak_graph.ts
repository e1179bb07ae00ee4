/**
 * Keccak-f[1600] over any {@linkcode WordArithmetic} of 64-bit words, and the block of Keccak-256 that
 * holds a message of 32 bytes (the Keccak reference, version 3.0; the permutation is that of FIPS 202,
 * section 3.2).
 *
 * @module
 */
import type { WordArithmetic } from "./words.ts";

const ROUNDS = 24;
const ALL_ONES = 2n ** 64n - 1n;
/** The bit that ends the message, as the original Keccak has it: SHA-3 puts two more before it. */
const MESSAGE_END = 1n;
/** The last bit of the 136 bytes that a block of Keccak-256 has. */
const BLOCK_END = 1n << 63n;
const LAST_LANE_OF_BLOCK = 16;

/** The offsets of step rho: bits by which lane `x + 5 y` is rotated to the left. */
// deno-fmt-ignore
const RHO: readonly number[] = [
   0,  1, 62, 28, 27,
  36, 44,  6, 55, 20,
   3, 10, 43, 25, 39,
  41, 45, 15, 21,  8,
  18,  2, 61, 56, 14,
];

/** The constants of step iota: the bits at 2^j - 1 come from a shift register with feedback. */
export const KECCAK_ROUND_CONSTANTS: readonly bigint[] = roundConstants();

/**
 * The state that takes in a message of 32 bytes.
 * @param message 4 words, each with its first byte as the lowest
 * @returns 25 words; word `x + 5 y` is lane `A[x, y]`
 */
export function keccak256Block<Word>(
  words: WordArithmetic<Word>,
  message: readonly Word[],
): Word[] {
  const state = Array.from({ length: 25 }, (_, index) => message[index] ?? words.constant(0n));
  state[message.length] = words.constant(MESSAGE_END);
  state[LAST_LANE_OF_BLOCK] = words.constant(BLOCK_END);
  return state;
}

/**
 * The permutation. The first four words of what it makes of {@linkcode keccak256Block} are the digest.
 * @param state 25 words
 */
export function keccakPermute<Word>(
  words: WordArithmetic<Word>,
  state: readonly Word[],
): Word[] {
  return KECCAK_ROUND_CONSTANTS.reduce((lanes, constant) => {
    const next = round(words, lanes);
    next[0] = words.xor(next[0], words.constant(constant));
    return next;
  }, [...state]);
}

/** Steps theta, rho, pi and chi. */
function round<Word>(words: WordArithmetic<Word>, state: readonly Word[]): Word[] {
  const { xor } = words;
  const parity = FIVE.map((x) => FIVE.map((y) => state[x + 5 * y]).reduce(xor));
  const change = FIVE.map((x) =>
    xor(parity[(x + 4) % 5], rotateLeft(words, parity[(x + 1) % 5], 1))
  );
  return FIVE.flatMap((y) => {
    const row = FIVE.map((x) => {
      const from = (x + 3 * y) % 5 + 5 * x;
      return rotateLeft(words, xor(state[from], change[from % 5]), RHO[from]);
    });
    return FIVE.map((x) => xor(row[x], andNot(words, row[(x + 2) % 5], row[(x + 1) % 5])));
  });
}

const FIVE = [0, 1, 2, 3, 4];

function rotateLeft<Word>({ rotateRight }: WordArithmetic<Word>, word: Word, bits: number): Word {
  return bits === 0 ? word : rotateRight(word, 64 - bits);
}

/** `word` where `mask` has no bits. */
function andNot<Word>({ and, xor, constant }: WordArithmetic<Word>, word: Word, mask: Word): Word {
  return and(word, xor(mask, constant(ALL_ONES)));
}

function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      // x^8 + x^6 + x^5 + x^4 + 1
      register = register << 1 ^ (register >> 7) * 0x171;
    }
    return constant;
  });
}
