/**
 * Sums of multiples of Ristretto points of which tables are kept: a sum of two takes some 90 additions
 * and no doubling. Takes as long as its numbers want, so it is for public ones only.
 *
 * Source: RFC 9496, section 4.3.2, for a point's bytes.
 *
 * @module
 */

import { Field, P } from "./field.ts";
import { MULTIPLE, MULTIPLE_BYTES, NUMBER_BYTES, SUM } from "./field_code.ts";

/** Of the curve −x² + y² = 1 + d x² y². */
const D = modulo(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);
/** 1 / √(−1 − d), that one of the two which RFC 9496 names. */
const INVSQRT_A_MINUS_D =
  54469307008909316920995813868745141605393597292927456921205312896311721017578n;
const SCALAR_BITS = 256;
/** (p − 5) / 8 = 2^252 − 3 has so many ones above its lowest two bits. */
const ONES = 250;

/** A point of the curve. */
export interface AffinePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** Multiples of a point: for each window of a scalar's bits those by 1 to half of what fits. */
export interface Multiples {
  readonly at: number;
  readonly windowBits: number;
}

/** See the module. */
export class PointSum {
  readonly #field = new Field();
  readonly #zero = this.#field.constant(0n);
  readonly #one = this.#field.constant(1n);
  readonly #twiceD = this.#field.constant(modulo(2n * D));
  readonly #sqrtMinusOne = this.#field.constant(SQRT_MINUS_ONE);
  readonly #invsqrtAMinusD = this.#field.constant(INVSQRT_A_MINUS_D);
  readonly #work = this.#field.allocate(16 * NUMBER_BYTES);
  readonly #scalar = new DataView(new ArrayBuffer(SCALAR_BITS / 8));

  /**
   * Makes the multiples of a point.
   *
   * @param windowBits 4 or 8: more make sums shorter, and the table longer
   * @param place what is no longer needed of the same size. @default new memory
   */
  multiplesOf(point: AffinePoint, windowBits: 4 | 8, place?: Multiples): Multiples {
    const { run } = this.#field;
    const [windows, size] = [SCALAR_BITS / windowBits, 2 ** (windowBits - 1)];
    const at = place?.at ?? this.#field.allocate(windows * size * MULTIPLE_BYTES);
    this.#start(point);
    for (let window = 0, entry = at; window < windows; window++) {
      const first = entry;
      for (let multiple = 1; multiple <= size; multiple++, entry += MULTIPLE_BYTES) {
        this.#keep(entry);
        // The largest one twice is the next window's first.
        run.addMultiple(multiple === size ? entry : first, 0);
      }
    }
    return { at, windowBits };
  }

  /** Starts with nothing, and then adds up. */
  clear(): void {
    this.#start({ x: 0n, y: 1n });
  }

  /** Adds `scalar` times the point. @param scalar below 2^255 */
  add({ at, windowBits }: Multiples, scalar: bigint): void {
    for (let word = 0; word < 4; word++) {
      this.#scalar.setBigUint64(8 * word, BigInt.asUintN(64, scalar >> BigInt(64 * word)), true);
    }
    const half = 2 ** (windowBits - 1);
    const { addMultiple } = this.#field.run;
    let table = at;
    let carry = 0;
    for (let bit = 0; bit < SCALAR_BITS; bit += windowBits, table += half * MULTIPLE_BYTES) {
      const bits = this.#scalar.getUint8(bit >> 3) >> (bit & 7) & (2 * half - 1);
      const digit = bits + carry;
      carry = digit > half ? 1 : 0;
      // What is more than half is taken from the next window's one.
      const distance = carry === 1 ? 2 * half - digit : digit;
      if (distance === 0) continue;
      addMultiple(table + (distance - 1) * MULTIPLE_BYTES, carry * NUMBER_BYTES);
    }
  }

