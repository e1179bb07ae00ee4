import { assert } from "chai";
import { test } from "#test";
import { openKeyfile } from "../../core/wallet/keyfile.ts";
import { decodeAddress } from "../../core/wallet/address.ts";
import { openAnsible } from "../../core/wallet/ansible_keyfile.ts";
import { revealPassword } from "../../core/wallet/environment_password.ts";
import { parseFernet } from "../../core/wallet/fernet_keyfile.ts";
import { keypairOf, keyRecordOf, parseKeyRecord } from "../../core/wallet/key_record.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { openNacl } from "../../core/wallet/nacl_keyfile.ts";
import { passwordWeakness } from "../../core/wallet/password_policy.ts";
import { importPolkadotJson } from "../../core/wallet/polkadot_json.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { messageBytes } from "../../core/wallet/verify.ts";
import { ALICE, DEV, FERNET_VECTOR, hex, NACL_VECTOR, utf8 } from "./fixtures.ts";

await readyKeys();

const PASSWORD = "hunter2hunter3";
const WORDS = DEV.phrase.split(" ");

/** Everything that must not be seen: whole or in part, in hex or as a list of numbers. */
const SECRETS: readonly string[] = [
  ...WORDS.slice(1).map((word, i) => `${WORDS[i]} ${word}`),
  ...[DEV.seed, DEV.privateKey, DEV.polkadotKey, ALICE.polkadotKey].flatMap((secret) => [
    secret.slice(0, 16),
    secret.slice(-16).toUpperCase(),
    hex(secret.slice(0, 16)).join(","),
    hex(secret.slice(0, 16)).join(", "),
    hex(secret.slice(0, 18)).toBase64(),
  ]),
  PASSWORD,
];

/** Every way in which a value becomes a text in a log, an error or `--json`. */
function everyText(value: unknown): string {
  return [
    String(value),
    `${JSON.stringify({ value })}`,
    Deno.inspect(value, { depth: 20, showHidden: true, getters: true }),
    Deno.inspect({ value, list: [value] }, { depth: 20, colors: true }),
    value instanceof Error ? `${value.stack} ${String(value.cause)}` : "",
    typeof value === "object" ? JSON.stringify(structuredClone({ ...value })) : "",
    typeof value === "object" && value !== null ? JSON.stringify(Object.entries(value)) : "",
  ].join("\n");
}

function showsNoSecret(value: unknown): void {
  const text = everyText(value);
  for (const secret of SECRETS) assert.notInclude(text, secret);
}

test("the search finds a secret that is shown", () => {
  for (const leak of [DEV.phrase, `0x${DEV.seed}`, hex(DEV.privateKey), { p: PASSWORD }]) {
    assert.throws(() => showsNoSecret(leak));
  }
  assert.throws(() => showsNoSecret(new Error("outer", { cause: new Error(DEV.phrase) })));
});

test("a keypair shows its address and nothing else, however it is printed", () => {
  for (
    const keypair of [Keypair.fromMnemonic(DEV.phrase), Keypair.fromPrivateKey(hex(DEV.privateKey))]
  ) {
    showsNoSecret(keypair);
    assert.include(String(keypair), DEV.address);
    assert.strictEqual(JSON.stringify(keypair), `{"address":"${DEV.address}"}`);
    assert.strictEqual(Deno.inspect(keypair), `Keypair(${DEV.address})`);
  }
});

test("a key record shows its address and nothing else, however it is printed", () => {
  const record = keyRecordOf(Keypair.fromMnemonic(DEV.phrase));
  showsNoSecret(record);
  assert.strictEqual(JSON.stringify(record), `{"ss58Address":"${DEV.address}"}`);
  assert.strictEqual(Deno.inspect(record), `KeyRecord(${DEV.address})`);
});

function keyfile(fields: object): Uint8Array {
  return utf8(JSON.stringify({
    secretPhrase: DEV.phrase,
    secretSeed: `0x${DEV.seed}`,
    privateKey: `0x${DEV.privateKey}`,
    ...fields,
  }));
}

function account(changes: object): string {
  const pkcs8 = `3053020101300506032b657004220420${ALICE.polkadotKey}a123032100${ALICE.publicKey}`;
  return JSON.stringify({
    encoded: hex(pkcs8).toBase64(),
    encoding: { content: ["pkcs8", "sr25519"], type: ["none"], version: "3" },
    ...changes,
  });
}

const record = (fields: object): Keypair => keypairOf(parseKeyRecord(keyfile(fields)));
const nothing = { secretPhrase: null, secretSeed: null, privateKey: null };

