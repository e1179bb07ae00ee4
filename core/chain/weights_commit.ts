/**
 * The hash by which a validator commits to weights before it shows them.
 *
 * @module
 */

import { blake2b } from "@noble/hashes/blake2.js";
import type { SaltedWeights } from "./chain.ts";

/** SCALE's compact numbers take 4 bytes up to here; no list of weights is longer. */
const COMPACT_LIMIT = 1 << 30;

/**
 * The 32 bytes of a commit: BLAKE2b-256 of account, subnet, uids, values, salt and version key in
 * SCALE, as `get_commit_hash` of Subtensor makes it.
 *
 * @param hotkey the 32 bytes of the committing hotkey's public key
 * @throws {RangeError} if something does not fit its field, or a list has no partner for each entry
 */
export function weightsCommitHash(hotkey: Uint8Array, weights: SaltedWeights): Uint8Array {
  return blake2b(weightsCommitBytes(hotkey, weights), { dkLen: 32 });
}

/** What {@linkcode weightsCommitHash} hashes. */
export function weightsCommitBytes(hotkey: Uint8Array, weights: SaltedWeights): Uint8Array {
  const { netuid, uids, values, salt, versionKey } = weights;
  if (hotkey.length !== 32) {
    throw new RangeError(`a public key has 32 bytes, this one has ${hotkey.length}`);
  }
  if (uids.length !== values.length) {
    throw new RangeError(`${uids.length} uids with ${values.length} weights`);
  }
  return Uint8Array.from([
    ...hotkey,
    ...littleEndian(BigInt(netuid), 2, "netuid"),
    ...numbers(uids, "uids"),
    ...numbers(values, "values"),
    ...numbers(salt, "salt"),
    ...littleEndian(versionKey, 8, "version key"),
  ]);
}

/** `Vec<u16>`: how many, then each in two bytes. */
function numbers(list: readonly number[], label: string): number[] {
  return [
    ...compact(list.length),
    ...list.flatMap((value) => littleEndian(wholeNumber(value, label), 2, label)),
  ];
}

/** SCALE's compact form of a length: the two lowest bits tell in how many bytes it is written. */
function compact(value: number): number[] {
  if (value < 1 << 6) return [value << 2];
  if (value < 1 << 14) return littleEndian(BigInt(value << 2 | 1), 2, "length");
  if (value >= COMPACT_LIMIT) throw new RangeError(`${value} weights are too many`);
  return littleEndian(BigInt(value) << 2n | 2n, 4, "length");
}

function wholeNumber(value: number, label: string): bigint {
  if (!Number.isInteger(value)) throw new RangeError(`${label}: ${value} is no whole number`);
  return BigInt(value);
}

function littleEndian(value: bigint, sizeBytes: number, label: string): number[] {
  if (value < 0n || value >= 1n << BigInt(8 * sizeBytes)) {
    throw new RangeError(`${label}: ${value} does not fit into ${sizeBytes} bytes`);
  }
  return Array.from({ length: sizeBytes }, (_, i) => Number(value >> BigInt(8 * i) & 0xffn));
}
