import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { readKeyFields } from "../../core/wallet/key_json.ts";
import { damage, seededRandom } from "../formats/fixtures.ts";
import { ALICE, DEV, utf8 } from "./fixtures.ts";

const FILE = JSON.stringify({
  ss58Address: DEV.address,
  secretPhrase: DEV.phrase,
  secretSeed: `0x${DEV.seed}`,
});

/** A text that is no keyfile, and what is said of it. */
const FOREIGN: Record<string, readonly [string, string]> = {
  "an empty file": ["", "it is empty"],
  "white space": [" \n", "it is empty"],
  "a mnemonic alone": [DEV.phrase, "no JSON object"],
  "an address alone": [ALICE.address, "no JSON object"],
  "a private key in PEM": ["-----BEGIN PRIVATE KEY-----\nMC4C\n", "no JSON object"],
  "bare hex that is no public key": [`0x${DEV.privateKey}`, "no JSON object"],
  "JSON that is cut short": [FILE.slice(0, -2), "cut short or damaged"],
  "JSON with something after it": [`${FILE}x`, "cut short or damaged"],
  "a list": ["[]", "one JSON object"],
  "a list of texts": ['["a"]', "one JSON object"],
  "a number": ["1", "one JSON object"],
  "null": ["null", "one JSON object"],
  "a text in quotes": ['"a"', "one JSON object"],
  "a value that is a number": ['{"ss58Address":"x","n":1}', "texts or null"],
  "a value that is an object": ['{"publicKey":{}}', "texts or null"],
  "an object without a key": ["{}", "holds no key"],
  "nothing but nulls": ['{"ss58Address":null,"secretSeed":null}', "holds no key"],
  "unknown keys only": ['{"address":"x"}', "holds no key"],
  "an address with a typing error": ['{"ss58Address":"5Grv"}', "ss58Address is no address"],
  "a public key too short": ['{"publicKey":"0x00"}', "publicKey is not 0x and 64"],
  "an account id that is not hex": [`{"accountId":"0x${"g".repeat(64)}"}`, "accountId is not 0x"],
  "a private key too short": ['{"privateKey":"0x00"}', "privateKey is not 0x and 128"],
  "a seed too short": ['{"secretSeed":"0x00"}', "secretSeed is not 0x and 64"],
  "an account of polkadot-js": [
    '{"encoded":"a","encoding":{"version":"3"},"address":"5G"}',
    "exported from polkadot-js",
  ],
};

for (const [what, [text, message]] of Object.entries(FOREIGN)) {
  test(`${what} is no keyfile, and it is said why`, () => {
    assert.throws(() => readKeyFields(utf8(text)), WeftError, message);
  });
}

test("bytes that are no UTF-8 are no keyfile", () => {
  assert.throws(() => readKeyFields(Uint8Array.of(0x7b, 0xff, 0x7d)), WeftError, "UTF-8");
});

test("a file cut short anywhere is refused", () => {
  for (let length = 0; length < FILE.length; length++) {
    assert.throws(() => readKeyFields(utf8(FILE.slice(0, length))), WeftError);
  }
});

test("a damaged file is read or refused in a line, never another error", () => {
  const random = seededRandom(3);
  for (let i = 0; i < 2000; i++) {
    try {
      readKeyFields(damage(random, utf8(FILE)));
    } catch (error) {
      assert.instanceOf(error, WeftError);
      assert.notInclude(String(error), "\n");
    }
  }
});

test("a key named __proto__ or constructor is one of the unknown", () => {
  const text = `{"__proto__":"x","constructor":null,"ss58Address":"${DEV.address}"}`;
  assert.strictEqual(readKeyFields(utf8(text)).ss58Address, DEV.address);
});
