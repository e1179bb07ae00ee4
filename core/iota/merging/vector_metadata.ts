/**
 * What is written beside a flat vector of weights or optimizer state: its dtype, its length, and the
 * sections into which all miners of a layer cut it alike.
 *
 * Source: macrocosm-os/iota @ 56aee24, `create_metadata` of `miner/miner.py`.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { VectorMetadata } from "../api/schemas.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";

/** Bytes of an element. */
export const ITEM_BYTES: Readonly<Record<WeightsDtype, number>> = { bfloat16: 2, float32: 4 };

/** The most sections that a vector is cut into: those of 700 miners in pairs. */
export const MAX_SECTIONS = 250_000;

/** The most bytes that metadata may have; those of as many sections are shorter. */
export const MAX_METADATA_BYTES = 32 * 1024 ** 2;

/** Where a section lies, in bytes and in elements; ends are exclusive. */
export type Section = VectorMetadata["sections"][string];

/** How a vector is cut. */
export interface VectorLayout {
  readonly dtype: WeightsDtype;
  readonly numElements: number;
  /** All are of the same length but the last, which takes what is left. */
  readonly numSections: number;
}

/** @throws {RangeError} if there is no such section */
export function sectionOf(layout: VectorLayout, index: number): Section {
  const { dtype, numElements, numSections } = layout;
  if (!Number.isInteger(index) || index < 0 || index >= numSections) {
    throw new RangeError(`section ${index} of ${numSections}`);
  }
  const length = Math.floor(numElements / numSections);
  const start_idx = index * length;
  const end_idx = index === numSections - 1 ? numElements : start_idx + length;
  const size = ITEM_BYTES[dtype];
  return { start_byte: start_idx * size, end_byte: end_idx * size, start_idx, end_idx };
}

/** The metadata of a vector. */
export function vectorMetadata(layout: VectorLayout): VectorMetadata {
  const { dtype, numElements, numSections } = layout;
  const sections = Array.from(
    { length: numSections },
    (_, index) => [`${index}`, sectionOf(layout, index)] as const,
  );
  const element_size = ITEM_BYTES[dtype];
  return {
    tensor: {
      dtype: `torch.${dtype}`,
      size: [numElements],
      num_elements: numElements,
      element_size,
      total_bytes: numElements * element_size,
    },
    sections: Object.fromEntries(sections),
  };
}

/** The file that a vector's metadata are written to. */
export function writeVectorMetadata(metadata: VectorMetadata): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(metadata));
}

/** @throws {WeftError} for anything else than metadata of a vector */
export function readVectorMetadata(bytes: Uint8Array): VectorMetadata {
  const read = v.safeParse(VectorMetadata, parseJson(bytes));
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw new WeftError(
    `its metadata are broken (${v.getDotPath(issue) ?? "all"}: ${issue.message})`,
  );
}

/**
 * What keeps a section of somebody else's vector from being merged with ours by the place of its
 * elements; undefined if nothing does.
 */
export function sectionFault(
  { tensor, sections }: VectorMetadata,
  index: number,
  layout: VectorLayout,
): string | undefined {
  if (tensor.dtype !== `torch.${layout.dtype}` || tensor.num_elements !== layout.numElements) {
    return `it has ${tensor.num_elements} elements of ${tensor.dtype}, expected ` +
      `${layout.numElements} of torch.${layout.dtype}`;
  }
  const theirs = Object.hasOwn(sections, index) ? sections[index] : undefined;
  const ours = sectionOf(layout, index);
  const agrees = theirs && theirs.start_idx === ours.start_idx &&
    theirs.end_idx === ours.end_idx && theirs.start_byte === ours.start_byte &&
    theirs.end_byte === ours.end_byte;
  if (agrees) return undefined;
  const place = theirs ? `elements ${theirs.start_idx} to ${theirs.end_idx}` : "missing";
  return `its section ${index} is ${place}, expected ${ours.start_idx} to ${ours.end_idx}`;
}

/** Undefined for what is no JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
