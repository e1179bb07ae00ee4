/**
 * What tries nonces for a registration by work: a kernel on a GPU, or in tests something else.
 *
 * @module
 */
import type { SealEndianness } from "../formats/registration_seal.ts";

/**
 * The kernels there are: Keccak on native 64-bit integers or on pairs of 32-bit ones, its rounds
 * written out or, in an eighth of the code, in a loop.
 */
export const SEAL_VARIANTS = ["u64", "u64-looped", "u32", "u32-looped"] as const;

/** One of {@linkcode SEAL_VARIANTS}. */
export type SealVariant = (typeof SEAL_VARIANTS)[number];

/** Nonces to try. */
export interface SealBatch {
  /** What `boundHashOf` gives for block and key: 32 bytes. */
  readonly boundHash: Uint8Array;
  readonly endianness: SealEndianness;
  /** The highest 32 bits that a seal may have, as a number: see `limitWordOf`. */
  readonly limitWord: number;
  readonly first: bigint;
  /** 1 to 2^31. The high halves of all nonces are the same: they end before a multiple of 2^32. */
  readonly count: number;
}

/** Tries batches, in the order in which they were given. */
export interface SealEngine {
  readonly variant: SealVariant;
  /** Name of the adapter. */
  readonly deviceName: string;
  /** Batches to give at once, so that the device is never idle. */
  readonly batchesInFlight: number;
  /** Nonces a millisecond to expect before anything was measured. */
  readonly guessedRate: number;
  /** Compiles what batches of an endianness need, so that the next one starts at once. */
  warmUp(endianness: SealEndianness): Promise<void>;
  /**
   * Tries a batch.
   * @returns how far behind the first nonce the first one is whose seal is not above the limit word;
   *   undefined if there is none
   * @throws {EngineLostError} if the device was lost
   */
  run(batch: SealBatch): Promise<number | undefined>;
  /** Frees what it holds. */
  close(): void;
}
