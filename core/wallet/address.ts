/**
 * ss58 addresses: base58 of a network prefix, the public key and a checksum. Bittensor's prefix is
 * 42; the same key has another address on every network.
 *
 * Source: docs.polkadot.com, "SS58 Address Format".
 *
 * @module
 */

import {
  decodeAddress as decodeSs58,
  encodeAddress as encodeSs58,
} from "@polkadot/util-crypto/address";
import { UsageError } from "../errors.ts";

/** Bytes of an sr25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

const SS58_PREFIX = 42;
/**
 * No address of a 32-byte key is longer. What is longer takes long to decode, may be a secret, or a
 * key in hex, which the library takes too.
 */
const MAX_ADDRESS_LENGTH = 50;
/** Public keys by address: a server sees the same few again and again, and decoding is slow. */
const decoded = new Map<string, Uint8Array>();
const MAX_DECODED = 4_096;

/**
 * The address with prefix 42.
 *
 * @param publicKey 32 bytes
 * @throws {RangeError} for any other length
 */
export function encodeAddress(publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new RangeError(`a public key has ${PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}`);
  }
  return encodeSs58(publicKey, SS58_PREFIX);
}

/**
 * The public key of an address with any prefix, 32 bytes.
 *
 * @throws {UsageError} if it is no address
 */
export function decodeAddress(address: string): Uint8Array {
  const publicKey = publicKeyOf(address);
  if (publicKey !== undefined) return publicKey;
  const isShort = address.length <= MAX_ADDRESS_LENGTH && !/\s/.test(address);
  throw new UsageError(
    `Not an ss58 address${
      isShort ? `: ${JSON.stringify(address)}` : ""
    }. Expected is a text such ` +
      "as 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY; look for a typing error.",
  );
}

/** Whether this is an address of a 32-byte key, with any prefix and a checksum that fits. */
export function isAddress(text: string): boolean {
  return publicKeyOf(text) !== undefined;
}

function publicKeyOf(address: string): Uint8Array | undefined {
  if (address.length > MAX_ADDRESS_LENGTH) return undefined;
  const known = decoded.get(address);
  if (known) return known.slice();
  try {
    const publicKey = decodeSs58(address);
    if (publicKey.length !== PUBLIC_KEY_BYTES) return undefined;
    if (decoded.size >= MAX_DECODED) decoded.clear();
    decoded.set(address, publicKey);
    return publicKey.slice();
  } catch {
    return undefined;
  }
}

/**
 * The same address with prefix 42, as the chain writes it.
 *
 * @param address ss58, any prefix
 * @throws {UsageError} if it is none
 */
export function plainAddress(address: string): string {
  return encodeAddress(decodeAddress(address));
}
