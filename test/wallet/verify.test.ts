import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { messageBytes, verifyMessage, verifySignature } from "../../core/wallet/verify.ts";
import { ALICE, DEV, hex, utf8 } from "./fixtures.ts";

await readyKeys();

const ALICE_ON_POLKADOT = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
const MESSAGE = utf8("Jabberwock");
const alice = Keypair.fromUri("//Alice");
const signature = alice.signSync(MESSAGE);

/**
 * Made by Rust's schnorrkel (in @polkadot/wasm-crypto 7.5.4) with the development phrase's key, of
 * the message "Jabberwock".
 */
const FOREIGN_SIGNATURE = "5ed3d243e3a84452977320910de85d594a97dec46f928f0f7a4342c1de5b3e7b" +
  "820cb9721e9a56b09e072167cec7fb5bbd1c715793c00a8ee1f23f608b69a384";

test("a signature of Rust's schnorrkel is verified", () => {
  assert.isTrue(verifySignature(MESSAGE, hex(FOREIGN_SIGNATURE), DEV.address));
});

test("the address may have any prefix", () => {
  assert.isTrue(verifySignature(MESSAGE, signature, ALICE_ON_POLKADOT));
});

test("a signature changed in any bit is none", () => {
  for (let bit = 0; bit < 8 * signature.length; bit++) {
    const changed = signature.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.isFalse(verifySignature(MESSAGE, changed, ALICE.address), `bit ${bit}`);
  }
});

test("a message changed in any bit is not the one that was signed", () => {
  for (let bit = 0; bit < 8 * MESSAGE.length; bit++) {
    const changed = MESSAGE.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.isFalse(verifySignature(changed, signature, ALICE.address), `bit ${bit}`);
  }
});

const MALFORMED = {
  "no bytes": new Uint8Array(),
  "63 bytes": signature.slice(1),
  "65 bytes": Uint8Array.from([...signature, 0]),
  "zeros": new Uint8Array(64),
  "ones": new Uint8Array(64).fill(0xff),
  "a zero point and the mark": new Uint8Array(64).fill(0x80, 63),
  "a scalar beyond the group's order": signature.slice().fill(0xff, 32),
};

for (const [what, bytes] of Object.entries(MALFORMED)) {
  test(`${what} are no signature, and no error`, () => {
    assert.isFalse(verifySignature(MESSAGE, bytes, ALICE.address));
    assert.isFalse(verifyMessage(MESSAGE, bytes, ALICE.address));
  });
}

test("no signature is verified for what is no address", () => {
  for (const address of ["", "x", "F7NZ", `0x${ALICE.publicKey}`]) {
    assert.isFalse(verifySignature(MESSAGE, signature, address));
  }
});

test("verifyMessage() takes a signature of the message wrapped as wallet extensions do", () => {
  const wrapped = alice.signSync(utf8("<Bytes>Jabberwock</Bytes>"));
  assert.isTrue(verifyMessage(MESSAGE, wrapped, ALICE.address));
  assert.isTrue(verifyMessage(MESSAGE, signature, ALICE.address));
  assert.isFalse(verifySignature(MESSAGE, wrapped, ALICE.address));
});

test("verifyMessage() does not unwrap", () => {
  assert.isFalse(verifyMessage(utf8("<Bytes>Jabberwock</Bytes>"), signature, ALICE.address));
});

test("messageBytes() takes hex after 0x and UTF-8 otherwise", () => {
  assert.deepEqual(messageBytes("grüße"), utf8("grüße"));
  assert.deepEqual(messageBytes("0xFF00"), hex("ff00"));
  assert.deepEqual(messageBytes("0x"), new Uint8Array());
  assert.deepEqual(messageBytes("ff00"), utf8("ff00"));
  assert.deepEqual(messageBytes(" 0xff"), utf8(" 0xff"));
});

test("messageBytes() refuses hex that is none", () => {
  for (const text of ["0xf", "0xgg", "0xff ", "0x0xff"]) {
    assert.throws(() => messageBytes(text), UsageError, "hex");
  }
});
