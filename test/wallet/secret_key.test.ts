import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { publicKeyOfSecret, toPolkadotSecret, toRawSecret } from "../../core/wallet/secret_key.ts";
import { randomBytes, seededRandom } from "../formats/fixtures.ts";
import { ALICE, DEV, hex } from "./fixtures.ts";

/** 2^252 + 27742317777372353535851937790883648493, little endian. */
const GROUP_ORDER = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
const NONCE = "11".repeat(32);

test("the raw and the polkadot-js form of known keys turn into each other", () => {
  for (const { privateKey, polkadotKey } of [ALICE, DEV]) {
    assert.strictEqual(toPolkadotSecret(hex(privateKey)).toHex(), polkadotKey);
    assert.strictEqual(toRawSecret(hex(polkadotKey)).toHex(), privateKey);
  }
});

test("both ways give back any key, and leave what they were given", () => {
  const random = seededRandom(4);
  for (let i = 0; i < 500; i++) {
    const raw = randomBytes(random, 64);
    raw[31] &= 0x0f;
    const before = raw.slice();
    assert.deepEqual(toRawSecret(toPolkadotSecret(raw)), raw);
    assert.deepEqual(raw, before);
  }
});

test("the largest scalar keeps its top bits", () => {
  const largest = hex(GROUP_ORDER);
  largest[0] -= 1;
  const raw = Uint8Array.from([...largest, ...hex(NONCE)]);
  assert.deepEqual(toRawSecret(toPolkadotSecret(raw)), raw);
});

test("a raw scalar that is zero, the group's order or beyond is refused", () => {
  for (const scalar of ["00".repeat(32), GROUP_ORDER, "00".repeat(31) + "20", "ff".repeat(32)]) {
    assert.throws(() => toPolkadotSecret(hex(scalar + NONCE)), UsageError, "out of range");
  }
});

test("polkadot-js's form of a key is refused where the raw one is expected", () => {
  assert.throws(() => toPolkadotSecret(hex(ALICE.polkadotKey)), UsageError, "polkadot-js");
});

test("a scalar that is no multiple of 8 is refused, whichever of the three bits is set", () => {
  for (const bit of [1, 2, 4]) {
    const secret = hex(ALICE.polkadotKey);
    secret[0] |= bit;
    assert.throws(() => toRawSecret(secret), UsageError, "not 8 times a key's");
  }
});

test("a polkadot-js scalar of zero or beyond the group's order is refused", () => {
  for (const scalar of ["00".repeat(32), "f8".padEnd(64, "f")]) {
    assert.throws(() => toRawSecret(hex(scalar + NONCE)), UsageError);
  }
});

test("a secret key has 64 bytes", () => {
  for (const length of [0, 32, 63, 65, 96]) {
    assert.throws(() => toPolkadotSecret(new Uint8Array(length)), RangeError, "64 bytes");
    assert.throws(() => toRawSecret(new Uint8Array(length)), RangeError, "64 bytes");
  }
});

test("publicKeyOfSecret() finds the public key of known keys", () => {
  for (const { publicKey, polkadotKey } of [ALICE, DEV]) {
    assert.strictEqual(publicKeyOfSecret(hex(polkadotKey)).toHex(), publicKey);
  }
});
