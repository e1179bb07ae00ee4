/**
 * Blocks that no one makes: their numbers follow from the time of day, their hashes from their
 * numbers. Whoever knows the ledger knows the hashes of blocks to come, too.
 *
 * @module
 */

import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

/** When a ledger began and how often it has a block. */
export interface BlockTime {
  readonly genesisUnixMs: number;
  readonly blockMs: number;
}

/** The number of the block at a time; 0 before the ledger began. */
export function blockNumberAt(time: BlockTime, unixMs: number): number {
  return Math.max(0, Math.floor((unixMs - time.genesisUnixMs) / time.blockMs));
}

/** When a block begins, in milliseconds since 1970. */
export function blockUnixMs(time: BlockTime, blockNumber: number): number {
  return time.genesisUnixMs + blockNumber * time.blockMs;
}

/** The hash of block 0, 0x and 64 digits. It holds nothing random: only when, and how fast. */
export function genesisHashOf(time: BlockTime): string {
  const text = `weft ledger ${time.genesisUnixMs} ${time.blockMs}`;
  return asHex(blake2b(new TextEncoder().encode(text), { dkLen: 32 }));
}

/** The 32 bytes of a block's hash: BLAKE2b-256 of the genesis hash and the number, u64 LE. */
export function blockHashBytes(genesisHash: string, blockNumber: number): Uint8Array {
  const genesis = hexToBytes(genesisHash.slice(2));
  if (blockNumber === 0) return genesis;
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(blockNumber), true);
  return blake2b(concatBytes(genesis, number), { dkLen: 32 });
}

/** {@linkcode blockHashBytes} as 0x and 64 digits. */
export function blockHash(genesisHash: string, blockNumber: number): string {
  return asHex(blockHashBytes(genesisHash, blockNumber));
}

/** 0x and two digits for each byte. */
export function asHex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}
