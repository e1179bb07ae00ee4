import { test } from "#test";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { assert } from "chai";
import { encodeAddress } from "../../core/wallet/address.ts";
import { FrequentSigners } from "../../core/wallet/frequent_signers.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { verifyMessage } from "../../core/wallet/verify.ts";

await readyKeys();
/** More than after which multiples are kept. */
const OFTEN = 40;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const KEY = Keypair.fromSeed(new Uint8Array(32).fill(7));
const MESSAGE = utf8ToBytes("a request");

/** Signers of whom the key has signed often enough to be checked by its multiples. */
async function frequent(key = KEY, signers = new FrequentSigners()): Promise<FrequentSigners> {
  const signature = await key.sign(MESSAGE);
  for (let turn = 0; turn < OFTEN; turn++) {
    assert.isTrue(signers.verifyMessage(MESSAGE, signature, key.address));
  }
  return signers;
}

test("signatures of messages of all lengths are good, and of no other message", async () => {
  const signers = await frequent();
  for (let length = 0; length < 400; length += 7) {
    const message = crypto.getRandomValues(new Uint8Array(length));
    const signature = await KEY.sign(message);
    assert.isTrue(signers.verifyMessage(message, signature, KEY.address), `${length}`);
    const other = concatBytes(message, Uint8Array.of(0));
    assert.isFalse(signers.verifyMessage(other, signature, KEY.address), `${length}`);
  }
});

test("a signature with any bit turned is judged as schnorrkel judges it", async () => {
  const signers = await frequent();
  const signature = await KEY.sign(MESSAGE);
  for (let bit = 0; bit < 8 * signature.length; bit++) {
    const turned = signature.slice();
    turned[bit >> 3] ^= 1 << (bit & 7);
    const expected = verifyMessage(MESSAGE, turned, KEY.address);
    assert.isFalse(expected, `bit ${bit}`);
    assert.equal(signers.verifyMessage(MESSAGE, turned, KEY.address), expected, `bit ${bit}`);
  }
});

test("a message that a wallet extension has wrapped is good", async () => {
  const signers = await frequent();
  const wrapped = concatBytes(utf8ToBytes("<Bytes>"), MESSAGE, utf8ToBytes("</Bytes>"));
  const signature = await KEY.sign(wrapped);
  assert.isTrue(signers.verifyMessage(MESSAGE, signature, KEY.address));
});

test("a signature of another key is none of this one's", async () => {
  const signers = await frequent();
  const other = Keypair.fromSeed(new Uint8Array(32).fill(8));
  const signature = await other.sign(MESSAGE);
  assert.isFalse(signers.verifyMessage(MESSAGE, signature, KEY.address));
  assert.isTrue(signers.verifyMessage(MESSAGE, signature, other.address));
});

test("the same scalar written with the order added is refused", async () => {
  const signers = await frequent();
  const signature = await KEY.sign(MESSAGE);
  const scalar = signature.slice(32);
  scalar[31] &= 0x7f;
  const larger = numberToBytesLE(bytesToNumberLE(scalar) + ORDER, 32);
  larger[31] |= 0x80;
  const forged = concatBytes(signature.subarray(0, 32), larger);
  assert.isFalse(verifyMessage(MESSAGE, forged, KEY.address));
  assert.isFalse(signers.verifyMessage(MESSAGE, forged, KEY.address));
});

test("signatures of a wrong length, and without schnorrkel's mark, are refused", async () => {
  const signers = await frequent();
  const signature = await KEY.sign(MESSAGE);
  for (const length of [0, 32, 63]) {
    assert.isFalse(signers.verifyMessage(MESSAGE, signature.subarray(0, length), KEY.address));
  }
  assert.isFalse(
    signers.verifyMessage(MESSAGE, concatBytes(signature, Uint8Array.of(0)), KEY.address),
  );
});

test("scalars and points of nothing but zeros or ones are no signature", async () => {
  const signers = await frequent();
  for (const [R, s] of [[0, 0], [0, 0xff], [0xff, 0], [0xff, 0xff]]) {
    const forged = concatBytes(new Uint8Array(32).fill(R), new Uint8Array(32).fill(s));
    forged[63] |= 0x80;
    const expected = verifyMessage(MESSAGE, forged, KEY.address);
    assert.isFalse(expected);
    assert.equal(signers.verifyMessage(MESSAGE, forged, KEY.address), expected);
  }
});

test("who was pushed out by others is checked the other way, with the same answer", async () => {
  const signers = new FrequentSigners(1);
  await frequent(KEY, signers);
  await frequent(Keypair.fromSeed(new Uint8Array(32).fill(9)), signers);
  assert.isTrue(signers.verifyMessage(MESSAGE, await KEY.sign(MESSAGE), KEY.address));
});

test("the key of which everybody can sign is as good or bad as before", () => {
  const nobody = encodeAddress(new Uint8Array(32));
  const signers = new FrequentSigners();
  for (let turn = 1; turn <= OFTEN; turn++) {
    const s = numberToBytesLE(BigInt(turn), 32);
    s[31] |= 0x80;
    const R = ristretto255.Point.BASE.multiply(BigInt(turn)).toBytes();
    const signature = concatBytes(R, s);
    const expected = verifyMessage(MESSAGE, signature, nobody);
    assert.equal(signers.verifyMessage(MESSAGE, signature, nobody), expected);
  }
});

test("what is no address has signed nothing", async () => {
  const signature = await KEY.sign(MESSAGE);
  assert.isFalse(new FrequentSigners().verifyMessage(MESSAGE, signature, "nobody"));
});
