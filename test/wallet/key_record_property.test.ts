import { assert } from "chai";
import { test } from "#test";
import {
  keypairOf,
  type KeyRecord,
  parseKeyRecord,
  writeKeyRecord,
} from "../../core/wallet/key_record.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { MNEMONIC_LENGTHS, newMnemonic } from "../../core/wallet/mnemonic.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { randomBytes, seededRandom } from "../formats/fixtures.ts";
import { secretsInHex, utf8 } from "./fixtures.ts";

await readyKeys();

const KEYFILE_COUNT = 10_000;
/** The seed of a mnemonic takes 5 ms, so one key in so many has one. */
const KEYS_PER_MNEMONIC = 16;

type Fields = Record<string, string | null>;

/** Everything a keyfile can keep of a random key. */
function randomFields(random: () => number): { keypair: Keypair; fields: Fields } {
  const hasMnemonic = random() < 1 / KEYS_PER_MNEMONIC;
  const words = MNEMONIC_LENGTHS[Math.floor(random() * MNEMONIC_LENGTHS.length)];
  const bytes = (length: number): Uint8Array<ArrayBuffer> => randomBytes(random, length);
  const keypair = hasMnemonic
    ? Keypair.fromMnemonic(newMnemonic(words, bytes))
    : Keypair.fromSeed(bytes(32));
  const { phrase, seed, privateKey } = secretsInHex(keypair.secrets());
  const publicKey = `0x${keypair.publicKey.toHex()}`;
  const fields = {
    accountId: publicKey,
    publicKey,
    privateKey: `0x${privateKey}`,
    secretPhrase: phrase ?? null,
    secretSeed: `0x${seed}`,
    ss58Address: keypair.address,
  };
  return { keypair, fields };
}

/** Writes some of the fields as one of the writers of keyfiles would, by none of Weft's code. */
function foreignFile(fields: Fields, random: () => number): Uint8Array {
  const isPython = random() < 0.5;
  const kept = Object.entries(fields).map(([key, value]) => [key, random() < 0.7 ? value : null]);
  if (kept.every(([, value]) => value === null)) kept.push(["ss58Address", fields.ss58Address]);
  if (isPython) return utf8(JSON.stringify(Object.fromEntries(kept), undefined, 1));
  const shuffled = kept.filter(([, value]) => value !== null)
    .map((entry) => ({ entry, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
  if (random() < 0.2) shuffled.push(["unknown", "text"]);
  return utf8(JSON.stringify(Object.fromEntries(shuffled)));
}

/** What a file states, null and missing being the same. */
function statedSecrets(file: Uint8Array): Record<string, string | undefined> {
  const stated = JSON.parse(new TextDecoder().decode(file));
  return {
    phrase: stated.secretPhrase ?? undefined,
    seed: stated.secretSeed?.slice(2),
    privateKey: stated.privateKey?.slice(2),
  };
}

function signs(record: KeyRecord, keypair: Keypair): void {
  if (!record.isPublic) assert.strictEqual(keypairOf(record).address, keypair.address);
}

test(`${KEYFILE_COUNT} random keyfiles are read, written, read again, and make their keys`, () => {
  const random = seededRandom(10_000);
  for (let i = 0; i < KEYFILE_COUNT; i++) {
    const { keypair, fields } = randomFields(random);
    const file = foreignFile(fields, random);
    const record = parseKeyRecord(file);
    assert.strictEqual(record.ss58Address, keypair.address);
    assert.deepEqual(secretsInHex(record.secrets()), statedSecrets(file));

    const written = writeKeyRecord(record);
    const again = parseKeyRecord(written);
    assert.deepEqual(statedSecrets(written), statedSecrets(file));
    assert.strictEqual(again.ss58Address, keypair.address);
    signs(again, keypair);
  }
});
