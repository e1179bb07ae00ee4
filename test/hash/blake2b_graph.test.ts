import { blake2b } from "@noble/hashes/blake2.js";
import { assert } from "chai";
import { test } from "#test";
import { blake2bRounds, blake2bStart } from "../../core/hash/blake2b_graph.ts";
import { numberWords } from "./number_words.ts";

/** BLAKE2b-512 of a message of one block. */
function digestOf(message: Uint8Array): Uint8Array {
  const block = new DataView(new ArrayBuffer(128));
  message.forEach((byte, index) => block.setUint8(index, byte));
  const words = Array.from({ length: 16 }, (_, index) => block.getBigUint64(8 * index, true));
  const v = blake2bRounds(numberWords(64), words, BigInt(message.length));
  const digest = new DataView(new ArrayBuffer(64));
  blake2bStart().forEach((h, i) => digest.setBigUint64(8 * i, h ^ v[i] ^ v[i + 8], true));
  return new Uint8Array(digest.buffer);
}

test("blake2bRounds() gives the digests of BLAKE2b-512 for every length of one block", () => {
  for (let length = 0; length <= 128; length++) {
    const message = Uint8Array.from({ length }, (_, index) => 151 * index + length);
    assert.deepEqual(digestOf(message), blake2b(message), `${length} bytes`);
  }
});

test("blake2bRounds() leaves the message alone", () => {
  const message = Array.from({ length: 16 }, (_, index) => BigInt(index));
  blake2bRounds(numberWords(64), message, 128n);
  assert.deepEqual(message, Array.from({ length: 16 }, (_, index) => BigInt(index)));
});
