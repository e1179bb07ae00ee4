/**
 * A hotkey's secret under a passphrase: argon2id makes a key of it, and AES-GCM of WebCrypto seals.
 *
 * Source: RFC 9106 (argon2id, its second recommended choice: 64 MiB and three passes), NIST SP
 * 800-38D (GCM).
 *
 * @module
 */

import { argon2id } from "hash-wasm";
import { WeftError } from "../../core/errors.ts";
import type { RandomBytes } from "../../core/host.ts";

const ARGON = { memorySize: 64 * 1024, iterations: 3, parallelism: 1, hashLength: 32 };
const SALT_BYTES = 16;
const NONCE_BYTES = 12;

/** A sealed secret, as it is kept. */
export interface HotkeyBox {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array<ArrayBuffer>;
}

/**
 * Seals bytes, which takes part of a second.
 * @param context is no secret, and must be the same when it is opened: an address
 */
export async function sealHotkey(
  secret: Uint8Array<ArrayBuffer>,
  passphrase: string,
  context: string,
  randomBytes: RandomBytes,
): Promise<HotkeyBox> {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(NONCE_BYTES);
  const key = await keyOf(passphrase, salt, "encrypt");
  const parameters = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(context) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, secret));
  return { salt, nonce: iv, sealed };
}

/** The secret; the caller wipes it. @throws {WeftError} for another passphrase, or a damaged box */
export async function openHotkey(
  { salt, nonce, sealed }: HotkeyBox,
  passphrase: string,
  context: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await keyOf(passphrase, salt, "decrypt");
  const additionalData = new TextEncoder().encode(context);
  const parameters = { name: "AES-GCM", iv: nonce, additionalData };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed));
  } catch {
    throw new WeftError(
      "this passphrase does not open the hotkey: try again, or create a new hotkey if it is lost",
    );
  }
}

async function keyOf(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  // The same letters may be typed in several ways.
  const password = passphrase.normalize("NFKC");
  const bytes = await argon2id({ ...ARGON, password, salt, outputType: "binary" });
  try {
    return await crypto.subtle.importKey("raw", bytes.slice(), "AES-GCM", false, [use]);
  } finally {
    bytes.fill(0);
  }
}
