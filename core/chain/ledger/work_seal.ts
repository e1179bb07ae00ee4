/**
 * The seal of a registration by work.
 *
 * Source: Subtensor, `create_seal_hash` and `hash_meets_difficulty` (little-endian, since May 2025).
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

/** Bits of a seal read as a number. */
const SEAL_BITS = 256n;

/**
 * `keccak256(sha256(nonce || keccak256(blockHash || publicKey)))`, the nonce as u64 LE, in hex
 * without 0x.
 *
 * @param blockHash 32 bytes
 * @param publicKey 32 bytes
 */
export function sealOf(blockHash: Uint8Array, publicKey: Uint8Array, nonce: bigint): string {
  const nonceBytes = new Uint8Array(8);
  new DataView(nonceBytes.buffer).setBigUint64(0, nonce, true);
  const blockAndKey = keccak_256(concatBytes(blockHash, publicKey));
  return bytesToHex(keccak_256(sha256(concatBytes(nonceBytes, blockAndKey))));
}

/**
 * Whether the seal, read as a little-endian number, times the difficulty stays below 2^256.
 *
 * @param sealHex 64 digits without 0x
 */
export function meetsDifficulty(sealHex: string, difficulty: bigint): boolean {
  const seal = BigInt(`0x${bytesToHex(hexToBytes(sealHex).reverse())}`);
  return seal * difficulty >> SEAL_BITS === 0n;
}
