/**
 * Work for a registration, found by trying one nonce after the other.
 *
 * @module
 */

import type { PowTask } from "../../../core/chain/chain.ts";
import {
  boundHashOf,
  meetsDifficulty,
  type SealEndianness,
  sealOf,
} from "../../../core/formats/registration_seal.ts";

/**
 * The first nonce whose seal meets the difficulty in one byte order and not in the other.
 *
 * @param hotkey 32 bytes of its public key
 */
export function findWork(
  { blockHash, difficulty }: PowTask,
  hotkey: Uint8Array,
  endianness: SealEndianness,
): { nonce: bigint; work: Uint8Array } {
  const other = endianness === "big" ? "little" : "big";
  const bound = boundHashOf(blockHash, hotkey);
  for (let nonce = 0n;; nonce++) {
    const work = sealOf(bound, nonce);
    if (
      meetsDifficulty(work, difficulty, endianness) && !meetsDifficulty(work, difficulty, other)
    ) {
      return { nonce, work };
    }
  }
}
