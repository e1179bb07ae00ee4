import { test } from "#test";
import { assert } from "chai";
import { hashOf } from "../../core/hash/hash_target.ts";
import { hashMode } from "../../core/hash/modes.ts";
import { sha256, SHA256_IV } from "../../core/hash/sha256.ts";
import { rootFraction } from "./root_fraction.ts";

const UTF8 = new TextEncoder();

test("the initial values are the fractions of the roots of the first eight primes", () => {
  const fractions = [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => Number(rootFraction(prime, 32)));
  assert.deepEqual(SHA256_IV, fractions);
});

test("padMessage() gives FIPS 180-4's block of abc", () => {
  // Section 5.1.1: 0x616263, the bit 1, zeros, and 24 as the length.
  const words = sha256.padMessage(UTF8.encode("abc"));
  assert.deepEqual([...words], [0x61626380, ...new Array(14).fill(0), 24]);
});

test("padMessage() begins a second block when bit and length no longer fit the first", () => {
  const lengths = [0, 1, 54, 55, 56, 63, 64, 65, 96];
  assert.deepEqual(
    lengths.map((length) => sha256.padMessage(new Uint8Array(length)).length / 16),
    [1, 1, 1, 1, 2, 2, 2, 2, 2],
  );
});

test("padMessage() puts the closing bit right after the last byte, the length into the end", () => {
  for (let length = 0; length <= 96; length++) {
    const words = sha256.padMessage(new Uint8Array(length).fill(0xff));
    const bytes = new DataView(new ArrayBuffer(4 * words.length));
    words.forEach((word, i) => bytes.setUint32(4 * i, word));
    const last = bytes.byteLength - 2;
    for (let i = 0; i < last; i++) {
      assert.strictEqual(bytes.getUint8(i), i < length ? 0xff : i === length ? 0x80 : 0);
    }
    assert.strictEqual(bytes.getUint16(last), 8 * length);
  }
});

test("byteShift() is where padMessage() puts a byte", () => {
  for (let i = 0; i < 96; i++) {
    const message = new Uint8Array(96);
    message[i] = 0xab;
    const words = sha256.padMessage(message);
    assert.strictEqual(words[i >> 2] >>> sha256.byteShift(i) & 0xff, 0xab);
  }
});

test("targetWord() is the digest's last word", () => {
  // The example of FIPS 180-2: abc gives ba7816bf ... f20015ad.
  const digest = hashOf(hashMode(1400), UTF8.encode("abc"), new Uint8Array());
  assert.strictEqual(sha256.targetWord(digest), 0xf20015ad);
});

test("targetWord() reads a digest that lies anywhere in its buffer", () => {
  const digest = hashOf(hashMode(1400), UTF8.encode("abc"), new Uint8Array());
  const buffer = new Uint8Array(37);
  buffer.set(digest, 5);
  assert.strictEqual(sha256.targetWord(buffer.subarray(5)), 0xf20015ad);
});
