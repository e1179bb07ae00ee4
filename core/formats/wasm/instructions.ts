/**
 * The WebAssembly instructions that are used here, by their names in the specification (section 5.4).
 * Those that take operands find them on the stack.
 *
 * @module
 */
import { type Code, signed, unsigned } from "./module.ts";

/** Instructions without immediates. */
export const OP = {
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32And: [0x71],
  i32Or: [0x72],
  i32Xor: [0x73],
  i32Shl: [0x74],
  i32ShrU: [0x76],
  i32Rotr: [0x78],
  i32Eq: [0x46],
  i32LtU: [0x49],
  i64Add: [0x7c],
  i64Sub: [0x7d],
  i64Mul: [0x7e],
  i64And: [0x83],
  i64Xor: [0x85],
  i64Shl: [0x86],
  i64ShrS: [0x87],
  i64ShrU: [0x88],
  i64Rotr: [0x8a],
  i64Eq: [0x51],
  swizzle: simd(14),
  relaxedSwizzle: simd(0x100),
  i32x4Splat: simd(17),
  i64x2Splat: simd(18),
  i32x4Eq: simd(55),
  i64x2Eq: simd(214),
  v128And: simd(78),
  v128Or: simd(80),
  v128Xor: simd(81),
  v128AnyTrue: simd(83),
  i32x4Shl: simd(171),
  i32x4ShrU: simd(173),
  i32x4Add: simd(174),
  i64x2Shl: simd(203),
  i64x2ShrU: simd(205),
  i64x2Add: simd(206),
} satisfies Record<string, Code>;

/** Logarithm of the alignment of all loads, in bytes: they give no hint. */
const UNALIGNED = 0;
const BLOCK_WITHOUT_RESULT = 0x40;

/** Puts a local on the stack. */
export function localGet(local: number): Code {
  return [0x20, ...unsigned(local)];
}

/** Takes a local from the stack. */
export function localSet(local: number): Code {
  return [0x21, ...unsigned(local)];
}

/** Puts a number on the stack; bits beyond 32 are cut off. */
export function i32Const(value: number): Code {
  return [0x41, ...signed(BigInt(value | 0))];
}

/** Puts a number on the stack; bits beyond 64 are cut off. */
export function i64Const(value: bigint): Code {
  return [0x42, ...signed(BigInt.asIntN(64, value))];
}

/** Loads from the address on the stack plus an offset. */
export function i32Load(offset: number): Code {
  return [0x28, UNALIGNED, ...unsigned(offset)];
}

/** Loads from the address on the stack plus an offset. */
export function i64Load(offset: number): Code {
  return [0x29, UNALIGNED, ...unsigned(offset)];
}

/** Loads an i32 from the address on the stack plus an offset, as an i64 of the same sign. */
export function i64Load32S(offset: number): Code {
  return [0x34, UNALIGNED, ...unsigned(offset)];
}

/** Stores the i32 on the stack at the address below it plus an offset. */
export function i32Store(offset: number): Code {
  return [0x36, UNALIGNED, ...unsigned(offset)];
}

/** Stores the low half of the i64 on the stack at the address below it plus an offset. */
export function i64Store32(offset: number): Code {
  return [0x3e, UNALIGNED, ...unsigned(offset)];
}

/** Loads from the address on the stack plus an offset. */
export function v128Load(offset: number): Code {
  return [...simd(0), UNALIGNED, ...unsigned(offset)];
}

/** Puts a word into one lane of a vector. */
export function i64x2ReplaceLane(lane: number): Code {
  return simd(30, lane);
}

/**
 * Picks bytes of two vectors.
 * @param lanes for each byte of the result its place in the two operands, one after another
 */
export function i8x16Shuffle(lanes: readonly number[]): Code {
  return simd(13, ...lanes);
}

/** Calls a function of the module, by its place in it. */
export function call(index: number): Code {
  return [0x10, ...unsigned(index)];
}

/** Runs a body, and again for as long as it leaves an i32 other than zero. */
export function loopWhile(body: Code): Code {
  return [0x03, BLOCK_WITHOUT_RESULT, ...body, 0x0d, 0x00, 0x0b];
}

/** An instruction of the vector set (section 5.4.8). */
function simd(opcode: number, ...immediates: readonly number[]): Code {
  return [0xfd, ...unsigned(opcode), ...immediates];
}
