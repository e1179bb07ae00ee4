/**
 * What every test of an op on the GPU does: tensors from host values, one run, values back, and a
 * look at the padding.
 *
 * @module
 */

import { testGpu } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { type Gpu, openGpu } from "../../core/gpu/gpu.ts";
import type { Dispatch } from "../../core/gpu/kernel.ts";
import { Program } from "../../core/gpu/program.ts";
import {
  createTensor,
  decodeElements,
  destroyTensor,
  encodeElements,
  type StorageDtype,
  type Tensor,
  writeTensor,
} from "../../core/gpu/tensor.ts";

/** The host's GPU; with `maxBindingBytes` large tensors are split over several parts. */
export async function openTestGpu(maxBindingBytes?: number): Promise<Gpu> {
  return await openGpu({ gpu: await testGpu(), backend: "test", maxBindingBytes });
}

/** Makes tensors of more than 64 rows of 256 f32, and longer ones, have several parts. */
export const SPLIT_BYTES: number = 64 * 1024;

/** Registers a test whose tensors are freed when it ends. */
export function opTest(
  name: string,
  gpu: Gpu,
  body: (op: OpTest) => void | Promise<void>,
): void {
  test(name, async () => {
    const op = new OpTest(gpu);
    try {
      await body(op);
    } finally {
      op.free();
    }
  });
}

/** Tensors and programs of one test. */
export class OpTest {
  readonly #tensors: Tensor[] = [];
  readonly #programs: Program[] = [];

  constructor(readonly gpu: Gpu) {}

  /** A tensor that holds values, rounded to its dtype. */
  tensor(
    label: string,
    dtype: StorageDtype,
    rows: number,
    cols: number,
    values: Float32Array | Uint32Array,
  ): Tensor {
    const tensor = createTensor(this.gpu, label, dtype, rows, cols);
    this.#tensors.push(tensor);
    writeTensor(this.gpu, tensor, values);
    return tensor;
  }

  /** A tensor of NaN, so that a value that is not written is seen. */
  output(label: string, dtype: StorageDtype, rows: number, cols: number): Tensor {
    return this.tensor(label, dtype, rows, cols, new Float32Array(rows * cols).fill(NaN));
  }

  /** Overwrites a tensor's values. */
  write(tensor: Tensor, values: Float32Array | Uint32Array): void {
    writeTensor(this.gpu, tensor, values);
  }

  /** Submits dispatches in order; `values` waits for them. */
  async run(...dispatches: Dispatch[]): Promise<void> {
    const program = await Program.prepare(this.gpu, "test", dispatches);
    this.#programs.push(program);
    program.run();
  }

  /**
   * A tensor's values without padding.
   *
   * @throws AssertionError if the padding is not zero
   */
  async values(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const { rows, cols, stride, dtype } = tensor;
    const bytes = await this.gpu.readback.read(tensor.parts);
    const values = new Float32Array(rows * cols);
    tensor.parts.forEach((part, index) => {
      decodeElements(bytes[index], dtype).forEach((value, at) => {
        const [row, col] = [Math.floor(at / stride), at % stride];
        if (row < part.rows && col < cols) values[(part.firstRow + row) * cols + col] = value;
        else if (value !== 0) assert.fail(`${tensor.label}: padding (${row}, ${col}) is ${value}`);
      });
    });
    return values;
  }

  /** Frees all; the GPU may still be at work on it. */
  free(): void {
    for (const program of this.#programs.splice(0)) program.destroy();
    for (const tensor of this.#tensors.splice(0)) destroyTensor(this.gpu, tensor);
  }
}

/** Values as a dtype stores them. */
export function stored(values: Float32Array, dtype: StorageDtype): Float32Array<ArrayBuffer> {
  return decodeElements(encodeElements(Float32Array.from(values), dtype), dtype);
}