/** Everything that fails while it has a secret in its hands. */
const FAILURES: Record<string, () => unknown> = {
  "a word is wrong": () => Keypair.fromMnemonic(DEV.phrase.replace("obey", "obay")),
  "a word is missing": () => Keypair.fromMnemonic(WORDS.slice(1).join(" ")),
  "words are out of place": () => Keypair.fromMnemonic(WORDS.toReversed().join(" ")),
  "a mnemonic is joined by commas": () => Keypair.fromMnemonic(WORDS.join(",")),
  "a seed stands in a mnemonic": () =>
    Keypair.fromMnemonic(`${WORDS.slice(1).join(" ")} ${DEV.seed}`),
  "a URI ends in a slash": () => Keypair.fromUri(`${DEV.phrase}//x/`),
  "a URI's phrase is wrong": () => Keypair.fromUri(`${WORDS.slice(1).join(" ")}//x///${PASSWORD}`),
  "a URI's seed is too long": () => Keypair.fromUri(`0x${DEV.privateKey}//x`),
  "a seed is too long": () => Keypair.fromSeed(hex(DEV.privateKey)),
  "a private key is out of range": () => Keypair.fromPrivateKey(hex(DEV.polkadotKey)),
  "a private key is too short": () => Keypair.fromPrivateKey(hex(DEV.seed)),
  "a seed is taken for an address": () => decodeAddress(`0x${DEV.seed}`),
  "a mnemonic is taken for an address": () => decodeAddress(DEV.phrase),
  "a keyfile is cut short": () => parseKeyRecord(keyfile({}).slice(0, -1)),
  "a keyfile is cut at its start": () => parseKeyRecord(keyfile({}).slice(20)),
  "a keyfile is a mnemonic alone": () => parseKeyRecord(utf8(DEV.phrase)),
  "a keyfile is bare hex": () => parseKeyRecord(utf8(`0x${DEV.privateKey}`)),
  "a keyfile holds a number": () => parseKeyRecord(keyfile({ n: 1 })),
  "a keyfile's address is none": () => record({ ss58Address: DEV.phrase }),
  "a keyfile's public key is none": () => record({ publicKey: `0x${DEV.privateKey}` }),
  "a keyfile's address is another's": () => record({ ss58Address: ALICE.address }),
  "a keyfile's mnemonic is wrong": () => record({ secretPhrase: WORDS.slice(1).join(" ") }),
  "a keyfile's seed is raw bytes": () => record({ ...nothing, secretSeed: `0x${PASSWORD}` }),
  "a keyfile's private key is long": () =>
    record({ ...nothing, privateKey: `0x00${DEV.privateKey}` }),
  "a keyfile's key is polkadot-js's": () => record({ ...nothing, privateKey: DEV.polkadotKey }),
  "a $NACL file does not open": () => openNacl(hex(NACL_VECTOR), hex(DEV.seed)),
  "a vault is damaged": () =>
    openAnsible(utf8(`$ANSIBLE_VAULT;1.1;AES256\n${DEV.phrase}`), PASSWORD),
  "a vault is of another version": () =>
    openAnsible(utf8(`$ANSIBLE_VAULT;9;${DEV.seed}`), PASSWORD),
  "a token is damaged": () => parseFernet(utf8(`${FERNET_VECTOR}${DEV.phrase}`)),
  "a password's variable is not coded": () => revealPassword(PASSWORD, "BT_PW_X"),
  "an account's address is another's": () => importPolkadotJson(account({ address: DEV.address })),
  "an account is cut short": () => importPolkadotJson(account({}).slice(0, -1)),
  "an account's key is of another kind": () =>
    importPolkadotJson(account({ encoding: { content: ["pkcs8"], type: ["none"], version: "3" } })),
  "an account's box is damaged": () =>
    importPolkadotJson(
      account({
        encoding: {
          content: ["pkcs8", "sr25519"],
          type: ["scrypt", "xsalsa20-poly1305"],
          version: "3",
        },
      }),
      PASSWORD,
    ),
  "a message is not hex": () => messageBytes(`0x${DEV.phrase}`),
};

for (const [what, fail] of Object.entries(FAILURES)) {
  test(`no secret is shown when ${what}`, () => {
    try {
      fail();
    } catch (error) {
      showsNoSecret(error);
      return;
    }
    assert.fail("nothing was thrown");
  });
}

test("no secret is shown when a file is damaged or its password missing", async () => {
  for (const file of [hex(NACL_VECTOR).slice(0, 40), utf8(FERNET_VECTOR), keyfile({ n: 1 })]) {
    const error = await openKeyfile(file).catch((reason: unknown) => reason);
    assert.instanceOf(error, Error);
    showsNoSecret(error);
  }
});

test("the reason why a password is weak does not show it", () => {
  for (const password of [` ${PASSWORD}`, "hunter", "hhhhhhhh"]) {
    const reason = passwordWeakness(password);
    assert.notInclude(reason ?? "", password.trim());
  }
});
