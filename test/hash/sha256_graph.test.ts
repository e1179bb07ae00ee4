import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { assert } from "chai";
import { test } from "#test";
import { sha256, SHA256_IV } from "../../core/hash/sha256.ts";
import { sha256Compress } from "../../core/hash/sha256_graph.ts";
import { numberWords } from "./number_words.ts";

/** SHA-256 of a message of one or two blocks. */
function digestOf(message: Uint8Array): Uint8Array {
  const padded = [...sha256.padMessage(message)].map(BigInt);
  let hash = SHA256_IV.map(BigInt);
  for (let at = 0; at < padded.length; at += 16) {
    hash = sha256Compress(numberWords(32), hash, padded.slice(at, at + 16));
  }
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, index) => digest.setUint32(4 * index, Number(word)));
  return new Uint8Array(digest.buffer);
}

test("sha256Compress() gives the digests of SHA-256 for every length of two blocks", () => {
  for (let length = 0; length < 120; length++) {
    const message = Uint8Array.from({ length }, (_, index) => 151 * index + length);
    assert.deepEqual(digestOf(message), nobleSha256(message), `${length} bytes`);
  }
});

test("sha256Compress() leaves hash value and block alone", () => {
  const hash = Array.from({ length: 8 }, (_, index) => BigInt(index));
  const block = Array.from({ length: 16 }, (_, index) => BigInt(index));
  sha256Compress(numberWords(32), hash, block);
  assert.deepEqual(hash, Array.from({ length: 8 }, (_, index) => BigInt(index)));
  assert.deepEqual(block, Array.from({ length: 16 }, (_, index) => BigInt(index)));
});
