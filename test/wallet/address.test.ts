import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { decodeAddress, encodeAddress, isAddress } from "../../core/wallet/address.ts";
import { ALICE, DEV, hex, messageOf } from "./fixtures.ts";

/** //Alice on Polkadot (prefix 0), Kusama (2), and with a prefix of two bytes (1284). */
const ALICE_ELSEWHERE = [
  "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
  "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F",
  "VdvKmYJfD4VXA9fzz1SbmCo2eYHSzUFbaDCZSuaNKJAe8YNg6",
];

const NO_ADDRESSES = {
  "nothing": "",
  "a typing error": ALICE.address.replace("5Grw", "5Grv"),
  "a letter too few": ALICE.address.slice(0, -1),
  "a letter too many": `${ALICE.address}a`,
  "space around it": ` ${ALICE.address}`,
  "letters that base58 has not": ALICE.address.replace("5Grw", "50OI"),
  "its public key in hex": `0x${ALICE.publicKey}`,
  "an account index, which is an address of one byte": "F7NZ",
  "no ASCII": "5Grwvaé",
  "a very long text": "5".repeat(100_000),
};

test("encodeAddress() writes prefix 42", () => {
  assert.strictEqual(encodeAddress(hex(ALICE.publicKey)), ALICE.address);
  assert.strictEqual(encodeAddress(hex(DEV.publicKey)), DEV.address);
});

test("encodeAddress() takes 32 bytes only", () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => encodeAddress(new Uint8Array(length)), RangeError, "32 bytes");
  }
});

test("decodeAddress() gives the public key, whatever the prefix", () => {
  for (const address of [ALICE.address, ...ALICE_ELSEWHERE]) {
    assert.deepEqual(decodeAddress(address), hex(ALICE.publicKey), address);
  }
});

for (const [what, text] of Object.entries(NO_ADDRESSES)) {
  test(`${what} is no address`, () => {
    assert.isFalse(isAddress(text));
    assert.throws(() => decodeAddress(text), UsageError, "Not an ss58 address");
  });
}

test("an address with a typing error is shown, a text that cannot be one is not", () => {
  assert.throws(() => decodeAddress("5Grv"), UsageError, '"5Grv"');
  for (const secret of [`0x${DEV.seed}`, "act act act act act act act act act act act act"]) {
    assert.notInclude(messageOf(() => decodeAddress(secret)), secret);
  }
});

test("every change of one letter of an address is noticed", () => {
  for (let i = 0; i < ALICE.address.length; i++) {
    const letter = ALICE.address[i] === "x" ? "y" : "x";
    const changed = ALICE.address.slice(0, i) + letter + ALICE.address.slice(i + 1);
    assert.isFalse(isAddress(changed), changed);
  }
});
