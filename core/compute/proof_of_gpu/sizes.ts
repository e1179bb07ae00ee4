/**
 * How large the matrices of the proof of GPU are, from the card's memory.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `estimate_vram_size` and `adjust_matrix_size` of
 * `neurons/Validator/miner_script_m_merkletree.py` and `pog.py`.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";

const BYTES_PER_GB = 1e9;
const ALIGNMENT = 32;
/** The largest n that a node takes: a card of 137 GB asks for 41,440. */
export const MAX_N = 65_536;
/** The largest card, in GB, whose benchmark is small enough that a block of 64 rows is. */
const MAX_VRAM_GB = 1100;

/** Sizes of the benchmark's square matrices. */
export interface BenchmarkSizes {
  readonly fp16: number;
  readonly fp32: number;
}

/**
 * The `vram` in GB of a card: the published script doubles an allocation until one fails, and while
 * it tries the next, the last is still held. So it is the largest power of two that fits together
 * with its half, in bytes / 1e9. This gives the published value for every card of its table. WebGPU
 * cannot try: a device may be lost when an allocation fails.
 *
 * @param memoryBytes of the card, as its driver tells
 * @throws {UsageError} if not even a megabyte fits
 */
export function vramOfMemory(memoryBytes: number): number {
  let bytes = 2 ** 20;
  if (!(memoryBytes > 1.5 * bytes) || memoryBytes === Infinity) {
    throw new UsageError(
      `a card of ${memoryBytes} bytes cannot be benchmarked, expected its memory in bytes: ` +
        `see what the driver's tool says`,
    );
  }
  while (3 * bytes < memoryBytes) bytes *= 2;
  return bytes / BYTES_PER_GB;
}

/**
 * The benchmark's sizes.
 * @throws {UsageError} if `vramGb` is no size of a card, or too small for any matrix
 */
export function benchmarkSizes(vramGb: number): BenchmarkSizes {
  return { fp16: alignedSize(vramGb, 2, 1.0), fp32: alignedSize(vramGb, 4, 0.5) };
}

/**
 * n of the product that a validator asks for.
 * @throws {UsageError} if `vramGb` is no size of a card, or too small for any matrix
 */
export function proofSize(vramGb: number): number {
  return alignedSize(vramGb, 4, 0.1);
}

/** Two matrices of elements of so many bytes in a share of the memory, in steps of 32. */
function alignedSize(vramGb: number, elementBytes: number, share: number): number {
  // In Python's order of operations, so that the same roundings happen.
  const usableBytes = vramGb * share * BYTES_PER_GB;
  const most = Math.trunc((usableBytes / (2 * elementBytes)) ** 0.5);
  const size = Math.floor(most / ALIGNMENT) * ALIGNMENT;
  if (size >= ALIGNMENT && vramGb <= MAX_VRAM_GB) return size;
  throw new UsageError(
    `${vramGb} GB of memory give no size of a matrix, expected a card's memory in GB up to ` +
      `${MAX_VRAM_GB}`,
  );
}
