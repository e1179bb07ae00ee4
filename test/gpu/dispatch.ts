/**
 * A small kernel for tests of the GPU layer.
 *
 * @module
 */

import { type Dispatch, type Kernel, read, readWrite } from "../../core/gpu/kernel.ts";
import type { Tensor } from "../../core/gpu/tensor.ts";

/** out[i] = inp[i] + params.x for one workgroup of four. */
export const ADD: Kernel = {
  name: "add",
  source: `
override WORKGROUP: u32 = 4;
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: vec4u;
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  out[id.x] = inp[id.x] + f32(params.x);
}`,
};

/** Adds a whole number to four elements. */
export function add(out: Tensor, inp: Tensor, amount: number, kernel: Kernel = ADD): Dispatch {
  return {
    kernel,
    label: "sum",
    constants: {},
    bindings: [read(inp.parts[0]), readWrite(out.parts[0])],
    params: [amount],
    grid: [1, 1, 1],
    flops: 4,
    bytes: 32,
  };
}

/** The error that a promise ends with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("expected a promise that ends with an error");
}
