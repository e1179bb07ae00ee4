/**
 * What a keyfile holds, and its JSON: one object with the keys `accountId`, `publicKey`,
 * `privateKey`, `secretPhrase`, `secretSeed`, `ss58Address`. btwallet's Rust leaves out what is
 * missing and keeps no order, its Python wrote null for it.
 *
 * Source: btwallet 4.0.0, `src/keyfile.rs`; `bittensor_wallet/keyfile.py` before it.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { WeftError } from "../errors.ts";
import { decodeAddress, encodeAddress } from "./address.ts";
import { type KeyFields, readKeyFields } from "./key_json.ts";
import { Keypair, type KeySecrets } from "./keypair.ts";

/** The secrets of a keyfile, none of which need be there. */
export type RecordSecrets = Partial<KeySecrets>;

/**
 * A keyfile's contents. Printed or serialised it shows its address and nothing else.
 */
export class KeyRecord {
  /** With prefix 42. */
  readonly ss58Address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #secrets: RecordSecrets;

  /** Whoever makes one vouches that the secrets are those of the public key. */
  constructor(publicKey: Uint8Array, secrets: RecordSecrets = {}) {
    this.publicKey = publicKey;
    this.ss58Address = encodeAddress(publicKey);
    this.#secrets = secrets;
  }

  /** Whether it holds no secret, as `coldkeypub.txt` does. */
  get isPublic(): boolean {
    return Object.values(this.#secrets).every((secret) => secret === undefined);
  }

  /** The secrets, to make a keypair or a keyfile; for nothing else. */
  secrets(): RecordSecrets {
    return this.#secrets;
  }

  toJSON(): { ss58Address: string } {
    return { ss58Address: this.ss58Address };
  }

  toString(): string {
    return `KeyRecord(${this.ss58Address})`;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The record of a keypair, with all it knows. */
export function keyRecordOf(keypair: Keypair): KeyRecord {
  return new KeyRecord(keypair.publicKey, keypair.secrets());
}

/** The record of `coldkeypub.txt` and `*pub.txt`. */
export function publicRecordOf(publicKey: Uint8Array): KeyRecord {
  return new KeyRecord(publicKey);
}

/**
 * Reads a keyfile that is not encrypted. Public fields must agree with each other; whether secrets
 * fit them is checked by {@linkcode keypairOf}. If a file has secrets and no public field, its key
 * is made here, which needs `readyKeys`.
 *
 * @throws {WeftError} if it is no keyfile; shows nothing of it
 */
export function parseKeyRecord(bytes: Uint8Array): KeyRecord {
  const fields = readKeyFields(bytes);
  const { secrets } = fields;
  return new KeyRecord(statedPublicKey(fields) ?? keypairOfSecrets(secrets).publicKey, secrets);
}

/**
 * The JSON of a keyfile as btwallet 4 writes it, UTF-8 without a line break: a key that is missing
 * is left out, a public record has only its public fields.
 */
export function writeKeyRecord(record: KeyRecord): Uint8Array<ArrayBuffer> {
  const { secretPhrase, secretSeed, privateKey } = record.secrets();
  return new TextEncoder().encode(JSON.stringify({
    accountId: hex(record.publicKey),
    publicKey: hex(record.publicKey),
    privateKey: privateKey && hex(privateKey),
    secretPhrase,
    secretSeed: secretSeed && hex(secretSeed),
    ss58Address: record.ss58Address,
  }));
}

/**
 * The key of a record, by btwallet 4's precedence: mnemonic, then seed, then private key.
 *
 * @throws {WeftError} if the record is public, a secret is malformed, or the key made of it has not
 *   the record's address
 */
export function keypairOf(record: KeyRecord): Keypair {
  const keypair = keypairOfSecrets(record.secrets());
  if (keypair.address !== record.ss58Address) {
    throw new WeftError(
      `The keyfile says ${record.ss58Address} but its secret is that of ${keypair.address}: it was ` +
        "changed or mixed up, restore it from a copy or from the key's mnemonic.",
    );
  }
  return keypair;
}

function keypairOfSecrets({ secretPhrase, secretSeed, privateKey }: RecordSecrets): Keypair {
  try {
    if (secretPhrase !== undefined) return Keypair.fromMnemonic(secretPhrase);
    if (secretSeed !== undefined) return Keypair.fromSeed(secretSeed);
    if (privateKey !== undefined) return Keypair.fromPrivateKey(privateKey);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new WeftError(`The keyfile's secret is malformed. ${error.message}`);
  }
  throw new WeftError(
    "This keyfile holds only the public key, which cannot sign: name the file with the private key.",
  );
}

/** The public key that the file states, if it does. */
function statedPublicKey(fields: KeyFields): Uint8Array | undefined {
  const { ss58Address, publicKey, accountId } = fields;
  const stated = [
    ss58Address === undefined ? undefined : decodeAddress(ss58Address),
    publicKey,
    accountId,
  ].filter((key) => key !== undefined);
  if (stated.some((key) => hex(key) !== hex(stated[0]))) {
    throw new WeftError(
      "The keyfile's ss58Address, publicKey and accountId are not of one key: it was changed or " +
        "mixed up, restore it from a copy or from the key's mnemonic.",
    );
  }
  return stated[0];
}

function hex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}
