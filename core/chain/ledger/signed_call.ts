/**
 * Calls and their signatures. A ledger that took unsigned calls would teach nothing.
 *
 * @module
 */

import { blake2b } from "@noble/hashes/blake2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../../errors.ts";
import { decodeAddress, encodeAddress } from "../../wallet/address.ts";
import type { Signer } from "../../wallet/signer.ts";
import { verifyMessage } from "../../wallet/verify.ts";
import { asHex } from "./block_time.ts";
import type { Caller, LedgerCall } from "./calls.ts";
import { refusal } from "./refusal.ts";

/** Keeps these bytes apart from anything else that a key signs. */
const DOMAIN = "weft ledger call 1\n";

/** A call with all that makes its signature good for once. */
export interface UnsignedCall {
  readonly genesisHash: string;
  /** The signer's address with prefix 42. */
  readonly signer: string;
  /** How many calls the signer has had executed on this ledger. */
  readonly nonce: number;
  readonly call: LedgerCall;
}

/**
 * Who signs.
 *
 * @throws {UsageError} if the signer signs nothing but extrinsics
 */
export function callerOf(signer: Signer): Caller {
  if (signer.signPayload) {
    throw new UsageError(
      "The ledger takes signatures of bytes, and this signer signs only extrinsics: use a key from " +
        "a file, or let the wallet sign bytes.",
    );
  }
  const publicKey = decodeAddress(signer.address);
  return { address: encodeAddress(publicKey), publicKey };
}

/** What is signed: a line that names its purpose, then the call as JSON, its keys in order. */
export function callBytes(unsigned: UnsignedCall): Uint8Array {
  return new TextEncoder().encode(DOMAIN + JSON.stringify(unsigned, inOrder));
}

/**
 * A wallet extension signs bytes as its user's message, wrapped: that is as good.
 *
 * @throws {WeftError} if the signature is not the signer's of just this call
 */
export function checkSignature(unsigned: UnsignedCall, signature: Uint8Array): void {
  if (verifyMessage(callBytes(unsigned), signature, unsigned.signer)) return;
  throw refusal(
    "BadSignature",
    `the signature is not that of ${unsigned.signer}: use the key that belongs to this address`,
  );
}

/** What a call is known by: 0x and 64 digits. */
export function callHash(unsigned: UnsignedCall, signature: Uint8Array): string {
  return asHex(blake2b(concatBytes(callBytes(unsigned), signature), { dkLen: 32 }));
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
