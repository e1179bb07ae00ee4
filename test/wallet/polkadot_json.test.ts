import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { importPolkadotJson, isEncryptedPolkadotJson } from "../../core/wallet/polkadot_json.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { verifySignature } from "../../core/wallet/verify.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import { ALICE, DEV, hex, secretsInHex, utf8 } from "./fixtures.ts";

await readyKeys();

const PASSWORD = "polkadot password";

/** //Alice as @polkadot/keyring 14.0.3 exports it for Polkadot. */
const ENCRYPTED = {
  encoded:
    "76/imVs5kHh7N+9jtPJkQwzCIwflJqpyJ+/nrVq7kh8AAAIAAQAAAAgAAAC1rZNaCwz6ohU/oAhIqXdAxJt3mtB/" +
    "s97tCuMaTYLHnoGnZZ8eTcthVY0FRS17Hvmkqt2irmwYtP6z3uPCYY7IVsjMPq/nnGcGteQAIMS4m+tjLsclnxsLwkqj" +
    "8BsaLKcQT+EeolgwfmRs0Js2EqN87SBc83RIeuWfSzCMv2t3dM8Kyjr0qh98F9r9kRj/yW/EzJMPqM7VjqSJ/h8a",
  encoding: { content: ["pkcs8", "sr25519"], type: ["scrypt", "xsalsa20-poly1305"], version: "3" },
  address: "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
  meta: { name: "alice" },
};
const HEADER = "3053020101300506032b657004220420";
const DIVIDER = "a123032100";

/** An export without a password, by the format's rules alone. */
function bare(pkcs8: string, changes: object = {}): string {
  return JSON.stringify({
    encoded: hex(pkcs8).toBase64(),
    encoding: { content: ["pkcs8", "sr25519"], type: ["none"], version: "3" },
    address: ALICE.address,
    meta: {},
    ...changes,
  });
}

const PKCS8 = HEADER + ALICE.polkadotKey + DIVIDER + ALICE.publicKey;

function encrypted(changes: object): string {
  return JSON.stringify({ ...ENCRYPTED, ...changes });
}

function encoding(changes: object): string {
  return encrypted({ encoding: { ...ENCRYPTED.encoding, ...changes } });
}

test("an encrypted account is imported with its password", () => {
  const keypair = importPolkadotJson(JSON.stringify(ENCRYPTED), PASSWORD);
  assert.strictEqual(keypair.address, ALICE.address);
  const message = utf8("Jabberwock");
  assert.isTrue(verifySignature(message, keypair.signSync(message), ALICE.address));
});

test("an account without a password is imported, whatever password is given", () => {
  for (const password of [undefined, "", PASSWORD]) {
    assert.strictEqual(importPolkadotJson(bare(PKCS8), password).address, ALICE.address);
  }
});

test("an imported key is kept in btwallet's raw form, without mnemonic or seed", () => {
  const none = undefined;
  const { privateKey } = ALICE;
  const secrets = importPolkadotJson(bare(PKCS8)).secrets();
  assert.deepEqual(secretsInHex(secrets), { phrase: none, seed: none, privateKey });
});

test("isEncryptedPolkadotJson() tells whether a password is needed", () => {
  assert.isTrue(isEncryptedPolkadotJson(JSON.stringify(ENCRYPTED)));
  assert.isFalse(isEncryptedPolkadotJson(bare(PKCS8)));
});

test("names of the encoding may be a text instead of a list", () => {
  const text = bare(PKCS8, {
    encoding: { content: ["pkcs8", "sr25519"], type: "none", version: "3" },
  });
  assert.strictEqual(importPolkadotJson(text).address, ALICE.address);
});

test("a wrong password and a flipped bit of the box are told as such", () => {
  assert.throws(() => importPolkadotJson(JSON.stringify(ENCRYPTED), "other"), WrongPasswordError);
  const encoded = ENCRYPTED.encoded.replace("1a", "1b").replace("yjr0", "yjr1");
  assert.throws(() => importPolkadotJson(encrypted({ encoded }), PASSWORD), WrongPasswordError);
});

test("an encrypted account asks for its password", () => {
  for (const password of [undefined, ""]) {
    assert.throws(
      () => importPolkadotJson(JSON.stringify(ENCRYPTED), password),
      WeftError,
      "its password is needed",
    );
  }
});

/** Files without a password needed to see what is wrong with them. */
const UNUSABLE: Record<string, readonly [string, string]> = {
  "no JSON": ["{", "JSON is cut short"],
  "another object": ["{}", "expected are the fields"],
  "a keyfile of btwallet": [`{"ss58Address":"${DEV.address}"}`, "expected are the fields"],
  "a list": ["[]", "expected are the fields"],
  "several accounts": [
    JSON.stringify({
      encoded: "",
      encoding: { content: ["batch-pkcs8"], type: ["scrypt", "xsalsa20-poly1305"], version: "3" },
      accounts: [],
    }),
    "several accounts",
  ],
  "an older version": [encoding({ version: "2" }), "not version 3"],
  "an ed25519 key": [encoding({ content: ["pkcs8", "ed25519"] }), "not sr25519"],
  "an Ethereum key": [encoding({ content: ["pkcs8", "ethereum"] }), "not sr25519"],
  "another encryption": [encoding({ type: ["scrypt", "aes"] }), "not scrypt with xsalsa20"],
  "no base64": [encrypted({ encoded: "!" }), "base64 is cut short"],
  "a box cut short": [encrypted({ encoded: ENCRYPTED.encoded.slice(0, 40) }), "cut short"],
  "endless scrypt": [
    encrypted({ encoded: "76/imVs5kHh7N+9jtPJkQwzCIwflJqpyJ+/nrVq7kh////8AAQAAAAgAAAC1rZNa" }),
    "scrypt parameters",
  ],
  "another PKCS8 header": [bare(PKCS8.replace(HEADER, `${HEADER.slice(0, -2)}21`)), "no PKCS8"],
  "another divider": [bare(PKCS8.replace(DIVIDER, "a123032101")), "no PKCS8"],
  "a PKCS8 key cut short": [bare(PKCS8.slice(0, -2)), "no PKCS8"],
  "something behind the key": [bare(`${PKCS8}00`), "no PKCS8"],
  "a seed of the first format": [
    bare(HEADER + "11".repeat(32) + DIVIDER + "22".repeat(32)),
    "no PKCS8",
  ],
  "the public key of another": [
    bare(PKCS8.replace(ALICE.publicKey, DEV.publicKey)),
    "not of one key",
  ],
  "the address of another": [bare(PKCS8, { address: DEV.address }), "its address is not that"],
  "no address": [bare(PKCS8, { address: "x" }), "its address is not that"],
  "btwallet's raw form of the key": [
    bare(PKCS8.replace(ALICE.polkadotKey, ALICE.privateKey)),
    "not 8 times",
  ],
};

for (const [what, [text, message]] of Object.entries(UNUSABLE)) {
  test(`an export with ${what} is refused, and it is said why`, () => {
    assert.throws(() => importPolkadotJson(text, PASSWORD), WeftError, message);
  });
}
