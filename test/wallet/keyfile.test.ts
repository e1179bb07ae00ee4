import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { keyfileFormat, openKeyfile, sealKeyfile } from "../../core/wallet/keyfile.ts";
import { keyRecordOf, parseKeyRecord, writeKeyRecord } from "../../core/wallet/key_record.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { deriveNaclKey, openNacl } from "../../core/wallet/nacl_keyfile.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import {
  ALICE,
  DEV,
  FERNET_VECTOR,
  hex,
  NACL_KEY,
  NACL_VECTOR,
  PASSWORD,
  rejection,
  secretsInHex,
  utf8,
} from "./fixtures.ts";

// Each derivation of a $NACL key takes 512 MiB and seconds, so each test makes do with one.

const nonce = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(0x42);

const FORMATS = {
  "$NACL\0\u0001": "nacl",
  "$NACL": "nacl",
  "$ANSIBLE_VAULT;1.1;AES256\n": "ansible",
  "gAAAAABlU_EAAAEC": "fernet",
  '{"ss58Address":"x"}': "plain",
  "0x1234": "plain",
  "": "plain",
  "$NAC": "plain",
  " $NACL": "plain",
  "$nacl": "plain",
  "gAAAA": "plain",
} as const;

test("a format is told by a file's first bytes", () => {
  for (const [start, format] of Object.entries(FORMATS)) {
    assert.strictEqual(keyfileFormat(utf8(start)), format, start);
  }
});

test("a plain file is opened without a password, and with one that it does not need", async () => {
  const file = utf8(`{"ss58Address":"${DEV.address}"}`);
  for (const password of [undefined, "", PASSWORD]) {
    assert.strictEqual((await openKeyfile(file, password)).ss58Address, DEV.address);
  }
});

test("the vector's $NACL file is opened with its password", async () => {
  assert.strictEqual((await openKeyfile(hex(NACL_VECTOR), PASSWORD)).ss58Address, ALICE.address);
});

test("the vector's $NACL key is derived", async () => {
  assert.strictEqual((await deriveNaclKey(PASSWORD)).toHex(), NACL_KEY);
});

test("a wrong password does not open a $NACL file", async () => {
  const error = await rejection(openKeyfile(hex(NACL_VECTOR), `${PASSWORD} `));
  assert.instanceOf(error, WrongPasswordError);
  assert.match(String(error), /Wrong password for decryption/);
});

test("the vector's Fernet token is opened with its password", async () => {
  const record = await openKeyfile(utf8(FERNET_VECTOR), PASSWORD);
  assert.strictEqual(record.ss58Address, ALICE.address);
});

test("sealKeyfile() writes by the rules of the format what btwallet 4 reads", async () => {
  await readyKeys();
  const record = keyRecordOf(Keypair.fromMnemonic(DEV.phrase));
  const file = await sealKeyfile(record, PASSWORD, nonce);
  const json = openNacl(file, hex(NACL_KEY));
  assert.deepEqual(json, writeKeyRecord(record));
  assert.lengthOf(file, 5 + 24 + 16 + json.length);
  assert.deepEqual(file.subarray(0, 29), Uint8Array.from([...utf8("$NACL"), ...nonce(24)]));
  const { phrase, seed, privateKey } = DEV;
  assert.deepEqual(secretsInHex(parseKeyRecord(json).secrets()), { phrase, seed, privateKey });
});

test("an encrypted file asks for a password", async () => {
  for (const file of [hex(NACL_VECTOR), utf8("$ANSIBLE_VAULT;1.1;AES256\n"), utf8(FERNET_VECTOR)]) {
    assert.match(String(await rejection(openKeyfile(file))), /encrypted: its password is needed/);
  }
});

test("an empty password opens nothing, and takes no time to", async () => {
  for (const file of [hex(NACL_VECTOR), utf8(FERNET_VECTOR)]) {
    assert.instanceOf(await rejection(openKeyfile(file, "")), WrongPasswordError);
  }
  const record = parseKeyRecord(utf8(`{"ss58Address":"${DEV.address}"}`));
  assert.instanceOf(await rejection(sealKeyfile(record, "", nonce)), UsageError);
});

test("a file that is cut short is refused before its password is tried", async () => {
  const cut = [hex(NACL_VECTOR).slice(0, 40), utf8(FERNET_VECTOR.slice(0, 60))];
  for (const file of cut) {
    const error = await rejection(openKeyfile(file, PASSWORD));
    assert.match(String(error), /cut short/);
    assert.notInstanceOf(error, WrongPasswordError);
  }
});
