import { ctr } from "@noble/ciphers/aes.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { deriveAnsibleKeys, openAnsible } from "../../core/wallet/ansible_keyfile.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import { PASSWORD, utf8, VECTOR_JSON } from "./fixtures.ts";

const HEADER = "$ANSIBLE_VAULT;1.1;AES256";
const VECTOR = `${HEADER}
30303031303230333034303530363037303830393061306230633064306530663130313131323133
3134313531363137313831393161316231633164316531660a316561366338646337323036336235
62373135653630336230366434633362316464636530336233333431626138326236313533613663
3263323434346362300a643663313833663335376336366331396236393766373632656165616235
30383130313039623936626139633836353633336166373864636461333537393938383032396366
34383932333262333938393833353662616162323431343037613965373533336435343866626433
31643063623638333664333234386434623336666638616231663238656136343236343031323466
61613965393134383934
`;
const SALT = Uint8Array.from({ length: 32 }, (_, i) => i);

/** A vault by the format's rules alone: any plaintext, with or without right padding. */
function vault(plaintext: Uint8Array): string {
  const { cipherKey, hmacKey, iv } = deriveAnsibleKeys(PASSWORD, SALT);
  const ciphertext = ctr(cipherKey, iv).encrypt(plaintext);
  const mac = hmac(sha256, hmacKey, ciphertext);
  return armor([SALT, mac, ciphertext].map((part) => part.toHex()).join("\n"));
}

function armor(inner: string): string {
  const lines = utf8(inner).toHex().match(/.{1,80}/g) ?? [];
  return [HEADER, ...lines, ""].join("\n");
}

function open(text: string, password = PASSWORD): string {
  return new TextDecoder().decode(openAnsible(utf8(text), password));
}

test("the keys of the vector are derived", () => {
  const { cipherKey, hmacKey, iv } = deriveAnsibleKeys(PASSWORD, SALT);
  assert.strictEqual(
    cipherKey.toHex(),
    "ea12ed2d6dd1b4b477b85fa7f63b54619b8e79030b9f16d7746b68413c03ce05",
  );
  assert.strictEqual(
    hmacKey.toHex(),
    "c2a1f6c2d6766c3ed8ca3dfd44b65466213843b9db0c32a62fc01c7186016951",
  );
  assert.strictEqual(iv.toHex(), "30be36a02be47982833cf13bb48005fc");
});

test("the vector's vault is opened", () => {
  assert.strictEqual(open(VECTOR), VECTOR_JSON);
});

test("line ends of Windows, none at the end, blanks and capitals change nothing", () => {
  const variants = [
    VECTOR.replaceAll("\n", "\r\n"),
    VECTOR.trimEnd(),
    VECTOR.replaceAll("\n", " \n"),
    `${VECTOR}\n\n`,
    VECTOR.split("\n").map((line, i) => i === 0 ? line : line.toUpperCase()).join("\n"),
  ];
  for (const text of variants) assert.strictEqual(open(text), VECTOR_JSON);
});

test("a wrong password does not open a vault", () => {
  for (const password of ["", "testpassword12", `${PASSWORD} `]) {
    assert.throws(() => open(VECTOR, password), WrongPasswordError);
  }
});

test("a plaintext of whole blocks is padded by one block more", () => {
  const plaintext = utf8("x".repeat(32) + String.fromCharCode(16).repeat(16));
  assert.strictEqual(open(vault(plaintext)), "x".repeat(32));
});

test("padding that is none is refused", () => {
  for (const last of [0, 17, 255, 3]) {
    const block = utf8("x".repeat(15) + "\0").fill(last, 15);
    assert.throws(() => open(vault(block)), WeftError, "padding is wrong");
  }
  for (const blocks of [new Uint8Array(16), new Uint8Array(32).fill(17)]) {
    assert.throws(() => open(vault(blocks)), WeftError, "padding is wrong");
  }
});

test("a changed digit is noticed in whatever part it is", () => {
  // Each try derives keys for 10 ms, and the step of 7 meets every part and both digits of a byte.
  for (let i = HEADER.length + 1; i < VECTOR.length - 1; i += 7) {
    if (VECTOR[i] === "\n") continue;
    const changed = VECTOR.slice(0, i) + (VECTOR[i] === "1" ? "2" : "1") + VECTOR.slice(i + 1);
    assert.throws(() => open(changed), WeftError);
  }
});

const MALFORMED = {
  "another version": [VECTOR.replace("1.1", "1.2"), "first line is not"],
  "another cipher": [VECTOR.replace("AES256", "AES"), "first line is not"],
  "the header alone": [HEADER, "hex is cut short"],
  "a digit missing": [VECTOR.trimEnd().slice(0, -1), "hex is cut short"],
  "a line missing at the end": [VECTOR.trimEnd().split("\n").slice(0, -1).join("\n"), "cut short"],
  "letters that are no hex": [VECTOR.replace("3030", "30zz"), "hex is cut short or damaged"],
  "two parts": [armor("00\n11"), "not the three parts"],
  "four parts": [armor("00\n11\n22\n33"), "not the three parts"],
  "an HMAC too short": [armor(`00\n11\n${"22".repeat(16)}`), "HMAC has not 32 bytes"],
  "half a block": [armor(`00\n${"11".repeat(32)}\n${"22".repeat(8)}`), "whole blocks"],
  "an empty part": [armor(`00\n${"11".repeat(32)}\n`), "hex is cut short"],
} as const;

for (const [what, [text, message]] of Object.entries(MALFORMED)) {
  test(`a vault with ${what} is refused, and it is said why`, () => {
    assert.throws(() => open(text), WeftError, message);
  });
}
