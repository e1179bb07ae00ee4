/**
 * Checking signatures.
 *
 * @module
 */

import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { sr25519Verify } from "@polkadot/wasm-crypto";
import { UsageError } from "../errors.ts";
import { decodeAddress, isAddress } from "./address.ts";
import { assertKeysReady } from "./ready.ts";

/** Wallet extensions sign bare bytes only wrapped like this, so that they are no transaction. */
const WRAPPER = {
  start: new TextEncoder().encode("<Bytes>"),
  end: new TextEncoder().encode("</Bytes>"),
};

/** Bytes of an sr25519 signature. */
export const SIGNATURE_BYTES = 64;

/**
 * Whether this is the address's signature of just these bytes; false for anything malformed.
 *
 * @param address ss58, any prefix
 */
export function verifySignature(
  message: Uint8Array,
  signature: Uint8Array,
  address: string,
): boolean {
  assertKeysReady();
  // schnorrkel ends the program's WebAssembly at a wrong length, so that it is not asked.
  if (signature.length !== SIGNATURE_BYTES || !isAddress(address)) return false;
  try {
    return sr25519Verify(signature, message, decodeAddress(address));
  } catch {
    // A point that is none, no schnorrkel mark.
    return false;
  }
}

/**
 * Whether this is the address's signature of these bytes, or of them wrapped in `<Bytes>…</Bytes>`,
 * as btwallet checks a message that a person signed.
 */
export function verifyMessage(
  message: Uint8Array,
  signature: Uint8Array,
  address: string,
): boolean {
  return eitherForm(message, (bytes) => verifySignature(bytes, signature, address));
}

/** Whether a message passes a check as it is, or as wallet extensions wrap it. */
export function eitherForm(
  message: Uint8Array,
  isSigned: (bytes: Uint8Array) => boolean,
): boolean {
  return isSigned(message) || isSigned(concatBytes(WRAPPER.start, message, WRAPPER.end));
}

/** As {@linkcode verifyMessage}, done elsewhere, such as on another thread. */
export type SignatureCheck = (
  message: Uint8Array,
  signature: Uint8Array,
  address: string,
) => Promise<boolean>;

/**
 * The bytes that btwallet signs for a text: those of its hex digits after `0x`, else its UTF-8.
 *
 * @throws {UsageError} if what follows `0x` is not hex
 */
export function messageBytes(text: string): Uint8Array {
  if (!text.startsWith("0x")) return new TextEncoder().encode(text);
  if (!/^0x(?:[0-9a-f]{2})*$/i.test(text)) {
    throw new UsageError("A message that starts with 0x must go on in hex, two digits a byte.");
  }
  return hexToBytes(text.slice(2));
}
