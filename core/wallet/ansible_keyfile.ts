/**
 * A former encryption of keyfiles: Ansible's vault, format 1.1. Only read.
 *
 * Source: docs.ansible.com, "Ansible Vault payload format 1.1 - 1.2".
 *
 * @module
 */

import { ctr } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { WeftError } from "../errors.ts";
import { WrongPasswordError } from "./wrong_password.ts";

/** How such files begin. */
export const ANSIBLE_PREFIX = "$ANSIBLE_VAULT";

const HEADER = `${ANSIBLE_PREFIX};1.1;AES256`;
const ITERATIONS = 10_000;
const CIPHER_KEY_BYTES = 32;
const HMAC_KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const HMAC_BYTES = 32;

/** The three keys of a password and a salt. */
export interface AnsibleKeys {
  readonly cipherKey: Uint8Array;
  readonly hmacKey: Uint8Array;
  readonly iv: Uint8Array;
}

/** What a vault holds. */
interface Vault {
  readonly salt: Uint8Array;
  readonly hmac: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Decrypts a vault.
 *
 * @throws {WrongPasswordError} if the password does not fit
 * @throws {WeftError} if the file is no vault of format 1.1, or is cut short
 */
export function openAnsible(file: Uint8Array, password: string): Uint8Array {
  const vault = parseVault(file);
  const { cipherKey, hmacKey, iv } = deriveAnsibleKeys(password, vault.salt);
  try {
    if (!equalBytes(hmac(sha256, hmacKey, vault.ciphertext), vault.hmac)) {
      throw new WrongPasswordError();
    }
    return unpad(ctr(cipherKey, iv).decrypt(vault.ciphertext));
  } finally {
    [cipherKey, hmacKey, iv].forEach((key) => key.fill(0));
  }
}

/** The keys of a password, by PBKDF2 with SHA-256. */
export function deriveAnsibleKeys(password: string, salt: Uint8Array): AnsibleKeys {
  const bytes = new TextEncoder().encode(password);
  const dkLen = CIPHER_KEY_BYTES + HMAC_KEY_BYTES + BLOCK_BYTES;
  const keys = pbkdf2(sha256, bytes, salt, { c: ITERATIONS, dkLen });
  bytes.fill(0);
  const ivStart = CIPHER_KEY_BYTES + HMAC_KEY_BYTES;
  return {
    cipherKey: keys.subarray(0, CIPHER_KEY_BYTES),
    hmacKey: keys.subarray(CIPHER_KEY_BYTES, ivStart),
    iv: keys.subarray(ivStart),
  };
}

function parseVault(file: Uint8Array): Vault {
  const [header, ...lines] = new TextDecoder().decode(file).trim().split(/\r?\n/);
  if (header.trim() !== HEADER) throw fault(`its first line is not ${HEADER}`);
  const inner = fromHex(lines.map((line) => line.trim()).join(""));
  const parts = new TextDecoder().decode(inner).split("\n");
  if (parts.length !== 3) throw fault("it has not the three parts salt, HMAC and ciphertext");
  const [salt, mac, ciphertext] = parts.map(fromHex);
  if (mac.length !== HMAC_BYTES) throw fault("its HMAC has not 32 bytes");
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) {
    throw fault("its ciphertext is not in whole blocks; it is cut short");
  }
  return { salt, hmac: mac, ciphertext };
}

function fromHex(digits: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) throw fault("its hex is cut short or damaged");
  return hexToBytes(digits);
}

/** Removes PKCS#7's padding. */
function unpad(padded: Uint8Array): Uint8Array {
  const count = padded[padded.length - 1];
  const isPadding = count > 0 && count <= BLOCK_BYTES &&
    padded.subarray(-count).every((byte) => byte === count);
  if (!isPadding) throw fault("its padding is wrong");
  return padded.subarray(0, -count);
}

function fault(reason: string): WeftError {
  return new WeftError(`Not a usable Ansible vault: ${reason}.`);
}
