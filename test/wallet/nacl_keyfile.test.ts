import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { keypairOf, parseKeyRecord } from "../../core/wallet/key_record.ts";
import { openNacl, sealNacl } from "../../core/wallet/nacl_keyfile.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import { DEV, hex, NACL_KEY, NACL_VECTOR, utf8, VECTOR_JSON } from "./fixtures.ts";

const KEY = hex(NACL_KEY);

/** A key of the development phrase as Python's btwallet wrote it, sealed by PyNaCl (libsodium). */
const PYTHON_FILE = Uint8Array.fromBase64(
  "JE5BQ0xkZWZnaGlqa2xtbm9wcXJzdHV2d3h5envhANHDfP5oqfjU2UHRjTc49a5MVy3eiwuuP/QB+nnJLsgEOu7A//" +
    "LwGWNlbEV3Gwe364+aAr1zlW8thQT937t227ZsZ6OSzCJqjMDCR8vWKU1fmqAynOwQljC/D/axan8GSn22CxIt/yZG" +
    "c7dXhc4ftAakbmU7ZwJm7sdHtj0r2qvls8Mqh1SmCyRvPRvYhPK/hRM4GmSzGz4HhL4PsWUcw2UuLxJfD3V1WMiy4v" +
    "bW3cgKS5MlqGUMnlrBIsYxyaRWMBIcHtNf4raHrDSBrex9/F9BDbTHNFW1mCi0ipiAA7w4YlsTJ0VdxhUV7/r5pNu/" +
    "fonWkjWIEVYFhkdWRmzztCpXdjmxNIHXwDeieQB6uoS+/WFWocXfuVVNWK1vLJhBRsknnbtpE/eNvwgr/BXCLwvjQK" +
    "/RG9lfmlAe54MjP6FUEGzKQQjPf0Unib4RZl9/N73ufyC3SEsky0XriMtkRkWNqKZx92VMq2R8ce78JcGSXFKT9VfF" +
    "E6ZEvEQ3r6mhkTqyTlurpCvF0IO9dAmx58Vb1wHt9Jm3GbMlrwl36IdPrIEgDZuwk3e2UJ7uYInvFdlXXF8Xt0Mg",
);

test("a file that libsodium sealed is opened", async () => {
  await readyKeys();
  const keypair = keypairOf(parseKeyRecord(openNacl(PYTHON_FILE, KEY)));
  assert.strictEqual(keypair.address, DEV.address);
});

test("the vector's file is written to the byte, and opened", () => {
  const nonce = Uint8Array.from({ length: 24 }, (_, i) => i);
  assert.strictEqual(sealNacl(utf8(VECTOR_JSON), KEY, nonce).toHex(), NACL_VECTOR);
  assert.deepEqual(openNacl(hex(NACL_VECTOR), KEY), utf8(VECTOR_JSON));
});

test("a file is prefix, nonce, tag and ciphertext, 45 bytes longer than its JSON", () => {
  const plaintext = utf8("{}");
  const nonce = new Uint8Array(24).fill(0xab);
  const file = sealNacl(plaintext, KEY, nonce);
  assert.lengthOf(file, 45 + plaintext.length);
  assert.deepEqual(file.subarray(0, 5), utf8("$NACL"));
  assert.deepEqual(file.subarray(5, 29), nonce);
});

test("a bit flipped anywhere behind the prefix is noticed", () => {
  const file = hex(NACL_VECTOR);
  for (let bit = 8 * 5; bit < 8 * file.length; bit++) {
    const flipped = file.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert.throws(() => openNacl(flipped, KEY), WrongPasswordError);
  }
});

test("a file cut short is told from a wrong password where its length shows it", () => {
  const file = hex(NACL_VECTOR);
  for (let length = 5; length <= 45; length++) {
    assert.throws(() => openNacl(file.slice(0, length), KEY), WeftError, "cut short");
  }
  assert.throws(() => openNacl(file.slice(0, 46), KEY), WrongPasswordError);
});

test("another key does not open a file", () => {
  assert.throws(() => openNacl(hex(NACL_VECTOR), KEY.slice().fill(0, 0, 1)), WrongPasswordError);
});
