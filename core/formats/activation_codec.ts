/**
 * IOTA's uint8 activation codec. A row of n float32 becomes n codes of one byte, then the width of a
 * code's bucket and the lower bound, two little-endian float32: n + 8 bytes.
 *
 * With mean μ and population deviation σ of the row: lo = μ - 6σ, scale = 12σ / 255,
 * code = round((clamp(x, lo, μ + 6σ) - lo) / scale), restored = lo + (code + 0.5) · scale.
 *
 * Source: macrocosm-os/iota @ 56aee24, model/utils.py, `quantize_activations_uint8_uniform`.
 *
 * @module
 */

import { WeftError } from "../errors.ts";

const CLIP_DEVIATIONS = 6;
const TRAILER_BYTES = 8;
const { fround } = Math;

/**
 * Packs rows of activations. A row with a value that is not finite is restored as NaN.
 *
 * @param values (rows, rowLength), row-major
 * @returns (rows, rowLength + 8) bytes
 * @throws {RangeError} if `values` are not whole rows
 */
export function encodeActivation(values: Float32Array, rowLength: number): Uint8Array {
  checkRowLength(rowLength);
  const rowCount = values.length / rowLength;
  if (!Number.isInteger(rowCount)) {
    throw new RangeError(`${values.length} values are not whole rows of ${rowLength}`);
  }
  const packedLength = rowLength + TRAILER_BYTES;
  const out = new Uint8Array(rowCount * packedLength);
  const view = new DataView(out.buffer);
  for (let row = 0; row < rowCount; row++) {
    const at = row * packedLength;
    const input = values.subarray(row * rowLength, (row + 1) * rowLength);
    const { lo, hi } = rowBounds(input);
    const scale = fround(fround(hi - lo) / 255);
    // Storing into a clamped array rounds to nearest even, as torch.round does, and NaN gives 0.
    const codes = new Uint8ClampedArray(out.buffer, at, rowLength);
    for (let i = 0; i < rowLength; i++) {
      const clamped = Math.min(Math.max(input[i], lo), hi);
      codes[i] = fround(fround(clamped - lo) / scale);
    }
    view.setFloat32(at + rowLength, scale, true);
    view.setFloat32(at + rowLength + 4, lo, true);
  }
  return out;
}

/**
 * Restores packed rows.
 *
 * @param bytes (rows, rowLength + 8)
 * @returns (rows, rowLength) float32
 * @throws {WeftError} if `bytes` are not whole packed rows
 * @throws {RangeError} if `rowLength` is not a whole number from 1 up
 */
export function decodeActivation(bytes: Uint8Array, rowLength: number): Float32Array {
  checkRowLength(rowLength);
  const packedLength = rowLength + TRAILER_BYTES;
  const rowCount = bytes.length / packedLength;
  if (!Number.isInteger(rowCount)) {
    throw new WeftError(
      `A packed activation of ${bytes.length} bytes is not whole rows of ${packedLength} bytes ` +
        `(${rowLength} codes and ${TRAILER_BYTES}); check the model's bottleneck.`,
    );
  }
  const out = new Float32Array(rowCount * rowLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let row = 0; row < rowCount; row++) {
    const at = row * packedLength;
    const scale = view.getFloat32(at + rowLength, true);
    const lo = view.getFloat32(at + rowLength + 4, true);
    for (let i = 0; i < rowLength; i++) {
      out[row * rowLength + i] = lo + fround((bytes[at + i] + 0.5) * scale);
    }
  }
  return out;
}

/** μ ± 6σ in float32; the sums run in double precision. */
function rowBounds(row: Float32Array): { lo: number; hi: number } {
  let sum = 0;
  for (const value of row) sum += value;
  const mean = sum / row.length;
  let squares = 0;
  for (const value of row) squares += (value - mean) ** 2;
  const reach = fround(CLIP_DEVIATIONS * fround(Math.sqrt(squares / row.length)));
  const center = fround(mean);
  return { lo: fround(center - reach), hi: fround(center + reach) };
}

function checkRowLength(rowLength: number): void {
  if (!Number.isSafeInteger(rowLength) || rowLength < 1) {
    throw new RangeError(`rowLength must be a whole number from 1 up, got ${rowLength}`);
  }
}
