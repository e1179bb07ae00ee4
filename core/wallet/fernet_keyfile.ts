/**
 * The oldest encryption of keyfiles: a Fernet token. Only read. btwallet's Rust cannot open them.
 *
 * Source: github.com/fernet/spec; `bittensor_wallet/keyfile.py` for the key.
 *
 * @module
 */

import { cbc } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64Decode } from "@polkadot/util-crypto/base64";
import { WeftError } from "../errors.ts";
import { WrongPasswordError } from "./wrong_password.ts";

/** How such files begin: the version and the first zeros of the time, in base64. */
export const FERNET_PREFIX = "gAAAAA";

const SALT = "Iguesscyborgslikemyselfhaveatendencytobeparanoidaboutourorigins";
const ITERATIONS = 10_000_000;
const KEY_BYTES = 32;
const SIGNING_KEY_BYTES = 16;
const VERSION = 0x80;
const IV_START = 1 + 8;
const BLOCK_BYTES = 16;
const CIPHERTEXT_START = IV_START + BLOCK_BYTES;
const HMAC_BYTES = 32;

/** The key of a password, 32 bytes. Takes about ten seconds. */
export function deriveFernetKey(password: string): Uint8Array {
  const bytes = new TextEncoder().encode(password);
  const salt = new TextEncoder().encode(SALT);
  const key = pbkdf2(sha256, bytes, salt, { c: ITERATIONS, dkLen: KEY_BYTES });
  bytes.fill(0);
  return key;
}

/**
 * Decrypts a Fernet token.
 *
 * @param token as {@linkcode parseFernet} gives it
 * @param key of {@linkcode deriveFernetKey}
 * @throws {WrongPasswordError} if the key does not fit
 */
export function openFernet(token: Uint8Array, key: Uint8Array): Uint8Array {
  const signed = token.subarray(0, -HMAC_BYTES);
  const mac = hmac(sha256, key.subarray(0, SIGNING_KEY_BYTES), signed);
  if (!equalBytes(mac, token.subarray(-HMAC_BYTES))) throw new WrongPasswordError();
  const iv = token.subarray(IV_START, CIPHERTEXT_START);
  try {
    return cbc(key.subarray(SIGNING_KEY_BYTES), iv).decrypt(signed.subarray(CIPHERTEXT_START));
  } catch {
    throw fault("its padding is wrong");
  }
}

/**
 * The bytes of a token, checked as far as they can be without its key.
 *
 * @throws {WeftError} if it is no token, or is cut short
 */
export function parseFernet(file: Uint8Array): Uint8Array {
  const token = fromBase64(new TextDecoder().decode(file).trim());
  if (token[0] !== VERSION) throw fault("its version is unknown");
  const cipherBytes = token.length - CIPHERTEXT_START - HMAC_BYTES;
  if (cipherBytes <= 0 || cipherBytes % BLOCK_BYTES !== 0) {
    throw fault("its ciphertext is not in whole blocks; it is cut short");
  }
  return token;
}

function fromBase64(text: string): Uint8Array {
  try {
    return base64Decode(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw fault("its base64 is cut short or damaged");
  }
}

function fault(reason: string): WeftError {
  return new WeftError(`Not a usable Fernet token: ${reason}.`);
}
