/**
 * How a keyspace is cut for the kernels. A candidate has three parts. The *inner* part, some
 * characters that lie in one 32-bit word of the message, comes from a table that every invocation
 * walks. The *low* part is decoded from the invocation's index. The *high* part is set by the host
 * and is the same for a whole group of invocations. An invocation is named by its *outer* index,
 * which counts low and high parts together.
 *
 * @module
 */
import type { HashAlgorithm } from "./algorithm.ts";
import { blake2b } from "./blake2b.ts";
import type { HashTarget } from "./hash_target.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Algorithm } from "./modes.ts";
import { sha256 } from "./sha256.ts";

/** One character of a candidate that is decoded from the outer index. */
export interface Digit {
  /** Its choices; the digit's value is an index into them. */
  readonly charset: Uint8Array;
  /** The 32-bit word of the message that holds it, and by how much it is shifted left there. */
  readonly word: number;
  readonly shift: number;
}

/** A search of one hash over one keyspace, ready for a kernel. Plain data: it crosses threads. */
export interface SearchPlan {
  readonly algorithm: Algorithm;
  /** Bytes of password and salt. */
  readonly messageBytes: number;
  /** The padded message, with zeros where candidates vary. */
  readonly message: Uint32Array<ArrayBuffer>;
  readonly targetWord: number;
  /** Word of the message that the inner table varies. */
  readonly innerWord: number;
  /** What each inner combination adds to its word. */
  readonly inner: Uint32Array<ArrayBuffer>;
  readonly low: readonly Digit[];
  readonly high: readonly Digit[];
  /** Outer indices of a group: all combinations of the low digits, at most 2^31. */
  readonly groupSize: number;
  /** Positions of the keyspace from the fastest to the slowest. */
  readonly order: readonly number[];
}

/** Outer indices `first` to `first + count - 1` of one group. */
export interface Slice {
  /** Combination of the high digits. */
  readonly group: bigint;
  readonly first: number;
  readonly count: number;
}

const MAX_GROUP_SIZE = 2 ** 31;
/** Entries of the inner table, at most: 64 KiB, the largest uniform that every adapter binds. */
export const MAX_INNER = 2 ** 14;

const ALGORITHMS: Readonly<Record<Algorithm, HashAlgorithm>> = { blake2b, sha256 };

/** The algorithm of that name. */
export function algorithmOf(name: Algorithm): HashAlgorithm {
  return ALGORITHMS[name];
}

/**
 * Plans a search.
 * @param leastInner the inner table gets this many entries where the characters of one word allow
 *   it, for a short inner loop leaves too much of the work to the decoding
 */
export function createPlan(target: HashTarget, keyspace: Keyspace, leastInner: number): SearchPlan {
  const algorithm = algorithmOf(target.mode.algorithm);
  const passwordAt = target.mode.salt === "before" ? target.salt.length : 0;
  const digits = keyspace.positions.map((charset, position): Digit => ({
    charset,
    word: (passwordAt + position) >> 2,
    shift: algorithm.byteShift(passwordAt + position),
  }));
  const innerWord = widestWord(digits);
  const order = searchOrder(digits, innerWord);
  const ordered = order.map((position) => digits[position]);
  const innerDigits = ordered.slice(0, countInner(ordered, innerWord, leastInner));
  const outerDigits = ordered.slice(innerDigits.length);
  const lowCount = countWithin(outerDigits, MAX_GROUP_SIZE);
  const low = outerDigits.slice(0, lowCount);
  const messageBytes = keyspace.length + target.salt.length;
  return {
    algorithm: algorithm.name,
    messageBytes,
    message: algorithm.padMessage(emptyMessage(target, keyspace, messageBytes)),
    targetWord: algorithm.targetWord(target.digest),
    innerWord,
    inner: combinations(innerDigits),
    low,
    high: outerDigits.slice(lowCount),
    groupSize: low.reduce((product, { charset }) => product * charset.length, 1),
    order,
  };
}

/** The message words of a group: the high digits are in place. */
export function groupMessage(plan: SearchPlan, group: bigint): Uint32Array<ArrayBuffer> {
  const message = plan.message.slice();
  let rest = group;
  for (const { charset, word, shift } of plan.high) {
    const size = BigInt(charset.length);
    message[word] |= charset[Number(rest % size)] << shift;
    rest /= size;
  }
  return message;
}

/** Index in the keyspace, in the plan's order, of the first inner candidate of an outer index. */
export function candidateIndex(plan: SearchPlan, group: bigint, outer: number): bigint {
  return (group * BigInt(plan.groupSize) + BigInt(outer)) * BigInt(plan.inner.length);
}

function emptyMessage(target: HashTarget, keyspace: Keyspace, messageBytes: number): Uint8Array {
  const message = new Uint8Array(messageBytes);
  message.set(target.salt, target.mode.salt === "before" ? 0 : keyspace.length);
  return message;
}

/** The word whose characters have the most combinations; the first of several. */
function widestWord(digits: readonly Digit[]): number {
  const widths = new Map<number, number>();
  for (const { word, charset } of digits) {
    widths.set(word, (widths.get(word) ?? 1) * charset.length);
  }
  const [widest] = [...widths].toSorted(([, x], [, y]) => y - x);
  return widest[0];
}

/** The characters of the inner word first, then the others. */
function searchOrder(digits: readonly Digit[], innerWord: number): number[] {
  const all = [...digits.keys()];
  return [
    ...all.filter((position) => digits[position].word === innerWord),
    ...all.filter((position) => digits[position].word !== innerWord),
  ];
}

/** How many of the first digits make the inner table. */
function countInner(ordered: readonly Digit[], innerWord: number, leastInner: number): number {
  let size = 1;
  let count = 0;
  for (const { word, charset } of ordered) {
    if (word !== innerWord || size >= leastInner || size * charset.length > MAX_INNER) break;
    size *= charset.length;
    count += 1;
  }
  return count;
}

/** How many of the first digits have at most that many combinations together. */
function countWithin(digits: readonly Digit[], limit: number): number {
  let size = 1;
  const end = digits.findIndex(({ charset }) => (size *= charset.length) > limit);
  return end === -1 ? digits.length : end;
}

/** What each combination of digits of one word adds to it; the first digit changes fastest. */
function combinations(digits: readonly Digit[]): Uint32Array<ArrayBuffer> {
  return digits.reduce(
    (table, { charset, shift }) =>
      Uint32Array.from(
        { length: table.length * charset.length },
        (_, index) =>
          table[index % table.length] | charset[Math.floor(index / table.length)] << shift,
      ),
    new Uint32Array(1),
  );
}
