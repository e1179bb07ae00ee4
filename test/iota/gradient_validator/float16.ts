/**
 * Tensors as a miner in half precision sends them.
 *
 * @module
 */

import type { HostTensor } from "../../../core/formats/dtype.ts";

/** A float16 tensor of `values` rounded to nearest even. */
export function float16Tensor(shape: readonly number[], values: Float32Array): HostTensor {
  const bits = Uint16Array.from(values, halfBits);
  return { dtype: "f16", shape: [...shape], bytes: new Uint8Array(bits.buffer) };
}

function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const ulp = 2 ** (exponent - 10);
  // Whole numbers of ulps: those of a subnormal have no hidden bit. A carry moves on the exponent.
  const ulps = halfToEven(size / ulp);
  return sign | (ulps < 1024 ? ulps : ulps - 1024 + ((exponent + 15) << 10));
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || rest === 0.5 && below % 2 === 1 ? below + 1 : below;
}
