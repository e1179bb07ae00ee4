/**
 * WebAssembly for numbers modulo p = 2^255 − 19 and for the sum of two points of the curve that
 * Ristretto is made of. Numbers stay in memory; functions take their addresses.
 *
 * A number is ten signed limbs of 26 and 25 bits in turn, each an i32, the lowest first. Products
 * come out with limbs within 1.1 · 2^25 and 2^24; sums and differences of two such, and of one such
 * with another sum, are good factors, but no further sums.
 *
 * Source: D. J. Bernstein and others, "High-speed high-security signatures" (2012), its code `ref10`
 * for limbs, bounds and carries; Hisil, Wong, Carter and Dawson, "Twisted Edwards Curves Revisited"
 * (2008), section 3.1, for the sum.
 *
 * @module
 */

import {
  call,
  i32Const,
  i32Load,
  i32Store,
  i64Const,
  i64Load32S,
  i64Store32,
  localGet,
  localSet,
  loopWhile,
  OP,
} from "../../formats/wasm/instructions.ts";
import {
  type Code,
  encodeModule,
  VALUE_TYPE,
  type WasmFunction,
} from "../../formats/wasm/module.ts";

const { i32, i64 } = VALUE_TYPE;
const LIMB_BYTES = 4;
/** Limbs of a number. */
export const LIMBS = 10;
/** Bytes of a number in memory. */
export const NUMBER_BYTES = LIMBS * LIMB_BYTES;
/** What 2^255 is modulo p. */
const WRAP = 19;

/** Bits of a limb. */
export function limbBits(limb: number): number {
  return limb % 2 === 0 ? 26 : 25;
}

/** Where the sum's operand and result is, and what it needs besides: addresses of numbers in memory. */
export const SUM = numbersFrom(0, ["X", "Y", "Z", "T"]);
const WORK = numbersFrom(4, ["A", "B", "C", "D", "E", "H", "G", "F"]);
/** Bytes of memory that the functions themselves use. */
export const WORK_BYTES = 12 * NUMBER_BYTES;

/** A multiple of a point as it is kept: places of its numbers, Y + X, Y − X, 2 Z and 2 d T. */
export const MULTIPLE = numbersFrom(0, ["sum", "difference", "twiceZ", "twiceDT"]);
/** Bytes of a multiple. */
export const MULTIPLE_BYTES = 4 * NUMBER_BYTES;

/** What the module exports; addresses are in bytes. */
export interface FieldFunctions {
  /** `out = left · right`; they may be the same. */
  multiply(out: number, left: number, right: number): void;
  /** `out = base^(2^times)`, for one or more times. */
  squareTimes(out: number, base: number, times: number): void;
  add(out: number, left: number, right: number): void;
  subtract(out: number, left: number, right: number): void;
  /**
   * Adds a multiple to the point at {@linkcode SUM}.
   *
   * @param flip {@linkcode NUMBER_BYTES} to subtract it, else 0
   */
  addMultiple(multiple: number, flip: number): void;
}

const INDEX = { multiply: 0, squareTimes: 1, add: 2, subtract: 3, addMultiple: 4 };
const [OUT, LEFT, RIGHT] = [0, 1, 2];

/** The bytes of the module. */
export function encodeFieldModule(): Uint8Array<ArrayBuffer> {
  return encodeModule([
    multiplication(),
    squaring(),
    limbwise("add", OP.i32Add),
    limbwise("subtract", OP.i32Sub),
    multipleAddition(),
  ]);
}

function numbersFrom<Name extends string>(
  first: number,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const places = names.map((name, at) => [name, (first + at) * NUMBER_BYTES] as const);
  // Every name has its place.
  return Object.fromEntries(places) as Record<Name, number>;
}

function multiplication(): WasmFunction {
  const writer = new ProductWriter([i32, i32, i32]);
  const [left, right] = [writer.load(LEFT), writer.load(RIGHT)];
  const columns = columnsOf((i, j) => [left.scaled(i, 1), right.scaled(j, factorOf(i, j))]);
  return { exportName: "multiply", ...writer.finish(columns) };
}

/** Every product of two different limbs comes twice. */
function squaring(): WasmFunction {
  const writer = new ProductWriter([i32, i32, i32]);
  const base = writer.load(LEFT);
  const columns = columnsOf((i, j) => {
    if (i > j) return undefined;
    return [base.scaled(i, i === j ? 1 : 2), base.scaled(j, factorOf(i, j))];
  });
  const { body, ...square } = writer.finish(columns);
  const rest = [...localGet(RIGHT), ...i32Const(1), ...OP.i32Sub, ...localSet(RIGHT)];
  const again = [...localGet(OUT), ...localSet(LEFT), ...rest, ...localGet(RIGHT)];
  return { exportName: "squareTimes", ...square, body: loopWhile([...body, ...again]) };
}

/** Where two limbs of 25 bits meet their product is a bit too low; beyond 2^255 it wraps around. */
function factorOf(i: number, j: number): number {
  return (i % 2 === 1 && j % 2 === 1 ? 2 : 1) * (i + j >= LIMBS ? WRAP : 1);
}

/** For each limb of the product the pairs of locals whose products it is the sum of. */
function columnsOf(
  pairOf: (i: number, j: number) => readonly [number, number] | undefined,
): (readonly [number, number])[][] {
  return Array.from({ length: LIMBS }, (_, column) => {
    const pairs = Array.from({ length: LIMBS }, (_, i) => pairOf(i, (column - i + LIMBS) % LIMBS));
    return pairs.filter((pair) => pair !== undefined);
  });
}

/** A factor in locals, limb by limb, and multiples of its limbs. */
interface Factor {
  scaled(limb: number, by: number): number;
}

