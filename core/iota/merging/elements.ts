/**
 * Elements of a flat vector in their raw little-endian bytes.
 *
 * @module
 */

import { bf16ToFloat32, float32ToBf16 } from "../../formats/bf16.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";
import { ITEM_BYTES } from "./vector_metadata.ts";

const BF16_EXPONENT = 0x7f80;
const F32_EXPONENT = 0x7f800000;

/** Whether no element is NaN or infinite. @throws {RangeError} if the last element is cut short */
export function isAllFinite(bytes: Uint8Array, dtype: WeightsDtype): boolean {
  if (dtype === "bfloat16") {
    return halfWords(bytes).every((word) => (word & BF16_EXPONENT) !== BF16_EXPONENT);
  }
  return words(bytes).every((word) => (word & F32_EXPONENT) !== F32_EXPONENT);
}

/** The elements as float32, exactly. @throws {RangeError} as {@linkcode isAllFinite} */
export function decodeElements(bytes: Uint8Array, dtype: WeightsDtype): Float32Array {
  if (dtype === "bfloat16") return bf16ToFloat32(halfWords(bytes));
  const { buffer, byteOffset, length } = words(bytes);
  return new Float32Array(buffer, byteOffset, length);
}

/** Float32 as elements, rounded to nearest even. */
export function encodeElements(
  values: Float32Array<ArrayBuffer>,
  dtype: WeightsDtype,
): Uint8Array<ArrayBuffer> {
  if (dtype === "float32") {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  const bits = new Uint16Array(values.length);
  float32ToBf16(values, bits);
  return new Uint8Array(bits.buffer);
}

/** bfloat16 elements as their bits. @throws {RangeError} as {@linkcode isAllFinite} */
export function halfWords(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, length } = aligned(bytes, ITEM_BYTES.bfloat16);
  return new Uint16Array(buffer, byteOffset, length / ITEM_BYTES.bfloat16);
}

function words(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = aligned(bytes, ITEM_BYTES.float32);
  return new Uint32Array(buffer, byteOffset, length / ITEM_BYTES.float32);
}

/** Copied only where their place in the buffer forbids a typed view. */
function aligned(bytes: Uint8Array, itemBytes: number): Uint8Array {
  if (bytes.length % itemBytes !== 0) {
    throw new RangeError(`${bytes.length} bytes are no whole number of ${itemBytes}-byte elements`);
  }
  return bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
}
