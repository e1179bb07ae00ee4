import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { verifySignature } from "../../core/wallet/verify.ts";
import { ALICE, DEV, hex, secretsInHex, utf8 } from "./fixtures.ts";

await readyKeys();

const MESSAGE = utf8("Jabberwock");

const MAKERS = {
  "a mnemonic": () => Keypair.fromMnemonic(DEV.phrase),
  "a seed": () => Keypair.fromSeed(hex(DEV.seed)),
  "a URI": () => Keypair.fromUri(DEV.phrase),
  "a private key": () => Keypair.fromPrivateKey(hex(DEV.privateKey)),
};

for (const [what, make] of Object.entries(MAKERS)) {
  test(`the key of ${what} has the known address and public key`, () => {
    const keypair = make();
    assert.strictEqual(keypair.address, DEV.address);
    assert.deepEqual(keypair.publicKey, hex(DEV.publicKey));
  });

  test(`the key of ${what} signs what its address verifies`, async () => {
    const signature = await make().sign(MESSAGE);
    assert.lengthOf(signature, 64);
    assert.isTrue(verifySignature(MESSAGE, signature, DEV.address));
    assert.isFalse(verifySignature(MESSAGE, signature, ALICE.address));
  });
}

test("secrets() holds what a keyfile of this key can hold", () => {
  const { phrase, seed, privateKey } = DEV;
  const none = undefined;
  const held = Object.values(MAKERS).map((make) => secretsInHex(make().secrets()));
  assert.deepEqual(held, [
    { phrase, seed, privateKey },
    { phrase: none, seed, privateKey },
    { phrase: none, seed: none, privateKey },
    { phrase: none, seed: none, privateKey },
  ]);
});

test("the mnemonic is kept as wallets write it, however it was typed", () => {
  const keypair = Keypair.fromMnemonic(` ${DEV.phrase.toUpperCase().replaceAll(" ", "\n")} `);
  assert.strictEqual(keypair.secrets().secretPhrase, DEV.phrase);
});

test("secrets() gives copies: to wipe them leaves the key as it is", () => {
  const keypair = Keypair.fromMnemonic(DEV.phrase);
  const { secretSeed, privateKey } = keypair.secrets();
  secretSeed?.fill(0);
  privateKey.fill(0);
  assert.strictEqual(secretsInHex(keypair.secrets()).seed, DEV.seed);
  assert.isTrue(verifySignature(MESSAGE, keypair.signSync(MESSAGE), DEV.address));
});

test("the bytes that a key is made from may be wiped", () => {
  const seed = hex(DEV.seed);
  const privateKey = hex(DEV.privateKey);
  const keypairs = [Keypair.fromSeed(seed), Keypair.fromPrivateKey(privateKey)];
  seed.fill(0);
  privateKey.fill(0);
  assert.strictEqual(secretsInHex(keypairs[0].secrets()).seed, DEV.seed);
  for (const keypair of keypairs) {
    assert.strictEqual(keypair.secrets().privateKey.toHex(), DEV.privateKey);
    assert.isTrue(verifySignature(MESSAGE, keypair.signSync(MESSAGE), DEV.address));
  }
});

test("every signature is another one", () => {
  const keypair = Keypair.fromUri("//Alice");
  assert.notDeepEqual(keypair.signSync(MESSAGE), keypair.signSync(MESSAGE));
});

test("an empty message and one of a megabyte are signed as they are", () => {
  const keypair = Keypair.fromUri("//Alice");
  for (const message of [new Uint8Array(), new Uint8Array(2 ** 20).fill(7)]) {
    assert.isTrue(verifySignature(message, keypair.signSync(message), ALICE.address));
  }
});

test("a message that is a part of a buffer is signed as that part", () => {
  const keypair = Keypair.fromUri("//Alice");
  const signature = keypair.signSync(utf8("xJabberwockx").subarray(1, -1));
  assert.isTrue(verifySignature(MESSAGE, signature, ALICE.address));
});

test("a text is not signed: it might be hex or not", async () => {
  const keypair = Keypair.fromUri("//Alice");
  const text = "0x1234" as unknown as Uint8Array;
  assert.throws(() => keypair.signSync(text), TypeError, "only bytes");
  const refused = await keypair.sign(text).catch((error: unknown) => error);
  assert.instanceOf(refused, TypeError);
});

test("seeds and private keys of another length are refused", () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => Keypair.fromSeed(new Uint8Array(length)), RangeError, "32 bytes");
  }
  for (const length of [0, 32, 63, 65]) {
    assert.throws(() => Keypair.fromPrivateKey(new Uint8Array(length)), RangeError, "64 bytes");
  }
});

test("a private key that no key has is refused", () => {
  assert.throws(() => Keypair.fromPrivateKey(new Uint8Array(64)), UsageError, "out of range");
});
