import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import {
  keypairOf,
  KeyRecord,
  keyRecordOf,
  parseKeyRecord,
  publicRecordOf,
  writeKeyRecord,
} from "../../core/wallet/key_record.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { verifySignature } from "../../core/wallet/verify.ts";
import { ALICE, DEV, hex, secretsInHex, utf8 } from "./fixtures.ts";

await readyKeys();

const PUBLIC = {
  accountId: `0x${DEV.publicKey}`,
  publicKey: `0x${DEV.publicKey}`,
  ss58Address: DEV.address,
};
const SECRET = {
  privateKey: `0x${DEV.privateKey}`,
  secretPhrase: DEV.phrase,
  secretSeed: `0x${DEV.seed}`,
};
const OTHER_PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";

function parse(fields: object): KeyRecord {
  return parseKeyRecord(utf8(JSON.stringify(fields)));
}

function fieldsOf(record: KeyRecord): unknown {
  return JSON.parse(new TextDecoder().decode(writeKeyRecord(record)));
}

test("a file of the Python era is read: six keys in its order, null for what is missing", () => {
  const record = parseKeyRecord(utf8(
    `{"accountId": "0x${DEV.publicKey}", "publicKey": "0x${DEV.publicKey}", "privateKey": null, ` +
      `"secretPhrase": "${DEV.phrase}", "secretSeed": "0x${DEV.seed}", "ss58Address": "${DEV.address}"}`,
  ));
  const { phrase, seed } = DEV;
  assert.deepEqual(secretsInHex(record.secrets()), { phrase, seed, privateKey: undefined });
  assert.strictEqual(keypairOf(record).address, DEV.address);
});

test("a file of the Rust era is read: any order, missing keys left out", () => {
  const record = parseKeyRecord(utf8(
    `{"secretSeed":"0x${ALICE.seed}","ss58Address":"${ALICE.address}",` +
      `"privateKey":"0x${ALICE.privateKey}","publicKey":"0x${ALICE.publicKey}"}`,
  ));
  assert.strictEqual(keypairOf(record).address, ALICE.address);
});

test("unknown keys are ignored if they are texts or null", () => {
  assert.strictEqual(parse({ ...PUBLIC, cryptoType: "1", note: null }).ss58Address, DEV.address);
});

test("hex is read in capitals and without 0x, and a byte order mark and line ends are skipped", () => {
  const text = JSON.stringify({ ...PUBLIC, secretSeed: DEV.seed.toUpperCase() });
  const record = parseKeyRecord(utf8(`\ufeff${text}\r\n`));
  assert.strictEqual(secretsInHex(record.secrets()).seed, DEV.seed);
});

test("coldkeypub.txt is a public record: it has an address and cannot sign", () => {
  const record = parse(PUBLIC);
  assert.isTrue(record.isPublic);
  assert.strictEqual(record.ss58Address, DEV.address);
  assert.throws(() => keypairOf(record), WeftError, "only the public key");
});

test("each of the three public keys is enough, also a very old file's bare hex", () => {
  const files = [
    JSON.stringify({ ss58Address: DEV.address }),
    JSON.stringify({ publicKey: PUBLIC.publicKey }),
    JSON.stringify({ accountId: PUBLIC.accountId }),
    `0x${DEV.publicKey}`,
    `0x${DEV.publicKey.toUpperCase()}\n`,
  ];
  for (const file of files) {
    const record = parseKeyRecord(utf8(file));
    assert.strictEqual(record.ss58Address, DEV.address, file);
    assert.isTrue(record.isPublic);
  }
});

test("an address with another network's prefix is the same key", () => {
  const record = parse({ ss58Address: "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5" });
  assert.strictEqual(record.ss58Address, ALICE.address);
});

test("a key of its private key alone signs and verifies", () => {
  const { accountId, publicKey, ss58Address } = PUBLIC;
  const keypair = keypairOf(
    parse({ accountId, publicKey, ss58Address, privateKey: SECRET.privateKey }),
  );
  const message = utf8("Jabberwock");
  assert.isTrue(verifySignature(message, keypair.signSync(message), DEV.address));
});

test("each secret alone makes the key, also in a file that states no public key", () => {
  for (const [name, value] of Object.entries(SECRET)) {
    const record = parse({ [name]: value });
    assert.strictEqual(record.ss58Address, DEV.address, name);
    assert.strictEqual(keypairOf(record).address, DEV.address, name);
  }
});

