/**
 * How a value is held and computed in WebAssembly: as one word, or as several candidates' words in
 * a vector. Operands are in locals, results are left on the stack.
 *
 * @module
 */
import {
  i32Const,
  i32Load,
  i64Const,
  i64Load,
  i64x2ReplaceLane,
  i8x16Shuffle,
  localGet,
  OP,
  v128Load,
} from "../../formats/wasm/instructions.ts";
import type { Operation } from "./dataflow.ts";
import { type Code, encodeModule, VALUE_TYPE, type ValueType } from "../../formats/wasm/module.ts";

/** Instructions on words of one width, one candidate or several at a time. */
export interface Lanes {
  readonly type: ValueType;
  /** Candidates in a value. */
  readonly count: number;
  /** Loads a value from an address on the stack. */
  load(offset: number): Code;
  /** @param bits of a rotation or shift */
  operate(operation: Operation, operands: readonly number[], bits: number): Code;
  equal(left: number, right: number): Code;
}

/** Lanes of one candidate. */
export interface Scalar extends Lanes {
  constant(bits: bigint): Code;
}

/** Lanes of several candidates. */
export interface Vector extends Lanes {
  /** Turns a scalar on the stack into a vector that has it in all lanes. */
  readonly splat: Code;
  /** Vectors that {@linkcode operate} takes from locals: engines make constants anew at each use. */
  readonly masks: readonly Code[];
  /** The same lanes with the masks in these locals. */
  withMasks(locals: readonly number[]): Vector;
}

const { i32, i64, v128 } = VALUE_TYPE;

const SCALAR_32: Scalar = {
  type: i32,
  count: 1,
  load: i32Load,
  constant: (bits) => i32Const(Number(bits)),
  operate: scalarOperate((bits) => i32Const(bits), {
    add: OP.i32Add,
    xor: OP.i32Xor,
    and: OP.i32And,
    rotateRight: OP.i32Rotr,
    shiftRight: OP.i32ShrU,
  }),
  equal: (left, right) => [...localGet(left), ...localGet(right), ...OP.i32Eq],
};

const SCALAR_64: Scalar = {
  type: i64,
  count: 1,
  load: i64Load,
  constant: i64Const,
  operate: scalarOperate((bits) => i64Const(BigInt(bits)), {
    add: OP.i64Add,
    xor: OP.i64Xor,
    and: OP.i64And,
    rotateRight: OP.i64Rotr,
    shiftRight: OP.i64ShrU,
  }),
  equal: (left, right) => [...localGet(left), ...localGet(right), ...OP.i64Eq],
};

/** What differs between vectors of 32-bit and of 64-bit words. */
const VECTOR_OPS = {
  32: { add: OP.i32x4Add, shl: OP.i32x4Shl, shrU: OP.i32x4ShrU, eq: OP.i32x4Eq },
  64: { add: OP.i64x2Add, shl: OP.i64x2Shl, shrU: OP.i64x2ShrU, eq: OP.i64x2Eq },
};

/** The rotations of BLAKE2b by whole bytes, save that by 32 bits, which needs no mask. */
const MASKED_ROTATIONS = [24, 16];

/** One word at a time. */
export function scalarLanes(width: 32 | 64): Scalar {
  return width === 32 ? SCALAR_32 : SCALAR_64;
}

/**
 * As many words at a time as a vector of 128 bits holds.
 * @param relaxed with the faster instruction of relaxed SIMD: see {@linkcode hasRelaxedSimd}
 */
export function vectorLanes(width: 32 | 64, relaxed: boolean): Vector {
  const swizzle = relaxed ? OP.relaxedSwizzle : OP.swizzle;
  const withMasks = (maskLocals: readonly number[]): Vector => ({
    type: v128,
    count: 128 / width,
    load: v128Load,
    splat: width === 32 ? OP.i32x4Splat : OP.i64x2Splat,
    masks: width === 32 ? [] : MASKED_ROTATIONS.map(rotationMask),
    withMasks,
    operate(operation, [left, right], bits): Code {
      switch (operation) {
        case "add":
          return [...localGet(left), ...localGet(right), ...VECTOR_OPS[width].add];
        case "xor":
          return [...localGet(left), ...localGet(right), ...OP.v128Xor];
        case "and":
          return [...localGet(left), ...localGet(right), ...OP.v128And];
        case "shiftRight":
          return [...localGet(left), ...i32Const(bits), ...VECTOR_OPS[width].shrU];
        case "rotateRight": {
          const mask = maskLocals[width === 32 ? -1 : MASKED_ROTATIONS.indexOf(bits)];
          return mask === undefined
            ? rotateUnmasked(width, left, bits)
            : [...localGet(left), ...localGet(mask), ...swizzle];
        }
      }
    },
    equal: (left, right) => [...localGet(left), ...localGet(right), ...VECTOR_OPS[width].eq],
  });
  return withMasks([]);
}

/** Whether this engine knows the instructions of relaxed SIMD (version 3 of WebAssembly). */
export function hasRelaxedSimd(): boolean {
  const zero = [...i64Const(0n), ...OP.i64x2Splat];
  const body = [...zero, ...zero, ...OP.relaxedSwizzle];
  const swizzle = { exportName: "swizzle", parameters: [], results: [v128], locals: [], body };
  return WebAssembly.validate(encodeModule([swizzle]));
}

function scalarOperate(
  amount: (bits: number) => Code,
  codes: Readonly<Record<Operation, Code>>,
): Scalar["operate"] {
  return (operation, [left, right], bits) => [
    ...localGet(left),
    ...right === undefined ? amount(bits) : localGet(right),
    ...codes[operation],
  ];
}

function rotateUnmasked(width: 32 | 64, local: number, bits: number): Code {
  const value = localGet(local);
  const { add, shl, shrU } = VECTOR_OPS[width];
  if (2 * bits === width) return [...value, ...value, ...i8x16Shuffle(rotatedBytes(width, bits))];
  const left = bits === width - 1 ? [...value, ...add] : [...i32Const(width - bits), ...shl];
  return [...value, ...left, ...value, ...i32Const(bits), ...shrU, ...OP.v128Or];
}

/** For each byte of a vector the one that comes to its place when all words are rotated. */
function rotatedBytes(width: 32 | 64, bits: number): number[] {
  const bytes = width / 8;
  return Array.from(
    { length: 16 },
    (_, at) => at - at % bytes + (at + bits / 8) % bytes,
  );
}

function rotationMask(bits: number): Code {
  const bytes = BigInt64Array.of(0n, 0n);
  new Uint8Array(bytes.buffer).set(rotatedBytes(64, bits));
  const [low, high] = bytes;
  return [...i64Const(low), ...OP.i64x2Splat, ...i64Const(high), ...i64x2ReplaceLane(1)];
}
