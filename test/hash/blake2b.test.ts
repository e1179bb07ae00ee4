import { test } from "#test";
import { assert } from "chai";
import { blake2b, BLAKE2B_IV, BLAKE2B_PARAMETERS } from "../../core/hash/blake2b.ts";
import { hashOf } from "../../core/hash/hash_target.ts";
import { hashMode } from "../../core/hash/modes.ts";
import { rootFraction } from "./root_fraction.ts";

const UTF8 = new TextEncoder();

test("the initial values are the fractions of the roots of the first eight primes", () => {
  assert.deepEqual(
    BLAKE2B_IV,
    [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => rootFraction(prime, 64)),
  );
});

test("the parameters are those of 64 bytes of digest without a key", () => {
  // RFC 7693, section 2.5: digest length, key length, fanout 1, depth 1.
  assert.deepEqual([BLAKE2B_PARAMETERS & 0xffn, BLAKE2B_PARAMETERS >> 8n], [64n, 0x010100n]);
});

test("padMessage() puts the first byte into the lowest bits and zeros after the last", () => {
  const words = blake2b.padMessage(Uint8Array.of(0x81, 2, 3, 0x84, 5));
  assert.strictEqual(words.length, 32);
  assert.deepEqual([...words.subarray(0, 3)], [0x84030281, 5, 0]);
  assert.isTrue(words.subarray(2).every((word) => word === 0));
});

test("padMessage() fills a whole block to its last byte", () => {
  const words = blake2b.padMessage(new Uint8Array(128).fill(0xff));
  assert.isTrue(words.every((word) => word === 0xffffffff));
});

test("byteShift() is where padMessage() puts a byte", () => {
  for (let i = 0; i < 128; i++) {
    const message = new Uint8Array(128);
    message[i] = 0xab;
    const words = blake2b.padMessage(message);
    assert.strictEqual(words[i >> 2] >>> blake2b.byteShift(i) & 0xff, 0xab);
  }
});

test("targetWord() of RFC 7693's digest of abc is its first word without initial value", () => {
  // Appendix A: BA 80 A5 3F ...
  const digest = hashOf(hashMode(600), UTF8.encode("abc"), new Uint8Array());
  assert.deepEqual([...digest.subarray(0, 4)], [0xba, 0x80, 0xa5, 0x3f]);
  assert.strictEqual(blake2b.targetWord(digest), (0x3fa580ba ^ 0xf3bcc908 ^ 0x01010040) >>> 0);
});

test("targetWord() reads a digest that lies anywhere in its buffer", () => {
  const digest = hashOf(hashMode(600), UTF8.encode("abc"), new Uint8Array());
  const buffer = new Uint8Array(67);
  buffer.set(digest, 3);
  assert.strictEqual(blake2b.targetWord(buffer.subarray(3)), blake2b.targetWord(digest));
});
