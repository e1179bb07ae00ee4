/**
 * How a vector of bf16 in a file is cut into sections and chunks.
 *
 * @module
 */

import type { ChunkData, VectorMetadata } from "../../../core/iota/api/schemas.ts";

/** The metadata of a vector of bf16. */
export function metadataOf(totalBytes: number, numSections: number): VectorMetadata {
  const count = totalBytes / 2;
  const size = Math.floor(count / numSections);
  const sections = Object.fromEntries(Array.from({ length: numSections }, (_, index) => {
    const [start, end] = [index * size, index === numSections - 1 ? count : (index + 1) * size];
    return [
      `${index}`,
      { start_idx: start, end_idx: end, start_byte: 2 * start, end_byte: 2 * end },
    ];
  }));
  const tensor = {
    dtype: "torch.bfloat16",
    size: [count],
    num_elements: count,
    element_size: 2,
    total_bytes: totalBytes,
  };
  return { tensor, sections };
}

/** The chunks of a merge, each a piece of one file. */
export function chunksOf(totalBytes: number, chunks: number): ChunkData[] {
  return Object.values(metadataOf(totalBytes, chunks).sections).map((section) => ({
    chunk_start_idx: section.start_idx,
    chunk_end_idx: section.end_idx,
    chunk_start_byte: section.start_byte,
    chunk_end_byte: section.end_byte,
    chunk_dtype: "bfloat16",
    chunk_length: section.end_idx - section.start_idx,
  }));
}