class ProductWriter {
  readonly #code: number[] = [];
  readonly #parameters: readonly (typeof i32)[];
  #locals = 0;

  constructor(parameters: readonly (typeof i32)[]) {
    this.#parameters = parameters;
  }

  /** Loads a number whose address is in a parameter. */
  load(parameter: number): Factor {
    const kept = new Map<string, number>();
    const limbs = Array.from(
      { length: LIMBS },
      (_, limb) => this.#set([...localGet(parameter), ...i64Load32S(limb * LIMB_BYTES)]),
    );
    const scaled = (limb: number, by: number): number => {
      if (by === 1) return limbs[limb];
      const key = `${limb} ${by}`;
      const local = kept.get(key) ??
        this.#set([...localGet(limbs[limb]), ...i64Const(BigInt(by)), ...OP.i64Mul]);
      kept.set(key, local);
      return local;
    };
    return { scaled };
  }

  /** Sums up the columns, carries, and stores the product. */
  finish(
    columns: readonly (readonly (readonly [number, number])[])[],
  ): Omit<WasmFunction, "exportName"> {
    const sums = columns.map((pairs) =>
      this.#set(pairs.flatMap(([left, right], at) => [
        ...[...localGet(left), ...localGet(right), ...OP.i64Mul],
        ...at === 0 ? [] : OP.i64Add,
      ]))
    );
    for (const limb of [0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0]) this.#carry(sums, limb);
    for (const [limb, sum] of sums.entries()) {
      this.#code.push(...localGet(OUT), ...localGet(sum), ...i64Store32(limb * LIMB_BYTES));
    }
    const locals = Array.from({ length: this.#locals }, () => i64);
    return { parameters: this.#parameters, results: [], locals, body: this.#code };
  }

  /** Leaves a limb within half its bits, and gives what is above to the next. */
  #carry(sums: readonly number[], limb: number): void {
    const bits = BigInt(limbBits(limb));
    const [from, to] = [sums[limb], sums[(limb + 1) % LIMBS]];
    const rounded = [...localGet(from), ...i64Const(1n << (bits - 1n)), ...OP.i64Add];
    const carry = this.#set([...rounded, ...i64Const(bits), ...OP.i64ShrS]);
    const wrapped = limb === LIMBS - 1 ? [...i64Const(BigInt(WRAP)), ...OP.i64Mul] : [];
    this.#code.push(
      ...[...localGet(to), ...localGet(carry), ...wrapped, ...OP.i64Add, ...localSet(to)],
      ...[...localGet(from), ...localGet(carry), ...i64Const(bits), ...OP.i64Shl, ...OP.i64Sub],
      ...localSet(from),
    );
  }

  /** Puts what code leaves on the stack into a new local. */
  #set(code: Code): number {
    const local = this.#parameters.length + this.#locals++;
    this.#code.push(...code, ...localSet(local));
    return local;
  }
}

/** A sum or a difference, limb by limb and without carries. */
function limbwise(exportName: string, operation: Code): WasmFunction {
  const body = Array.from({ length: LIMBS }, (_, limb) => limb * LIMB_BYTES).flatMap((offset) => [
    ...localGet(OUT),
    ...[...localGet(LEFT), ...i32Load(offset), ...localGet(RIGHT), ...i32Load(offset)],
    ...[...operation, ...i32Store(offset)],
  ]);
  return { exportName, parameters: [i32, i32, i32], results: [], locals: [], body };
}

/**
 * The sum is the same for all points, doubles and the neutral one included. A multiple is subtracted
 * by the same steps: −X and −T swap Y + X with Y − X, and G with F.
 */
function multipleAddition(): WasmFunction {
  const [MULTIPLE_AT, FLIP] = [0, 1];
  const fixed = i32Const;
  const of = (place: number): Code => [...localGet(MULTIPLE_AT), ...fixed(place), ...OP.i32Add];
  const flipped = (code: Code): Code => [...code, ...localGet(FLIP), ...OP.i32Add];
  const unflipped = (code: Code): Code => [...code, ...localGet(FLIP), ...OP.i32Sub];
  const step = (index: number, ...addresses: readonly Code[]): Code => [
    ...addresses.flat(),
    ...call(index),
  ];
  const { multiply, add, subtract } = INDEX;
  const { X, Y, Z, T } = SUM;
  const { A, B, C, D, E, F, G, H } = WORK;
  const body = [
    ...step(subtract, fixed(A), fixed(Y), fixed(X)),
    ...step(add, fixed(B), fixed(Y), fixed(X)),
    ...step(multiply, fixed(A), fixed(A), unflipped(of(MULTIPLE.difference))),
    ...step(multiply, fixed(B), fixed(B), flipped(of(MULTIPLE.sum))),
    ...step(multiply, fixed(C), fixed(T), of(MULTIPLE.twiceDT)),
    ...step(multiply, fixed(D), fixed(Z), of(MULTIPLE.twiceZ)),
    ...step(subtract, fixed(E), fixed(B), fixed(A)),
    ...step(add, fixed(H), fixed(B), fixed(A)),
    ...step(add, flipped(fixed(G)), fixed(D), fixed(C)),
    ...step(subtract, unflipped(fixed(F)), fixed(D), fixed(C)),
    ...step(multiply, fixed(X), fixed(E), fixed(F)),
    ...step(multiply, fixed(Y), fixed(G), fixed(H)),
    ...step(multiply, fixed(Z), fixed(F), fixed(G)),
    ...step(multiply, fixed(T), fixed(E), fixed(H)),
  ];
  return { exportName: "addMultiple", parameters: [i32, i32], results: [], locals: [], body };
}
