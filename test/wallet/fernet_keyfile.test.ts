import { cbc } from "@noble/ciphers/aes.js";
import { concatBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { openFernet, parseFernet } from "../../core/wallet/fernet_keyfile.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import { FERNET_VECTOR, hex, utf8, VECTOR_JSON } from "./fixtures.ts";

/** Of the vector's password. */
const KEY = hex("ea355d024f42886335bc2612027e7b2ec2716d7f980dc28adb0d620185b27c53");

/** The first token of the Fernet specification's `generate.json`. */
const SPEC_KEY = Uint8Array.fromBase64("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", {
  alphabet: "base64url",
});
const SPEC_TOKEN =
  "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7J" +
  "cbmrR64jVmpU4IwqDA==";

function open(token: string, key = KEY): string {
  return new TextDecoder().decode(openFernet(parseFernet(utf8(token)), key));
}

/** A token by the format's rules alone, over any padded plaintext. */
function token(padded: Uint8Array, version = 0x80): string {
  const iv = new Uint8Array(16).fill(9);
  const ciphertext = cbc(KEY.subarray(16), iv, { disablePadding: true }).encrypt(padded);
  const signed = concatBytes(Uint8Array.of(version), new Uint8Array(8), iv, ciphertext);
  const mac = hmac(sha256, KEY.subarray(0, 16), signed);
  return new Uint8Array(concatBytes(signed, mac)).toBase64({ alphabet: "base64url" });
}

test("the vector's token is opened with its key", () => {
  assert.strictEqual(open(FERNET_VECTOR), VECTOR_JSON);
});

test("the specification's token is opened", () => {
  assert.strictEqual(open(SPEC_TOKEN, SPEC_KEY), "hello");
});

test("a line end behind a token changes nothing", () => {
  assert.strictEqual(open(`${FERNET_VECTOR}\r\n`), VECTOR_JSON);
});

test("another key does not open a token", () => {
  for (const at of [0, 15]) {
    const key = KEY.slice();
    key[at] ^= 1;
    assert.throws(() => open(FERNET_VECTOR, key), WrongPasswordError);
  }
});

test("a bit flipped anywhere behind the version is noticed", () => {
  const bytes = parseFernet(utf8(FERNET_VECTOR));
  for (let bit = 8; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert.throws(() => openFernet(flipped, KEY), WrongPasswordError);
  }
});

test("padding that is none is refused", () => {
  for (const last of [0, 17, 255]) {
    const block = new Uint8Array(16).fill(last, 15);
    assert.throws(() => open(token(block)), WeftError, "padding is wrong");
  }
  assert.strictEqual(open(token(new Uint8Array(16).fill(16))), "");
});

const MALFORMED = {
  "another version": [token(new Uint8Array(16), 0x81), "version is unknown"],
  "the prefix alone": ["gAAAAA", "base64 is cut short"],
  "a letter missing": [FERNET_VECTOR.slice(0, -2), "base64 is cut short"],
  "four letters missing": [FERNET_VECTOR.slice(0, -4), "whole blocks; it is cut short"],
  "half of it missing": [FERNET_VECTOR.slice(0, 100), "cut short"],
  "only its head": [FERNET_VECTOR.slice(0, 32), "cut short"],
  "no ciphertext": [token(new Uint8Array()), "cut short"],
  "a part of its HMAC": [`${FERNET_VECTOR.slice(0, 54)}A=`, "cut short"],
  "letters that are no base64": [FERNET_VECTOR.replace("ECAw", "EC!w"), "base64 is cut short"],
  "another file behind it": [`${FERNET_VECTOR}\n{}`, "base64 is cut short"],
} as const;

for (const [what, [text, message]] of Object.entries(MALFORMED)) {
  test(`a token with ${what} is refused, and it is said why`, () => {
    assert.throws(() => parseFernet(utf8(text)), WeftError, message);
  });
}
