/**
 * Keyfiles of every format: told apart by their first bytes, opened, and written encrypted.
 *
 * @module
 */

import { WeftError } from "../errors.ts";
import type { RandomBytes } from "../host.ts";
import { ANSIBLE_PREFIX, openAnsible } from "./ansible_keyfile.ts";
import { deriveFernetKey, FERNET_PREFIX, openFernet, parseFernet } from "./fernet_keyfile.ts";
import { type KeyRecord, parseKeyRecord, writeKeyRecord } from "./key_record.ts";
import {
  checkNaclLength,
  deriveNaclKey,
  NACL_NONCE_BYTES,
  NACL_PREFIX,
  openNacl,
  sealNacl,
} from "./nacl_keyfile.ts";
import { WrongPasswordError } from "./wrong_password.ts";

/** How a keyfile is encrypted. */
export type KeyfileFormat = "plain" | "nacl" | "ansible" | "fernet";

const PREFIXES = [
  [NACL_PREFIX, "nacl"],
  [ANSIBLE_PREFIX, "ansible"],
  [FERNET_PREFIX, "fernet"],
] as const;

/** The format that a file's first bytes tell; whatever is not encrypted counts as plain. */
export function keyfileFormat(bytes: Uint8Array): KeyfileFormat {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  return PREFIXES.find(([prefix]) => start.startsWith(prefix))?.[1] ?? "plain";
}

/**
 * Reads a keyfile. An encrypted one takes seconds, a `$NACL` one also 512 MiB of memory.
 *
 * @param password needed for an encrypted file only
 * @throws {WrongPasswordError} if the password does not open it
 * @throws {WeftError} if it is no keyfile, is cut short, or is encrypted and no password was given
 */
export async function openKeyfile(bytes: Uint8Array, password?: string): Promise<KeyRecord> {
  const format = keyfileFormat(bytes);
  if (format === "plain") return parseKeyRecord(bytes);
  if (password === undefined) {
    throw new WeftError("This keyfile is encrypted: its password is needed to open it.");
  }
  // No writer takes an empty one, and to try it would take seconds.
  if (password === "") throw new WrongPasswordError();
  const plaintext = await decrypt(bytes, format, password);
  try {
    return parseKeyRecord(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/**
 * The bytes of an encrypted keyfile, always `$NACL`. Takes seconds and 512 MiB of memory.
 *
 * @throws {UsageError} for an empty password
 * @throws {WeftError} if the machine has not that much memory
 */
export async function sealKeyfile(
  record: KeyRecord,
  password: string,
  randomBytes: RandomBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await deriveNaclKey(password);
  const plaintext = writeKeyRecord(record);
  try {
    return sealNacl(plaintext, key, randomBytes(NACL_NONCE_BYTES));
  } finally {
    key.fill(0);
    plaintext.fill(0);
  }
}

/** The formats' own checks come before the key is derived, which takes seconds. */
async function decrypt(
  bytes: Uint8Array,
  format: Exclude<KeyfileFormat, "plain">,
  password: string,
): Promise<Uint8Array> {
  if (format === "ansible") return openAnsible(bytes, password);
  if (format === "nacl") {
    checkNaclLength(bytes);
    const key = await deriveNaclKey(password);
    return opened(key, () => openNacl(bytes, key));
  }
  const token = parseFernet(bytes);
  const key = deriveFernetKey(password);
  return opened(key, () => openFernet(token, key));
}

function opened(key: Uint8Array, open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } finally {
    key.fill(0);
  }
}
