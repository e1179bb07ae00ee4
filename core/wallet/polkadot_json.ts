/**
 * Accounts exported from polkadot-js as JSON, format 3: a PKCS8 key, in an xsalsa20-poly1305 box
 * under a key that scrypt makes of the password, or bare.
 *
 * Source: `@polkadot/keyring`, `pair/decode.ts`; btwallet's `create_from_encrypted_json`.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { base64Decode } from "@polkadot/util-crypto/base64";
import { jsonDecryptData } from "@polkadot/util-crypto/json";
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import { encodeAddress, isAddress, plainAddress } from "./address.ts";
import { Keypair } from "./keypair.ts";
import { toRawSecret } from "./secret_key.ts";
import { WrongPasswordError } from "./wrong_password.ts";

const Names = v.union([v.array(v.string()), v.pipe(v.string(), v.transform((name) => [name]))]);
const Account = v.object({
  encoded: v.string(),
  encoding: v.object({ content: Names, type: Names, version: v.string() }),
  address: v.optional(v.string()),
});
type Account = v.InferOutput<typeof Account>;

const VERSION = "3";
/** What the library throws when the box does not open; its other errors are faults of the file. */
const LIBRARY_WRONG_PASSWORD = "Unable to decode using the supplied passphrase";
/** PKCS8 as polkadot-js writes it: header, 64 bytes of secret, divider, 32 bytes of public key. */
const HEADER = "3053020101300506032b657004220420";
const DIVIDER = "a123032100";
const SECRET_START = 16;
const DIVIDER_START = SECRET_START + 64;
const PUBLIC_START = DIVIDER_START + 5;
const PKCS8_BYTES = PUBLIC_START + 32;

/**
 * The key of an exported account. An encrypted one takes about a second.
 *
 * @param text the file's JSON
 * @param password needed unless the account was exported without one
 * @throws {WrongPasswordError} if the password does not open it
 * @throws {WeftError} if it is no such export, no sr25519 key, damaged, or of another address
 */
export function importPolkadotJson(text: string, password?: string): Keypair {
  const account = parseAccount(text);
  const pkcs8 = decrypt(account, password);
  try {
    const keypair = decodePkcs8(pkcs8);
    checkAddress(account, keypair);
    return keypair;
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * Whether an exported account needs a password.
 *
 * @throws {WeftError} if it is no such export, or no sr25519 key
 */
export function isEncryptedPolkadotJson(text: string): boolean {
  return isEncrypted(parseAccount(text));
}

function parseAccount(text: string): Account {
  const parsed = v.safeParse(Account, parseJson(text));
  if (!parsed.success) {
    throw fault("expected are the fields encoded, encoding and address");
  }
  const { content, version } = parsed.output.encoding;
  if (content.includes("batch-pkcs8")) {
    throw fault("it holds several accounts, export the one you want alone");
  }
  if (version !== VERSION) {
    throw fault(`its encoding is not version ${VERSION}, export it again from a current wallet`);
  }
  if (!content.includes("pkcs8") || !content.includes("sr25519")) {
    throw fault("its key is not sr25519, the only kind that Bittensor takes");
  }
  return parsed.output;
}

/** The error of `JSON.parse` quotes what it read, so it goes no further. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault("its JSON is cut short or damaged");
  }
}

function isEncrypted({ encoding }: Account): boolean {
  return !encoding.type.includes("none");
}

function decrypt(account: Account, password: string | undefined): Uint8Array {
  const encoded = fromBase64(account.encoded);
  if (!isEncrypted(account)) return encoded;
  const { type } = account.encoding;
  if (!type.includes("scrypt") || !type.includes("xsalsa20-poly1305")) {
    throw fault("its encryption is not scrypt with xsalsa20-poly1305");
  }
  if (!password) throw new WeftError("This account is encrypted: its password is needed.");
  try {
    return jsonDecryptData(encoded, password, ["scrypt", "xsalsa20-poly1305"]);
  } catch (error) {
    if (error instanceof Error && error.message === LIBRARY_WRONG_PASSWORD) {
      throw new WrongPasswordError();
    }
    throw fault("its scrypt parameters are none that polkadot-js writes, or it is cut short");
  }
}

function fromBase64(text: string): Uint8Array {
  try {
    return base64Decode(text);
  } catch {
    throw fault("its base64 is cut short or damaged");
  }
}

function decodePkcs8(pkcs8: Uint8Array): Keypair {
  const header = bytesToHex(pkcs8.subarray(0, SECRET_START));
  const divider = bytesToHex(pkcs8.subarray(DIVIDER_START, PUBLIC_START));
  if (pkcs8.length !== PKCS8_BYTES || header !== HEADER || divider !== DIVIDER) {
    throw fault("what it holds is no PKCS8 key as polkadot-js writes it");
  }
  const raw = toRawSecret(pkcs8.subarray(SECRET_START, DIVIDER_START));
  const keypair = Keypair.fromPrivateKey(raw);
  raw.fill(0);
  if (encodeAddress(pkcs8.subarray(PUBLIC_START)) !== keypair.address) {
    throw fault("its secret and its public key are not of one key");
  }
  return keypair;
}

function checkAddress({ address }: Account, keypair: Keypair): void {
  if (address === undefined) return;
  if (!isAddress(address) || plainAddress(address) !== keypair.address) {
    throw fault(`its address is not that of its key, ${keypair.address}`);
  }
}

function fault(reason: string): WeftError {
  return new WeftError(`Not a usable polkadot-js account: ${reason}.`);
}
