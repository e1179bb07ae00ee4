import { assert } from "chai";
import { test } from "#test";
import type { Operation } from "../../../core/hash/wasm/dataflow.ts";
import { i32Const, localGet, localSet, OP } from "../../../core/formats/wasm/instructions.ts";
import {
  hasRelaxedSimd,
  type Lanes,
  scalarLanes,
  vectorLanes,
} from "../../../core/hash/wasm/lanes.ts";
import { type Code, encodeModule, VALUE_TYPE } from "../../../core/formats/wasm/module.ts";
import { onePage, runFunction } from "../../formats/wasm/run_function.ts";
import { numberWords, sampleWords } from "../number_words.ts";

const WIDTHS = [32, 64] as const;
const { i32, v128 } = VALUE_TYPE;

/** Runs code that works on a memory, whose words are given and returned. */
function runOnWords(
  width: 32 | 64,
  words: readonly bigint[],
  locals: readonly Lanes["type"][],
  body: Code,
): { words: bigint[]; result: unknown } {
  const memory = onePage();
  const view = width === 32 ? new Uint32Array(memory.buffer) : new BigUint64Array(memory.buffer);
  words.forEach((word, index) => view[index] = width === 32 ? Number(word) : word);
  const result = runFunction({ parameters: [], results: [i32], locals, body }, memory);
  return { words: [...view.subarray(0, words.length)].map(BigInt), result };
}

/** In each lane whether a computed value equals the expected one, for lanes of any kind. */
function assertComputes(
  width: 32 | 64,
  lanes: Lanes,
  prologue: Code,
  operation: Operation,
  bits: number,
): void {
  const numbers = numberWords(width);
  const words = sampleWords(width, 2 * lanes.count, 5 * bits + 1);
  const expected = Array.from({ length: lanes.count }, (_, lane) => {
    const [x, y] = [words[lane], words[lanes.count + lane]];
    if (operation === "rotateRight" || operation === "shiftRight") {
      return numbers[operation](x, bits);
    }
    return operation === "add" ? numbers.sum(x, y) : numbers[operation](x, y);
  });
  const bytes = lanes.count * width / 8;
  const operands = bits > 0 ? [0] : [0, 1];
  const body = [
    ...prologue,
    ...[0, 1, 2].flatMap((local) => [
      ...i32Const(0),
      ...lanes.load(local * bytes),
      ...localSet(local),
    ]),
    ...lanes.operate(operation, operands, bits),
    ...localSet(1),
    ...lanes.equal(1, 2),
    ...lanes.type === v128 ? allTrue(width) : [],
  ];
  const locals = [lanes.type, lanes.type, lanes.type, v128, v128] as const;
  const name = `${operation} ${bits} on ${lanes.count} words of ${width} bits`;
  assert.equal(runOnWords(width, [...words, ...expected], locals, body).result, 1, name);
  // One wrong lane must be seen, or the comparison above says nothing.
  expected[lanes.count - 1] ^= 1n;
  assert.equal(runOnWords(width, [...words, ...expected], locals, body).result, 0, name);
}

/** i32x4.all_true or i64x2.all_true, which kernels do not use. */
function allTrue(width: 32 | 64): Code {
  return width === 32 ? [0xfd, 0xa3, 0x01] : [0xfd, 0xc3, 0x01];
}

/** All kinds of lanes of a width, with the code that prepares them; local 3 and 4 are for masks. */
function allLanes(width: 32 | 64): { lanes: Lanes; prologue: Code }[] {
  const vectors = [false, ...hasRelaxedSimd() ? [true] : []].map((relaxed) => {
    const { masks, withMasks } = vectorLanes(width, relaxed);
    const locals = masks.map((_, index) => 3 + index);
    const prologue = masks.flatMap((mask, index) => [...mask, ...localSet(locals[index])]);
    return { lanes: withMasks(locals), prologue };
  });
  return [{ lanes: scalarLanes(width), prologue: [] }, ...vectors];
}

test("every kind of lanes adds, xors and ands", () => {
  for (const width of WIDTHS) {
    for (const { lanes, prologue } of allLanes(width)) {
      for (const operation of ["add", "xor", "and"] as const) {
        assertComputes(width, lanes, prologue, operation, 0);
      }
    }
  }
});

test("every kind of lanes rotates and shifts by every number of bits", () => {
  for (const width of WIDTHS) {
    for (const { lanes, prologue } of allLanes(width)) {
      for (let bits = 1; bits < width; bits++) {
        assertComputes(width, lanes, prologue, "rotateRight", bits);
        assertComputes(width, lanes, prologue, "shiftRight", bits);
      }
    }
  }
});

test("a constant is the same in plain words and splat to a vector", () => {
  for (const width of WIDTHS) {
    for (const word of [0n, 1n, 2n ** BigInt(width - 1), 2n ** BigInt(width) - 1n]) {
      const scalar = scalarLanes(width);
      const vector = vectorLanes(width, false);
      const body = [
        ...scalar.constant(word),
        ...vector.splat,
        ...localSet(0),
        ...i32Const(0),
        ...vector.load(0),
        ...localSet(1),
        ...vector.equal(0, 1),
        ...allTrue(width),
      ];
      const words = Array<bigint>(vector.count).fill(word);
      assert.equal(runOnWords(width, words, [v128, v128], body).result, 1, `${word}`);
    }
  }
});

test("hasRelaxedSimd() tells whether relaxed swizzle is valid", () => {
  const body = [...localGet(0), ...localGet(0), ...OP.relaxedSwizzle, ...OP.v128AnyTrue];
  const swizzle = { exportName: "swizzle", parameters: [], results: [i32], locals: [v128], body };
  assert.equal(hasRelaxedSimd(), WebAssembly.validate(encodeModule([swizzle])));
});
