/**
 * The candidates that a mask stands for, each with a number: a mixed radix number whose digits are
 * the positions. Candidates are bytes.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import {
  bytesOf,
  type CustomCharsets,
  excerpt,
  parseSymbols,
  resolveCustomCharsets,
} from "./charset.ts";

export type { CustomCharsets };

/** The longest candidate, in bytes. */
export const MAX_PASSWORD_BYTES = 32;

const MAX_SIZE = 2n ** 63n;

/** Every row of one byte from each position's charset. */
export class Keyspace {
  /** Distinct bytes of each position, in order. */
  readonly positions: readonly Uint8Array[];
  /** How many candidates there are: the product of the positions' sizes. */
  readonly size: bigint;

  readonly #radices: readonly bigint[];
  /** The order of positions if a caller names none: 0, 1, 2 and so on. */
  readonly #plainOrder: readonly number[];

  /**
   * The keyspace of a hashcat mask.
   *
   * @param custom the charsets of `?1` to `?4`
   * @param options.hexCharsets as hashcat's `--hex-charset`: what stands for itself in the mask and
   *   in the charsets is written as two hex digits a byte. @default {false}
   * @throws {UsageError} if hashcat would refuse mask or charsets, or if the keyspace is too large
   * @throws {RangeError} for more than four custom charsets
   */
  static fromMask(
    mask: string,
    custom: CustomCharsets = [],
    options: { hexCharsets?: boolean } = {},
  ): Keyspace {
    const { hexCharsets = false } = options;
    const label = `mask ${excerpt(mask)}`;
    const sets = resolveCustomCharsets(custom, hexCharsets);
    const symbols = parseSymbols(mask, label, hexCharsets);
    if (symbols.length === 0) throw new UsageError("the mask is empty: write one such as ?l?l?d");
    // The length comes first: a text of megabytes must not be expanded.
    const tooLong = whyBadLength(symbols.length);
    if (tooLong !== undefined) throw new UsageError(`${label} ${tooLong}: shorten it`);
    const positions = symbols.map((symbol) =>
      // A Set keeps the order of first appearance, as hashcat's charsets do.
      Uint8Array.from(new Set(bytesOf(symbol, sets, custom, label)))
    );
    const tooLarge = whyBadSize(sizeOf(positions));
    if (tooLarge !== undefined) {
      throw new UsageError(`${label} ${tooLarge}: shorten it or narrow its charsets`);
    }
    return new Keyspace(positions);
  }

  /**
   * @param positions for each byte of a candidate what it may be; copied
   * @throws {RangeError} unless there are 1 to 32 positions, each of them with bytes, none twice,
   *   and 2^63 candidates at most
   */
  constructor(positions: readonly Uint8Array[]) {
    const size = sizeOf(positions);
    const reason = whyBadLength(positions.length) ?? whyBadPosition(positions) ?? whyBadSize(size);
    if (reason !== undefined) throw new RangeError(`the keyspace ${reason}`);
    this.positions = positions.map((bytes) => bytes.slice());
    this.size = size;
    this.#radices = positions.map((bytes) => BigInt(bytes.length));
    this.#plainOrder = positions.map((_, position) => position);
  }

  /** Bytes of a candidate. */
  get length(): number {
    return this.positions.length;
  }

  /**
   * The candidate of an index.
   *
   * @param order the positions from the one that changes with every index to the slowest.
   *   @default {0, 1, 2 and so on}
   * @throws {RangeError} if `index` is outside 0 to `size - 1`, or `order` is no permutation of the
   *   positions
   */
  candidate(
    index: bigint,
    order: readonly number[] = this.#plainOrder,
  ): Uint8Array<ArrayBuffer> {
    this.#checkOrder(order);
    if (index < 0n || index >= this.size) {
      throw new RangeError(`index must be from 0 to ${this.size - 1n}, got ${index}`);
    }
    const candidate = new Uint8Array(this.length);
    let rest = index;
    for (const position of order) {
      const radix = this.#radices[position];
      candidate[position] = this.positions[position][Number(rest % radix)];
      rest /= radix;
    }
    return candidate;
  }

  /**
   * The index of a candidate: what {@link candidate} takes to give it.
   *
   * @param order as for {@link candidate}
   * @returns undefined if the candidate is not in the keyspace
   * @throws {RangeError} if `order` is no permutation of the positions
   */
  indexOf(
    candidate: Uint8Array,
    order: readonly number[] = this.#plainOrder,
  ): bigint | undefined {
    this.#checkOrder(order);
    if (candidate.length !== this.length) return undefined;
    let index = 0n;
    for (let i = order.length - 1; i >= 0; i--) {
      const digit = this.positions[order[i]].indexOf(candidate[order[i]]);
      if (digit < 0) return undefined;
      index = index * this.#radices[order[i]] + BigInt(digit);
    }
    return index;
  }

  #checkOrder(order: readonly number[]): void {
    if (order === this.#plainOrder) return;
    const named = new Set(order);
    if (order.length !== this.length || !this.#plainOrder.every((each) => named.has(each))) {
      throw new RangeError(
        `order must name each position from 0 to ${this.length - 1} once, got [${order}]`,
      );
    }
  }
}

function sizeOf(positions: readonly Uint8Array[]): bigint {
  return positions.reduce((size, bytes) => size * BigInt(bytes.length), 1n);
}

function whyBadLength(length: number): string | undefined {
  if (length >= 1 && length <= MAX_PASSWORD_BYTES) return undefined;
  return `is ${length} bytes long, expected 1 to ${MAX_PASSWORD_BYTES}`;
}

function whyBadPosition(positions: readonly Uint8Array[]): string | undefined {
  const empty = positions.findIndex((bytes) => bytes.length === 0);
  if (empty >= 0) return `has no byte for position ${empty}`;
  const repeating = positions.findIndex((bytes) => new Set(bytes).size < bytes.length);
  return repeating < 0 ? undefined : `has a byte twice in position ${repeating}`;
}

function whyBadSize(size: bigint): string | undefined {
  return size <= MAX_SIZE ? undefined : `spans ${size} candidates, more than 2^63`;
}
