import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { parseSecretUri } from "../../core/wallet/secret_uri.ts";
import { DEV, hex, messageOf } from "./fixtures.ts";

await readyKeys();

/**
 * Addresses that Rust's schnorrkel (in @polkadot/wasm-crypto 7.5.4) makes of these; the first three
 * are the known ones of Substrate's test chains.
 */
const ADDRESSES: Record<string, string> = {
  "//Alice": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
  "//Bob": "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
  "//Alice//stash": "5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY",
  "//Alice/soft": "5C8PhJPLE54x23RjmqBcEEnALryCDWdTJM5xLaoL9W8XEpnt",
  "/1/2": "5F1oG6q3d5dasDCE4HQVshasiN59ksh4kiLth4Nu6i6LeBN1",
  "//12": "5D7LFzGpMwHPyDBavkRbWSKWTtJhCaPPZ379wWLT23bJwXJz",
  "//polkadot//0///pass": "5D9uB1m2fqjP6XKJbDVyJW8eW8A9Zir3tJKvRvZPZKio47at",
  [`0x${"11".repeat(32)}//x/y`]: "5H4JdsGXkTFdEVDoagfrmRmwSum1UiNwFMnkQLx4rME6merx",
};

const NO_URIS = {
  "an empty step": "//Alice//",
  "a slash at the end": "//Alice/",
  "a seed too short": `0x${"11".repeat(31)}//x`,
  "a seed too long": `0x${"11".repeat(33)}`,
  "a seed that is not hex": `0x${"1g".repeat(32)}`,
  "a phrase with a word missing": "bottom drive//hard",
  "an endless step": `//${"a".repeat(20_000)}`,
};

for (const [uri, address] of Object.entries(ADDRESSES)) {
  test(`the key of ${uri.replaceAll("11", "1")} is the known one`, () => {
    assert.strictEqual(Keypair.fromUri(uri).address, address);
  });
}

test("the development phrase stands where a URI has none", () => {
  assert.deepEqual(parseSecretUri("//a/b"), parseSecretUri(`${DEV.phrase}//a/b`));
});

test("a URI may be a phrase or a seed alone", () => {
  assert.strictEqual(Keypair.fromUri(DEV.phrase).address, DEV.address);
  assert.strictEqual(Keypair.fromUri(`0x${DEV.seed}`).address, DEV.address);
});

test("a password may hold slashes and is taken as it is", () => {
  const plain = parseSecretUri(DEV.phrase).miniSecret;
  const secrets = ["///a/b", "///a//b", "/// a", "///a"].map((password) =>
    parseSecretUri(DEV.phrase + password).miniSecret
  );
  assert.lengthOf(new Set([plain, ...secrets].map((secret) => secret.toHex())), 5);
});

test("a number of up to 64 bits is a step of its own kind, a larger one is a text", () => {
  const codeOf = (step: string): string =>
    parseSecretUri(`//${step}`).junctions[0].chainCode.toHex();
  assert.strictEqual(codeOf("258"), "0201".padEnd(64, "0"));
  assert.strictEqual(codeOf("18446744073709551615"), "ff".repeat(8).padEnd(64, "0"));
  const text = new TextEncoder().encode("18446744073709551616");
  assert.strictEqual(codeOf("18446744073709551616"), `50${text.toHex()}`.padEnd(64, "0"));
});

test("a text of 31 bytes is a step as it is, a longer one is hashed", () => {
  const codeOf = (step: string): string =>
    parseSecretUri(`/${step}`).junctions[0].chainCode.toHex();
  assert.strictEqual(codeOf("a".repeat(31)), `7c${"61".repeat(31)}`);
  // The addresses of these, by the WebAssembly of schnorrkel and blake2b-256 of the SCALE text.
  assert.strictEqual(
    Keypair.fromUri(`//${"a".repeat(32)}`).address,
    "5FjXrmeQoVarKEVc1bSev5PjyV9dKND7g1wnfQDYvXtx9VxT",
  );
  assert.strictEqual(
    Keypair.fromUri(`//${"é".repeat(50)}`).address,
    "5C7rjizqpLkbXi7JquSd6xCyv7jtSpQ9sBRuxn3QNxAghTkd",
  );
});

test("what looks like hex in a step is a text, as Substrate reads it", () => {
  const [{ chainCode }] = parseSecretUri("//0xab").junctions;
  assert.deepEqual(chainCode, hex("1030786162".padEnd(64, "0")));
});

for (const [what, uri] of Object.entries(NO_URIS)) {
  test(`a URI with ${what} is refused and not shown`, () => {
    assert.throws(() => parseSecretUri(uri), UsageError);
    assert.notInclude(messageOf(() => parseSecretUri(uri)), uri);
  });
}
