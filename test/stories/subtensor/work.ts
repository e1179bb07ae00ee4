/**
 * Work for a registration, found by trying one nonce after the other.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "@noble/hashes/utils.js";
import type { PowTask } from "../../../core/chain/chain.ts";

/** Which numbers a seal has to be small as. */
export interface SealRule {
  readonly asLittle: boolean;
  readonly asBig: boolean;
}

/**
 * The first nonce whose seal meets a difficulty in just these byte orders: `keccak256(sha256(nonce ||
 * keccak256(block hash || hotkey)))` times the difficulty must stay below 2^256.
 *
 * @param hotkey 32 bytes of its public key
 */
export function findWork(
  { blockHash, difficulty }: Pick<PowTask, "blockHash" | "difficulty">,
  hotkey: Uint8Array,
  rule: SealRule,
): { nonce: bigint; work: Uint8Array } {
  const bound = keccak_256(concatBytes(blockHash, hotkey));
  const preimage = concatBytes(new Uint8Array(8), bound);
  const meets = (seal: Uint8Array): boolean => toNumber(seal) * difficulty < 1n << 256n;
  for (let nonce = 0n;; nonce++) {
    new DataView(preimage.buffer).setBigUint64(0, nonce, true);
    const work = keccak_256(sha256(preimage));
    if (meets(work) === rule.asBig && meets(work.toReversed()) === rule.asLittle) {
      return { nonce, work };
    }
  }
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => number << 8n | BigInt(byte), 0n);
}