  /** The 32 bytes of the sum. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { run: { multiply, add, subtract }, run } = this.#field;
    const [u1, u2, root, den1, den2, zInverse, left, right] = this.#numbers(0, 8);
    const { X, Y, Z, T } = SUM;
    add(left, Z, Y);
    subtract(right, Z, Y);
    multiply(u1, left, right);
    multiply(u2, X, Y);
    run.squareTimes(left, u2, 1);
    multiply(left, u1, left);
    this.#inverseRoot(root, left);
    multiply(den1, root, u1);
    multiply(den2, root, u2);
    multiply(zInverse, den1, den2);
    multiply(zInverse, zInverse, T);
    multiply(left, T, zInverse);
    const rotate = this.#field.isNegative(left);
    // Rotated, x and y change places, both times √−1.
    multiply(left, X, rotate ? this.#sqrtMinusOne : this.#one);
    multiply(right, Y, rotate ? this.#sqrtMinusOne : this.#one);
    const [x, y] = rotate ? [right, left] : [left, right];
    multiply(den2, rotate ? den1 : den2, rotate ? this.#invsqrtAMinusD : this.#one);
    multiply(u1, x, zInverse);
    if (this.#field.isNegative(u1)) add(u2, Z, y);
    else subtract(u2, Z, y);
    multiply(u1, den2, u2);
    if (!this.#field.isNegative(u1)) return this.#field.bytes(u1);
    subtract(u1, this.#zero, u1);
    return this.#field.bytes(u1);
  }

  /** `out = 1 / √value` of a square, up to its sign; 0 of 0. */
  #inverseRoot(out: number, value: number): void {
    const { multiply, squareTimes } = this.#field.run;
    const [cube, seventh, check] = this.#numbers(8, 3);
    squareTimes(cube, value, 1);
    multiply(cube, cube, value);
    squareTimes(seventh, cube, 1);
    multiply(seventh, seventh, value);
    this.#power(seventh);
    multiply(out, cube, seventh);
    squareTimes(check, out, 1);
    multiply(check, check, value);
    if (!this.#field.isOne(check)) multiply(out, out, this.#sqrtMinusOne);
  }

  /** `value = value^((p − 5) / 8)`, whose exponent in bits is many ones and then 01. */
  #power(value: number): void {
    const { multiply, squareTimes } = this.#field.run;
    const [run, longer] = this.#numbers(11, 2);
    multiply(run, value, this.#one);
    let ones = 1;
    for (const bit of ONES.toString(2).slice(1)) {
      squareTimes(longer, run, ones);
      multiply(run, longer, run);
      ones *= 2;
      if (bit === "0") continue;
      squareTimes(longer, run, 1);
      multiply(run, longer, value);
      ones += 1;
    }
    squareTimes(run, run, 2);
    multiply(value, run, value);
  }

  /** Sets the sum to a point. */
  #start({ x, y }: AffinePoint): void {
    const { run: { multiply } } = this.#field;
    const { X, Y, Z, T } = SUM;
    this.#field.write(X, x);
    this.#field.write(Y, y);
    this.#field.write(Z, 1n);
    // Products have smaller limbs, which can be added up.
    for (const at of [X, Y, Z]) multiply(at, at, this.#one);
    multiply(T, X, Y);
  }

  /** Keeps the sum as a multiple. */
  #keep(at: number): void {
    const { add, subtract, multiply } = this.#field.run;
    const { X, Y, Z, T } = SUM;
    add(at + MULTIPLE.sum, Y, X);
    subtract(at + MULTIPLE.difference, Y, X);
    add(at + MULTIPLE.twiceZ, Z, Z);
    multiply(at + MULTIPLE.twiceDT, T, this.#twiceD);
  }

  #numbers(first: number, count: number): number[] {
    return Array.from({ length: count }, (_, at) => this.#work + (first + at) * NUMBER_BYTES);
  }
}

function modulo(value: bigint): bigint {
  return (value % P + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * square % P;
    square = square * square % P;
  }
  return result;
}
