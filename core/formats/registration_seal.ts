/**
 * The seal of a registration by work, on the CPU: what a chain checks that lets a miner pay with work
 * instead of TAO.
 *
 * Source: `create_seal_hash` and `hash_meets_difficulty` of Subtensor, pallets/subtensor/src/subnets/
 * registration.rs, as its runtimes before spec 371 had them; `faucet` has them still.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "@noble/hashes/utils.js";

/** How a chain reads a seal as a number: with its first byte as the lowest, or as the highest. */
export type SealEndianness = "little" | "big";

/** Nonces are unsigned integers of 64 bits. */
export const NONCES: bigint = 2n ** 64n;

/** What `faucet` of a development chain asks for. */
export const FAUCET_DIFFICULTY = 1_000_000n;

const NUMBERS = 2n ** 256n;

/**
 * What every seal of a block and a key is made from.
 *
 * @param blockHash 32 bytes
 * @param publicKey 32 bytes: of the hotkey, or for `faucet` of the coldkey
 * @returns 32 bytes
 * @throws {RangeError} if one of them has another length
 */
export function boundHashOf(blockHash: Uint8Array, publicKey: Uint8Array): Uint8Array {
  checkBytes("blockHash", blockHash);
  checkBytes("publicKey", publicKey);
  return keccak_256(concatBytes(blockHash, publicKey));
}

/**
 * The seal of a nonce, 32 bytes.
 *
 * @param boundHash what {@linkcode boundHashOf} gave
 * @throws {RangeError} if it is not 32 bytes long, or the nonce has more than 64 bits
 */
export function sealOf(boundHash: Uint8Array, nonce: bigint): Uint8Array {
  checkBytes("boundHash", boundHash);
  checkU64("nonce", nonce);
  const message = new Uint8Array(40);
  new DataView(message.buffer).setBigUint64(0, nonce, true);
  message.set(boundHash, 8);
  return keccak_256(sha256(message));
}

/** A seal as a number of 256 bits. */
export function sealNumber(seal: Uint8Array, endianness: SealEndianness): bigint {
  const highestFirst = endianness === "big" ? seal : seal.toReversed();
  return highestFirst.reduce((number, byte) => number << 8n | BigInt(byte), 0n);
}

/** Whether a chain takes a seal at a difficulty: whether their product has at most 256 bits. */
export function meetsDifficulty(
  seal: Uint8Array,
  difficulty: bigint,
  endianness: SealEndianness,
): boolean {
  return sealNumber(seal, endianness) * difficulty < NUMBERS;
}

/**
 * The highest 32 bits of the largest number that meets a difficulty: a seal with higher ones does not,
 * one with the same may or may not.
 *
 * @throws {RangeError} if the difficulty has more than 64 bits
 */
export function limitWordOf(difficulty: bigint): number {
  checkU64("difficulty", difficulty);
  // Every seal meets a difficulty of 0, as of 1.
  const limit = (NUMBERS - 1n) / (difficulty || 1n);
  return Number(limit >> 224n);
}

/** @throws {RangeError} if a number is none of 64 bits */
export function checkU64(name: string, value: bigint): void {
  if (value >= 0n && value < NONCES) return;
  throw new RangeError(`${name} must be an unsigned integer of 64 bits, got ${value}`);
}

function checkBytes(name: string, bytes: Uint8Array): void {
  if (bytes.length === 32) return;
  throw new RangeError(`${name} must hold 32 bytes, got ${bytes.length}`);
}
