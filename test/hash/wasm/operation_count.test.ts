import { assert } from "chai";
import { test } from "#test";
import { type HashMode, hashMode } from "../../../core/hash/modes.ts";
import {
  countOperations,
  type OperationCount,
  operations32,
} from "../../../core/hash/wasm/operation_count.ts";
import { keyspaceOf, plant, saltOf } from "./planted.ts";

const BLAKE2B = hashMode(610);
const SHA256 = hashMode(1410);

/** Of passwords of that many characters. */
function countOf(mode: HashMode, length: number, saltBytes: number): OperationCount {
  const keyspace = keyspaceOf(...Array<number>(length).fill(10));
  return countOperations(plant(mode, keyspace, saltOf(saltBytes), 0n).plan);
}

test("operations32() counts 64-bit operations twice", () => {
  const count = { additions: 5, logic: 3, rotations: 2 };
  assert.equal(operations32({ ...count, wordBits: 32 }), 10);
  assert.equal(operations32({ ...count, wordBits: 64 }), 20);
});

test("BLAKE2b rotates 268 times: 288, less what is fixed or not needed for the compared word", () => {
  // Rotations by 32 are free. Fixed in the first round: three columns. Not needed in the last: two
  // diagonals, three rotations of the other two, and two of the columns.
  assert.equal(12 * 8 * 3 - 3 * 3 - 2 * 3 - 3 - 2, 268);
  assert.equal(countOf(BLAKE2B, 8, 0).rotations, 268);
});

test("words that are zero cost BLAKE2b no additions", () => {
  const counts = [0, 8, 16, 24].map((salt) => countOf(BLAKE2B, 8, salt).additions);
  assert.deepEqual(counts, counts.toSorted((x, y) => x - y));
  assert.equal(new Set(counts).size, counts.length);
});

test("words of the message cost BLAKE2b additions only", () => {
  assert.equal(countOf(BLAKE2B, 8, 0).logic, countOf(BLAKE2B, 8, 24).logic);
});

test("SHA-256 costs less than its 64 steps written out, and most of what they cost", () => {
  // 6 rotations a step; 4 and 2 shifts in each of the 48 words of the schedule.
  const { rotations, wordBits } = countOf(SHA256, 8, 16);
  assert.equal(wordBits, 32);
  assert.isBelow(rotations, 64 * 6 + 48 * 6);
  assert.isAbove(rotations, 60 * 6 + 30 * 6);
});

test("SHA-256 does nothing after step 61, whose result is the compared word", () => {
  // 61 steps of 6 rotations, and 6 rotations and shifts in each of the 45 words they need.
  assert.isBelow(countOf(SHA256, 4, 0).rotations, 6 * 61 + 6 * 45);
});

test("SHA-256 of two blocks costs less than twice as much", () => {
  const [one, two] = [40, 60].map((salt) => operations32(countOf(SHA256, 8, salt)));
  assert.isAbove(two, 1.8 * one);
  assert.isBelow(two, 2 * one);
});
