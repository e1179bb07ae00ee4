import { assert } from "chai";
import { test } from "#test";
import { hashMode } from "../../../core/hash/modes.ts";
import type { SearchPlan } from "../../../core/hash/search_plan.ts";
import { graphFor, shapeOf } from "../../../core/hash/wasm/kernel_graph.ts";
import { programFor } from "../../../core/hash/wasm/dataflow.ts";
import { keyspaceOf, plant, saltOf } from "./planted.ts";

const BLAKE2B = hashMode(610);
const BLAKE2B_SALT_FIRST = hashMode(620);
const SHA256 = hashMode(1410);

/** A plan for passwords of that many characters. */
function planOf(mode: typeof BLAKE2B, length: number, saltBytes: number): SearchPlan {
  return plant(mode, keyspaceOf(...Array<number>(length).fill(10)), saltOf(saltBytes), 0n).plan;
}

test("shapeOf() counts the words that hold password and salt", () => {
  for (const [bytes, words] of [[1, 1], [8, 1], [9, 2], [16, 2], [64, 8], [65, 9]]) {
    const plan = planOf(BLAKE2B, 1, bytes - 1);
    assert.lengthOf(shapeOf(plan).usedWords, words, `${bytes} bytes`);
  }
});

test("shapeOf() counts the bit that ends a message of SHA-256, and its length", () => {
  for (
    const [bytes, used, all] of [[1, 2, 16], [3, 2, 16], [4, 3, 16], [55, 15, 16], [64, 18, 32]]
  ) {
    const { usedWords, messageWords } = shapeOf(planOf(SHA256, 1, bytes - 1));
    assert.deepEqual([usedWords.length, messageWords], [used, all], `${bytes} bytes`);
    assert.equal(usedWords.at(-1), messageWords - 1);
  }
});

test("shapeOf() gives the inner word in the algorithm's words", () => {
  // The widest 32-bit word of the message: characters 5 to 8 of ten after a salt of eight bytes.
  assert.equal(shapeOf(planOf(BLAKE2B_SALT_FIRST, 4, 12)).innerWord, 1);
  assert.equal(shapeOf(planOf(BLAKE2B_SALT_FIRST, 4, 16)).innerWord, 2);
  assert.equal(shapeOf(planOf(SHA256, 4, 16)).innerWord, 0);
});

test("what does not depend on the inner word is computed once", () => {
  // Only the second block varies: the first one, all salt, is fixed.
  const plan = planOf({ ...SHA256, salt: "before" }, 8, 64);
  const { once, varying } = programFor([graphFor(shapeOf(plan)).result]);
  assert.equal(shapeOf(plan).innerWord, 16);
  assert.isAbove(once.length, 1500);
  assert.isBelow(varying.length, 2000);
});
