import { assert } from "chai";
import { test } from "#test";
import {
  Dataflow,
  LEVEL,
  operandsOf,
  programFor,
  type Value,
} from "../../../core/hash/wasm/dataflow.ts";
import { numberWords, sampleWords } from "../number_words.ts";

/** Input 0, an entry of the table, and the flow they belong to. */
function begin(width: 32 | 64 = 32): { flow: Dataflow; fixed: Value; entry: Value } {
  const flow = new Dataflow(width);
  return { flow, fixed: flow.input(0), entry: flow.entry() };
}

/** The kinds of operations that are done for every candidate. */
function varyingKinds(result: Value): string[] {
  return programFor([result]).varying.map(({ kind }) => kind).filter((kind) => kind !== "entry");
}

test("constants are folded as numbers are, in both widths", () => {
  for (const width of [32, 64] as const) {
    const flow = new Dataflow(width);
    const numbers = numberWords(width);
    const [x, y, z] = sampleWords(width, 3);
    const [a, b, c] = [x, y, z].map(flow.constant);
    const pairs: [Value, bigint][] = [
      [flow.sum(a, b, c), numbers.sum(x, y, z)],
      [flow.xor(a, b), numbers.xor(x, y)],
      [flow.and(a, b), numbers.and(x, y)],
      [flow.rotateRight(a, 7), numbers.rotateRight(x, 7)],
      [flow.shiftRight(a, 7), numbers.shiftRight(x, 7)],
    ];
    for (const [value, bits] of pairs) assert.deepInclude(value, { kind: "constant", bits });
  }
});

test("adding or xoring zero is no operation, and with zero is zero", () => {
  const { flow, entry } = begin();
  const zero = flow.constant(0n);
  assert.strictEqual(flow.sum(zero, entry, zero), entry);
  assert.strictEqual(flow.xor(entry, zero), entry);
  assert.strictEqual(flow.xor(zero, entry), entry);
  assert.strictEqual(flow.and(zero, entry), zero);
});

test("constants that add up to zero are no operation", () => {
  const { flow, entry } = begin();
  assert.strictEqual(flow.sum(flow.constant(1n), entry, flow.constant(2n ** 32n - 1n)), entry);
});

test("equal values are one, whatever the order of their operands", () => {
  const { flow, fixed, entry } = begin();
  assert.strictEqual(flow.sum(fixed, entry), flow.sum(entry, fixed));
  assert.strictEqual(flow.xor(fixed, entry), flow.xor(entry, fixed));
  assert.notStrictEqual(flow.rotateRight(entry, 7), flow.rotateRight(entry, 8));
  assert.notStrictEqual<Value>(flow.rotateRight(entry, 7), flow.shiftRight(entry, 7));
  assert.notStrictEqual(flow.sum(fixed, entry), flow.xor(fixed, entry));
});

test("a sum adds what is fixed before what varies", () => {
  const { flow, fixed, entry } = begin();
  const sum = flow.sum(entry, fixed, flow.rotateRight(entry, 3), flow.constant(5n));
  assert.deepEqual(varyingKinds(sum), ["rotateRight", "add", "add"]);
});

test("what depends on the entry varies, through any number of operations", () => {
  const { flow, fixed, entry } = begin();
  assert.equal(flow.rotateRight(fixed, 3).level, LEVEL.fixed);
  assert.equal(flow.shiftRight(flow.xor(fixed, entry), 3).level, LEVEL.varies);
  assert.equal(flow.and(fixed, flow.constant(3n)).level, LEVEL.fixed);
});

test("programFor() leaves out what no result needs", () => {
  const { flow, fixed, entry } = begin();
  flow.rotateRight(entry, 1);
  const result = flow.xor(entry, fixed);
  flow.sum(result, entry);
  assert.deepEqual(varyingKinds(result), ["xor"]);
  assert.deepEqual(programFor([result]).once, [fixed]);
});

test("programFor() puts operands before what uses them, and counts the uses", () => {
  const { flow, fixed, entry } = begin();
  const sum = flow.sum(fixed, entry);
  const doubled = flow.sum(sum, sum);
  const result = flow.xor(doubled, flow.rotateRight(sum, 9));
  const { once, varying, uses } = programFor([result, fixed]);
  const order = [...once, ...varying];
  for (const value of order) {
    for (const operand of operandsOf(value)) {
      assert.isBelow(order.indexOf(operand), order.indexOf(value));
    }
  }
  assert.deepEqual([fixed, entry, sum, doubled, result].map((value) => uses.get(value)), [
    2,
    1,
    3,
    1,
    1,
  ]);
});
