/**
 * An account named by its address or its public key.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../../core/errors.ts";
import { decodeAddress, encodeAddress } from "../../core/wallet/address.ts";

/**
 * The address with prefix 42 of an ss58 address with any prefix, or of 64 hex digits.
 *
 * @throws {UsageError} if it is neither
 */
export function readAccount(text: string): string {
  const trimmed = text.trim();
  const digits = /^(?:0x)?([0-9a-f]{64})$/i.exec(trimmed)?.[1];
  return encodeAddress(digits === undefined ? decodeAddress(trimmed) : hexToBytes(digits));
}

/**
 * The account that two flags name, one by address and one by key; undefined if neither is given.
 *
 * @throws {UsageError} if one of them is malformed, or they name two accounts
 */
export function accountOf(
  address: string | undefined,
  publicKey: string | undefined,
): string | undefined {
  const named = [address, publicKey].filter((text) => text !== undefined).map(readAccount);
  if (new Set(named).size > 1) {
    throw new UsageError(`the address and the public key are of two accounts: ${named.join(", ")}`);
  }
  return named[0];
}
