import { assert } from "chai";
import { test } from "#test";
import {
  call,
  i32Const,
  i32Load,
  i32Store,
  i64Load32S,
  i64Store32,
  localGet,
  localSet,
  OP,
} from "../../../core/formats/wasm/instructions.ts";
import {
  encodeModule,
  instantiate,
  signed,
  unsigned,
  VALUE_TYPE,
} from "../../../core/formats/wasm/module.ts";
import { onePage, runFunction } from "./run_function.ts";

const { i32, i64, v128 } = VALUE_TYPE;

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
  assert.equal(runFunction(sum, onePage(), 2 ** 31 - 1, 1), -(2 ** 31));
});

test("encodeModule() declares locals of changing types, and more than a byte counts", () => {
  const locals = [i64, v128, i64, ...Array<typeof i32>(300).fill(i32), v128];
  const body = [...i32Const(-7), ...localSet(302), ...localGet(302)];
  assert.equal(runFunction({ parameters: [], results: [i32], locals, body }, onePage()), -7);
});

test("a body that leaves the wrong type is not valid", () => {
  const wrong = { parameters: [], results: [i64], locals: [], body: i32Const(1) };
  assert.isFalse(WebAssembly.validate(encodeModule([{ exportName: "wrong", ...wrong }])));
});

test("functions call each other by their places, and each has its own type", () => {
  const types = { parameters: [i32], results: [i32], locals: [] };
  const twice = [...localGet(0), ...localGet(0), ...OP.i32Add];
  const module = new WebAssembly.Module(encodeModule([
    { exportName: "twice", ...types, body: twice },
    {
      exportName: "eightfold",
      ...types,
      body: [0, 0, 0].reduce<readonly number[]>((code) => [...code, ...call(0)], localGet(0)),
    },
    { exportName: "nothing", parameters: [], results: [], locals: [], body: [] },
  ]));
  const { eightfold, nothing } = instantiate(module, onePage());
  assert.equal(typeof eightfold === "function" && eightfold(5), 40);
  assert.equal(typeof nothing === "function" && nothing(), undefined);
});

test("an i32 is loaded as an i64 of its sign, and an i64's low half is stored", () => {
  const memory = onePage();
  const words = new Int32Array(memory.buffer, 0, 4);
  words.set([-3, 0, 0, 0]);
  const load = [...i32Const(0), ...i64Load32S(0)];
  const product = [...load, ...load, ...OP.i64Mul, ...load, ...OP.i64Sub];
  const body = [...i32Const(4), ...product, ...i64Store32(4)];
  runFunction({ parameters: [], results: [], locals: [], body }, memory);
  assert.deepEqual([...words], [-3, 0, 12, 0]);
});

test("i32Store() stores beside its address what i32Load() loads beside another", () => {
  const memory = onePage();
  const words = new Int32Array(memory.buffer, 0, 4);
  words.set([0, 7, 0, 0]);
  const body = [...i32Const(8), ...i32Const(0), ...i32Load(4), ...i32Store(4)];
  runFunction({ parameters: [], results: [], locals: [], body }, memory);
  assert.deepEqual([...words], [0, 7, 0, 7]);
});
