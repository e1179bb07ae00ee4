/**
 * The current encryption of keyfiles: `$NACL`, a nonce of 24 bytes, then a NaCl secretbox of the
 * JSON, under a key that Argon2i makes of the password in 512 MiB.
 *
 * Source: btwallet 4.0.0, `src/keyfile.rs`; libsodium's crypto_secretbox and crypto_pwhash.
 *
 * @module
 */

import { secretbox } from "@noble/ciphers/salsa.js";
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { argon2i } from "hash-wasm";
import { UsageError, WeftError } from "../errors.ts";
import { WrongPasswordError } from "./wrong_password.ts";

/** How such files begin. */
export const NACL_PREFIX = "$NACL";
/** Bytes of the nonce. */
export const NACL_NONCE_BYTES = 24;

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** The same in all files, so equal passwords have equal keys. */
const SALT = hexToBytes("137183dff15a09bc9c90b5518739e9b1");
/** libsodium's "sensitive" limits of argon2i13. */
const ARGON2 = { parallelism: 1, iterations: 8, memorySize: 512 * 1024, hashLength: KEY_BYTES };
const PREFIX = new TextEncoder().encode(NACL_PREFIX);
const BOX_START = PREFIX.length + NACL_NONCE_BYTES;

/**
 * The key of a password, 32 bytes. Takes 512 MiB and some seconds.
 *
 * @throws {UsageError} for an empty password
 * @throws {WeftError} if the machine has not that much memory
 */
export async function deriveNaclKey(password: string): Promise<Uint8Array<ArrayBuffer>> {
  if (password === "") throw new UsageError("A keyfile is not encrypted with an empty password.");
  const bytes = new TextEncoder().encode(password);
  try {
    return new Uint8Array(
      await argon2i({ ...ARGON2, password: bytes, salt: SALT, outputType: "binary" }),
    );
  } catch {
    throw new WeftError(
      "An encrypted keyfile takes 512 MiB of free memory to open or write, which this machine did " +
        "not give: close other programs, or use a machine with more.",
    );
  } finally {
    bytes.fill(0);
  }
}

/**
 * Decrypts a `$NACL` file.
 *
 * @param key of {@linkcode deriveNaclKey}
 * @throws {WrongPasswordError} if the key does not fit
 * @throws {WeftError} if the file is cut short
 */
export function openNacl(file: Uint8Array, key: Uint8Array): Uint8Array {
  checkNaclLength(file);
  const nonce = file.subarray(PREFIX.length, BOX_START);
  try {
    return secretbox(key, nonce).open(file.subarray(BOX_START));
  } catch {
    throw new WrongPasswordError();
  }
}

/**
 * Encrypts into a `$NACL` file.
 *
 * @param key of {@linkcode deriveNaclKey}
 * @param nonce 24 bytes, never used before with this key
 */
export function sealNacl(
  plaintext: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concatBytes(PREFIX, nonce, secretbox(key, nonce).seal(plaintext)));
}

/** @throws {WeftError} if a `$NACL` file is too short to hold anything */
export function checkNaclLength(file: Uint8Array): void {
  if (file.length > BOX_START + TAG_BYTES) return;
  throw new WeftError(
    `Not a usable keyfile: ${file.length} bytes are too few for ${NACL_PREFIX}; it is cut short.`,
  );
}
