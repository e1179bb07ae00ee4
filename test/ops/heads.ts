/**
 * Heads as the reference keeps them, without padding, and as the device keeps them: each half of a
 * head padded to whole groups of four channels.
 *
 * @module
 */

import { paddedHead } from "../../core/ops/attention.ts";

/** Channel of a padded head that holds channel i of a head of HD. */
export function paddedChannel(i: number, HD: number): number {
  return i < HD / 2 ? i : i - HD / 2 + paddedHead(HD) / 2;
}

/** (rows, heads·HD) → (rows, heads·padded head), padding zero. */
export function padHeads(values: Float32Array, HD: number): Float32Array {
  const HP = paddedHead(HD);
  const out = new Float32Array(values.length / HD * HP);
  values.forEach((value, at) => {
    out[Math.floor(at / HD) * HP + paddedChannel(at % HD, HD)] = value;
  });
  return out;
}

/**
 * (rows, heads·padded head) → (rows, heads·HD).
 *
 * @throws Error if the padding is not zero
 */
export function unpadHeads(values: Float32Array, HD: number): Float32Array {
  const out = new Float32Array(values.length / paddedHead(HD) * HD);
  for (let at = 0; at < out.length; at++) {
    const from = Math.floor(at / HD) * paddedHead(HD) + paddedChannel(at % HD, HD);
    out[at] = values[from];
  }
  const back = padHeads(out, HD);
  const bad = values.findIndex((value, at) => value !== back[at] && !Number.isNaN(value));
  if (bad >= 0) throw new Error(`padding of a head: element ${bad} is ${values[bad]}`);
  return out;
}

/** Puts tensors of `rows` rows side by side. */
export function joinColumns(parts: Float32Array[], rows: number): Float32Array {
  const width = parts.reduce((sum, part) => sum + part.length / rows, 0);
  const out = new Float32Array(rows * width);
  let first = 0;
  for (const part of parts) {
    const cols = part.length / rows;
    for (let row = 0; row < rows; row++) {
      out.set(part.subarray(row * cols, (row + 1) * cols), row * width + first);
    }
    first += cols;
  }
  return out;
}

/** The columns `first` to `first + cols` of a tensor of `rows` rows. */
export function takeColumns(
  values: Float32Array,
  rows: number,
  first: number,
  cols: number,
): Float32Array {
  const width = values.length / rows;
  const out = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * width + first, row * width + first + cols), row * cols);
  }
  return out;
}
