import { assert } from "chai";
import { test } from "#test";
import { i32Const, localGet, localSet, OP } from "../../../core/hash/wasm/instructions.ts";
import {
  encodeModule,
  FUNCTION_EXPORT,
  MEMORY_IMPORT,
  signed,
  unsigned,
  VALUE_TYPE,
  type WasmFunction,
} from "../../../core/hash/wasm/module.ts";

const { i32, i64, v128 } = VALUE_TYPE;

/** Runs a module's function on a memory of one page. */
function run(wasm: WasmFunction, ...args: number[]): unknown {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(encodeModule(wasm)),
    { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory } },
  );
  const entry: unknown = exports[FUNCTION_EXPORT];
  return typeof entry === "function" ? entry(...args) : undefined;
}

test("unsigned() is LEB128 at the edges of its bytes", () => {
  const cases: [number, number[]][] = [
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ];
  for (const [value, bytes] of cases) assert.deepEqual(unsigned(value), bytes, `${value}`);
});

test("signed() is LEB128 at the edges of its bytes", () => {
  const cases: [bigint, number[]][] = [
    [0n, [0]],
    [63n, [0x3f]],
    [64n, [0xc0, 0x00]],
    [-1n, [0x7f]],
    [-64n, [0x40]],
    [-65n, [0xbf, 0x7f]],
    [-123456n, [0xc0, 0xbb, 0x78]],
    [2n ** 63n - 1n, [...Array(9).fill(0xff), 0x00]],
    [-(2n ** 63n), [...Array(9).fill(0x80), 0x7f]],
  ];
  for (const [value, bytes] of cases) assert.deepEqual(signed(value), bytes, `${value}`);
});

test("encodeModule() makes a function that engines run", () => {
  const body = [...localGet(0), ...localGet(1), ...OP.i32Add];
  const sum = { parameters: [i32, i32], results: [i32], locals: [], body };
  assert.equal(run(sum, 2 ** 31 - 1, 1), -(2 ** 31));
});

test("encodeModule() declares locals of changing types, and more than a byte counts", () => {
  const locals = [i64, v128, i64, ...Array<typeof i32>(300).fill(i32), v128];
  const body = [...i32Const(-7), ...localSet(302), ...localGet(302)];
  assert.equal(run({ parameters: [], results: [i32], locals, body }), -7);
});

test("a body that leaves the wrong type is not valid", () => {
  const bytes = encodeModule({ parameters: [], results: [i64], locals: [], body: i32Const(1) });
  assert.isFalse(WebAssembly.validate(bytes));
});
