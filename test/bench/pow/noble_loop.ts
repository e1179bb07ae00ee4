/**
 * What a search for seals is compared with: a straight loop in TypeScript over `@noble/hashes`.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";

/** Tries a batch as `SealEngine.run` does. It makes nothing anew that a loop can keep. */
export function nobleLoop(
  { boundHash, endianness, limitWord, first, count }: SealBatch,
): number | undefined {
  const message = new Uint8Array(40);
  const view = new DataView(message.buffer);
  message.set(boundHash, 8);
  const isLittle = endianness === "little";
  const low = Number(first & 0xffffffffn);
  view.setUint32(4, Number(first >> 32n), true);
  for (let i = 0; i < count; i++) {
    view.setUint32(0, low + i, true);
    const seal = keccak_256(sha256(message));
    const word = isLittle
      ? (seal[31] << 24 | seal[30] << 16 | seal[29] << 8 | seal[28]) >>> 0
      : (seal[0] << 24 | seal[1] << 16 | seal[2] << 8 | seal[3]) >>> 0;
    if (word <= limitWord) return i;
  }
  return undefined;
}
