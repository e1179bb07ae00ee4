/**
 * Seals as a chain computes them: block hash 0x11 32 times, hotkey //Alice.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import type { SealEndianness } from "../../core/formats/registration_seal.ts";
import type { SealTask } from "../../core/hash/seal_search.ts";

/** 32 bytes of 0x11. */
export const BLOCK_HASH: Uint8Array = new Uint8Array(32).fill(0x11);

/** The public key of //Alice. */
export const ALICE: Uint8Array = hexToBytes(
  "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
);

/** The hash of both. */
export const BOUND_HASH: Uint8Array = hexToBytes(
  "fac6a6d219fdf75565aa832fbc8866448d43c72841b199f87cb99bddeb3649f7",
);

/** Seals of some nonces. */
export const SEALS: readonly (readonly [nonce: bigint, seal: string])[] = [
  [0n, "d3ef09bcb4adfe5875ec010ab4bd2b8d11f015f59896dcfe135e2af7a1c6fdcc"],
  [1n, "adabd319e55a48356c282bcf05735bd608fc264c30d6a03755b999731804187f"],
  [123_456_789n, "e25492229587b963dbfdca2a6eafdc6500602cbb49f27f33339915aa089b7cb6"],
];

/** The difficulty of {@linkcode FIRST}. */
export const DIFFICULTY = 1000n;

/** The first nonces whose seals meet it. */
export const FIRST: Readonly<Record<SealEndianness, { nonce: bigint; seal: string }>> = {
  little: {
    nonce: 27n,
    seal: "4e2888f6c871f420175cb556be60318be46dc96c9c2f6f5f65dc6d06c4370900",
  },
  big: {
    nonce: 340n,
    seal: "002629ceea46fbe87838ddd057c54ec8a934ffe55fb99c674f4cc6ada50c08c3",
  },
};

/**
 * A nonce whose little-endian seal has the highest 32 bits of the difficulty's limit, and is above the
 * limit; and the first nonce from 0 on that meets the difficulty.
 */
export const NEAR = { nonce: 12_037n, difficulty: 227_075n, next: 123_599n };

/** A task that no nonce of a test solves, unless said otherwise. */
export function taskOf(changes: Partial<SealTask> = {}): SealTask {
  return {
    ...{ blockHash: BLOCK_HASH, publicKey: ALICE, difficulty: 2n ** 64n - 1n },
    ...{ endianness: "little", startNonce: 0n },
    ...changes,
  };
}
