/**
 * bfloat16: the upper 16 bits of a float32 (1 sign, 8 exponent, 7 mantissa bits).
 *
 * Values are held as their bits in a `Uint16Array`. Typed arrays are read in the machine's byte
 * order, which is little-endian wherever WebGPU runs.
 *
 * @module
 */

/**
 * Widens bfloat16 bits to float32. Exact; a NaN keeps its payload.
 *
 * @param out where to write, as long as `bits`; a new array if absent
 * @returns `out`
 * @throws {RangeError} if `out` has another length
 */
export function bf16ToFloat32(
  bits: Uint16Array,
  out: Float32Array = new Float32Array(bits.length),
): Float32Array {
  checkLength(out.length, bits.length);
  const outBits = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) outBits[i] = bits[i] << 16;
  return out;
}

/**
 * Rounds float32 to bfloat16, to nearest, ties to even, as PyTorch does. Values above the largest
 * bfloat16 become infinite, infinities stay, a NaN becomes a quiet NaN of the same sign.
 *
 * @param out where to write, as long as `values`; a new array if absent
 * @returns `out`, the bits
 * @throws {RangeError} if `out` has another length
 */
export function float32ToBf16(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
): Uint16Array {
  checkLength(out.length, values.length);
  // Signed words keep the sums below inside 31 bits, which is the fast path of JavaScript engines.
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    out[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}

function checkLength(actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RangeError(`out must hold ${expected} values, got ${actual}`);
  }
}
