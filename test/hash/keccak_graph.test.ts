import { keccak_256 } from "@noble/hashes/sha3.js";
import { assert } from "chai";
import { test } from "#test";
import {
  keccak256Block,
  KECCAK_ROUND_CONSTANTS,
  keccakPermute,
} from "../../core/hash/keccak_graph.ts";
import { numberWords, sampleWords } from "./number_words.ts";

const words = numberWords(64);

/** Words as bytes, the lowest first. */
function bytesOf(values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, index) => view.setBigUint64(8 * index, value, true));
  return new Uint8Array(view.buffer);
}

test("keccakPermute() of keccak256Block() is Keccak-256 of 32 bytes", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const message = sampleWords(64, 4, seed);
    const state = keccakPermute(words, keccak256Block(words, message));
    assert.deepEqual(bytesOf(state.slice(0, 4)), keccak_256(bytesOf(message)), `seed ${seed}`);
  }
});

test("keccakPermute() of zeros is the permutation's published test vector", () => {
  const state = keccakPermute(words, Array.from({ length: 25 }, () => 0n));
  // The first and the last lane of KeccakF-1600-IntermediateValues.txt.
  assert.strictEqual(state[0], 0xf1258f7940e1dde7n);
  assert.strictEqual(state[24], 0xeaf1ff7b5ceca249n);
});

test("the round constants are those of the reference", () => {
  assert.lengthOf(KECCAK_ROUND_CONSTANTS, 24);
  assert.deepEqual(KECCAK_ROUND_CONSTANTS.slice(0, 3), [1n, 0x8082n, 0x800000000000808an]);
  assert.strictEqual(KECCAK_ROUND_CONSTANTS[23], 0x8000000080008008n);
});

test("keccakPermute() and keccak256Block() leave what they are given alone", () => {
  const message = sampleWords(64, 4);
  const state = keccak256Block(words, message);
  const before = [...state];
  keccakPermute(words, state);
  assert.deepEqual(state, before);
  assert.deepEqual(message, sampleWords(64, 4));
});