test("the mnemonic goes before the seed, the seed before the private key", () => {
  const other = Keypair.fromMnemonic(OTHER_PHRASE);
  const secrets = secretsInHex(other.secrets());
  const foreign = { secretSeed: secrets.seed ?? "", privateKey: secrets.privateKey ?? "" };
  const phraseFirst = parse({ ...foreign, ...PUBLIC, secretPhrase: DEV.phrase });
  assert.strictEqual(keypairOf(phraseFirst).address, DEV.address);
  const seedFirst = parse({ ...foreign, ...PUBLIC, secretSeed: SECRET.secretSeed });
  assert.strictEqual(keypairOf(seedFirst).address, DEV.address);
});

test("a secret of another address is refused, whichever it is", () => {
  const { secretPhrase, secretSeed, privateKey } = SECRET;
  const alice = { ss58Address: ALICE.address };
  for (const secret of [{ secretPhrase }, { secretSeed }, { privateKey }]) {
    const record = parse({ ...alice, ...secret });
    assert.throws(() => keypairOf(record), WeftError, `${ALICE.address} but its secret is that of`);
  }
});

test("the three public keys must agree", () => {
  for (const key of ["accountId", "publicKey"]) {
    const mixed = { ...PUBLIC, [key]: `0x${ALICE.publicKey}` };
    assert.throws(() => parse(mixed), WeftError, "not of one key");
  }
  assert.throws(
    () => parse({ ...PUBLIC, ss58Address: ALICE.address }),
    WeftError,
    "not of one key",
  );
});

test("a malformed mnemonic is refused, though the seed would do: btwallet reads it first", () => {
  const record = parse({ ...PUBLIC, ...SECRET, secretPhrase: DEV.phrase.replace("obey", "obay") });
  assert.throws(() => keypairOf(record), WeftError, /malformed\. Word 3/);
});

test("a private key that no key has is refused", () => {
  const record = parse({ ...PUBLIC, privateKey: `0x${DEV.polkadotKey}` });
  assert.throws(() => keypairOf(record), WeftError, "malformed");
});

/** Rust wrote seeds that happen to be UTF-8 as they are: these are 32 bytes, some not printable. */
const RAW_SEED = '0123456789AB \u0001 äöü "quotes" \\';

test("a seed that btwallet wrote as raw bytes is passed over where there is another secret", () => {
  assert.lengthOf(utf8(RAW_SEED), 32, "the fixture");
  const keypair = Keypair.fromSeed(utf8(RAW_SEED));
  const { privateKey } = keypair.secrets();
  const fields = {
    ss58Address: keypair.address,
    secretSeed: `0x${RAW_SEED}`,
    privateKey: `0x${privateKey.toHex()}`,
  };
  const record = parse(fields);
  assert.strictEqual(keypairOf(record).address, keypair.address);
  assert.isUndefined(record.secrets().secretSeed);
});

test("a seed that btwallet wrote as raw bytes is refused where it is the only secret", () => {
  assert.throws(() => parse({ ...PUBLIC, secretSeed: `0x${RAW_SEED}` }), WeftError, "raw bytes");
});

test("what is written is what btwallet 4 reads: texts under six keys, none null, no line break", () => {
  const record = keyRecordOf(Keypair.fromMnemonic(DEV.phrase));
  const text = new TextDecoder().decode(writeKeyRecord(record));
  assert.notMatch(text, /\s$/);
  assert.deepEqual(JSON.parse(text), { ...PUBLIC, ...SECRET });
  assert.match(text, /^\{"accountId":/);
});

test("keys without a mnemonic or seed are written without them", () => {
  const fromSeed = keyRecordOf(Keypair.fromSeed(hex(DEV.seed)));
  const { privateKey, secretSeed } = SECRET;
  assert.deepEqual(fieldsOf(fromSeed), { ...PUBLIC, privateKey, secretSeed });
  const fromUri = keyRecordOf(Keypair.fromUri(DEV.phrase));
  assert.deepEqual(fieldsOf(fromUri), { ...PUBLIC, privateKey });
});

test("a public record is written with its three public fields only", () => {
  assert.deepEqual(fieldsOf(publicRecordOf(hex(DEV.publicKey))), PUBLIC);
});

test("a record does not change by being read and written", () => {
  const fields = { ...PUBLIC, secretPhrase: DEV.phrase };
  assert.deepEqual(fieldsOf(parse(fields)), fields);
});
