import { test } from "#test";
import { testGpu } from "#gpu";
import { assert } from "chai";
import { openGpu } from "../../../core/gpu/gpu.ts";
import { IntegerBound, integerBoundWord } from "../../../core/bench/hash/integer_bound.ts";

/** The same in 32-bit arithmetic of numbers, the operations as the shader has them. */
function wordByNumbers(invocation: number, turns: number): number {
  const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  let digest = 0;
  for (const lane of [1, 2, 3, 4]) {
    const seed = invocation + lane;
    let [a, b, c, d] = [seed, 3 * seed, 5 * seed, 7 * seed];
    for (let turn = 0; turn < turns; turn++) {
      const [e, f, g, h] = [(a + b) | 0, (b + c) | 0, (c + d) | 0, (d + a) | 0];
      [a, b, c, d] = [h ^ e, rotate(e ^ g, 7), rotate(f ^ h, 12), rotate(g ^ f, 8)];
    }
    digest ^= a ^ b ^ c ^ d;
  }
  return digest >>> 0;
}

test("integerBoundWord() is what 32-bit arithmetic gives", () => {
  for (const invocation of [0, 1, 16383, 2 ** 20 - 1]) {
    assert.equal(integerBoundWord(invocation, 100, 32), wordByNumbers(invocation, 100));
  }
});

test("integerBoundWord() of wider words differs once something has overflowed", () => {
  assert.equal(integerBoundWord(5, 0, 64), integerBoundWord(5, 0, 32));
  assert.notEqual(integerBoundWord(5, 100, 64), integerBoundWord(5, 100, 32));
});

test("no chain of the integer bound dies out: every turn changes the word", () => {
  const words = Array.from({ length: 200 }, (_, turns) => integerBoundWord(0, turns, 32));
  assert.equal(new Set(words).size, words.length);
});

test("the kernel of the integer bound computes what the CPU does", async () => {
  const gpu = await openGpu({ gpu: await testGpu(), backend: "wgpu" });
  // It throws if a word is wrong.
  const bound = await IntegerBound.open(gpu, 1, () => performance.now());
  assert.isAbove(bound.operations, 0);
  bound.close();
  gpu.close();
});
