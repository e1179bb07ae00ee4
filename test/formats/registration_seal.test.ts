import { bytesToHex } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { test } from "#test";
import {
  boundHashOf,
  limitWordOf,
  meetsDifficulty,
  type SealEndianness,
  sealNumber,
  sealOf,
} from "../../core/formats/registration_seal.ts";
import { ALICE, BLOCK_HASH, BOUND_HASH, DIFFICULTY, FIRST, SEALS } from "../hash/seal_vectors.ts";

const ENDIANNESSES: readonly SealEndianness[] = ["little", "big"];
const HIGHEST_U64 = 2n ** 64n - 1n;

/** The seal that is read as a number. */
function sealWithNumber(number: bigint, endianness: SealEndianness): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number(number >> BigInt(8 * i) & 0xffn));
  return endianness === "little" ? bytes : bytes.reverse();
}

test("boundHashOf() hashes block and key as the chain does", () => {
  assert.deepEqual(boundHashOf(BLOCK_HASH, ALICE), BOUND_HASH);
});

test("boundHashOf() does not take block for key", () => {
  assert.notDeepEqual(boundHashOf(ALICE, BLOCK_HASH), BOUND_HASH);
});

for (const [nonce, seal] of SEALS) {
  test(`sealOf() gives the chain's seal of nonce ${nonce}`, () => {
    assert.strictEqual(bytesToHex(sealOf(BOUND_HASH, nonce)), seal);
  });
}

test("sealOf() takes all eight bytes of a nonce, the lowest first", () => {
  const nonces = Array.from({ length: 8 }, (_, i) => 1n << BigInt(8 * i));
  const seals = [...nonces, HIGHEST_U64].map((nonce) => bytesToHex(sealOf(BOUND_HASH, nonce)));
  assert.strictEqual(new Set(seals).size, 9);
});

test("sealOf() reads a hash that lies within a larger buffer, and leaves it alone", () => {
  const buffer = new Uint8Array(40);
  const within = buffer.subarray(3, 35);
  within.set(BOUND_HASH);
  assert.strictEqual(bytesToHex(sealOf(within, 0n)), SEALS[0][1]);
  assert.deepEqual(within, BOUND_HASH);
});

for (const endianness of ENDIANNESSES) {
  test(`the first nonce of difficulty 1000 is the chain's, ${endianness}-endian`, () => {
    let nonce = 0n;
    while (!meetsDifficulty(sealOf(BOUND_HASH, nonce), DIFFICULTY, endianness)) nonce++;
    assert.strictEqual(nonce, FIRST[endianness].nonce);
    assert.strictEqual(bytesToHex(sealOf(BOUND_HASH, nonce)), FIRST[endianness].seal);
  });

  test(`a product of 2^256 is too much, one less is not, ${endianness}-endian`, () => {
    for (const bits of [0n, 1n, 31n, 32n, 33n, 63n]) {
      const number = 2n ** (256n - bits);
      if (bits > 0n) {
        assert.isFalse(meetsDifficulty(sealWithNumber(number, endianness), 2n ** bits, endianness));
      }
      const below = sealWithNumber(number - 1n, endianness);
      assert.isTrue(meetsDifficulty(below, 2n ** bits, endianness), `2^${bits}`);
    }
  });

  test(`the limit of a difficulty that divides nothing is rounded down, ${endianness}-endian`, () => {
    for (const difficulty of [3n, 1000n, 10_000_000n, 2n ** 32n + 1n, HIGHEST_U64]) {
      const limit = (2n ** 256n - 1n) / difficulty;
      const [at, above] = [limit, limit + 1n].map((each) => sealWithNumber(each, endianness));
      assert.isTrue(meetsDifficulty(at, difficulty, endianness), `${difficulty}`);
      assert.isFalse(meetsDifficulty(above, difficulty, endianness), `${difficulty}`);
    }
  });

  test(`every seal meets difficulties 0 and 1, ${endianness}-endian`, () => {
    const highest = new Uint8Array(32).fill(0xff);
    for (const difficulty of [0n, 1n]) {
      assert.isTrue(meetsDifficulty(highest, difficulty, endianness));
    }
    assert.isFalse(meetsDifficulty(highest, 2n, endianness));
  });
}

test("the two endiannesses disagree about one seal", () => {
  const seal = new Uint8Array(32);
  seal[0] = 0xff;
  assert.isTrue(meetsDifficulty(seal, HIGHEST_U64, "little"));
  assert.isFalse(meetsDifficulty(seal, 2n, "big"));
});

test("sealNumber() reads the first byte as the lowest, or as the highest", () => {
  const seal = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.strictEqual(sealNumber(seal, "big") >> 232n, 0x000102n);
  assert.strictEqual(sealNumber(seal, "little") >> 232n, 0x1f1e1dn);
  assert.strictEqual(seal[0], 0, "it is left alone");
});

test("limitWordOf() is the highest word of the largest number that meets a difficulty", () => {
  const words: [bigint, number][] = [
    [0n, 2 ** 32 - 1],
    [1n, 2 ** 32 - 1],
    [2n, 2 ** 31 - 1],
    [1000n, 4_294_967],
    [10_000_000n, 429],
    [2n ** 32n - 1n, 1],
    // (2^256 - 1) / 2^32 is a little less than 2^224.
    [2n ** 32n, 0],
    [HIGHEST_U64, 0],
  ];
  for (const [difficulty, word] of words) {
    assert.strictEqual(limitWordOf(difficulty), word, `${difficulty}`);
  }
});

test("hashes that are not 32 bytes long are RangeErrors that say which", () => {
  for (const length of [0, 31, 33, 64]) {
    const bytes = new Uint8Array(length);
    const got = `must hold 32 bytes, got ${length}`;
    assert.throws(() => boundHashOf(bytes, ALICE), RangeError, `blockHash ${got}`);
    assert.throws(() => boundHashOf(BLOCK_HASH, bytes), RangeError, `publicKey ${got}`);
    assert.throws(() => sealOf(bytes, 0n), RangeError, `boundHash ${got}`);
  }
});

test("nonces and difficulties beyond 64 bits are RangeErrors", () => {
  for (const value of [-1n, 2n ** 64n, 2n ** 70n]) {
    assert.throws(() => sealOf(BOUND_HASH, value), RangeError, "nonce");
    assert.throws(() => limitWordOf(value), RangeError, "difficulty");
  }
});
