/**
 * Tensors: padding, splitting, and values there and back.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import {
  createTensor,
  destroyTensor,
  paddedCols,
  readTensor,
  splitRows,
  type StorageDtype,
  writeTensor,
} from "../../core/gpu/tensor.ts";
import { openTestGpu, SPLIT_BYTES } from "../ops/device.ts";

const gpu = await openTestGpu();
const splitGpu = await openTestGpu(SPLIT_BYTES);

test("splitRows() leaves rows together that fit one binding", () => {
  assert.deepEqual(splitRows(1000, 16, 16_000), [1000]);
});

test("splitRows() cuts at multiples of 64 rows", () => {
  assert.deepEqual(splitRows(1000, 16, 15_999), [960, 40]);
  assert.deepEqual(splitRows(200, 16, 2047), [64, 64, 64, 8]);
});

test("splitRows() refuses rows of which not even 64 fit", () => {
  assert.throws(() => splitRows(64, 32, 2047), WeftError, "64 rows of 32 bytes");
});

test("paddedCols() rounds up to groups of four", () => {
  assert.deepEqual([1, 4, 5, 129].map(paddedCols), [4, 4, 8, 132]);
});

test("a new tensor is zero", async () => {
  const tensor = createTensor(gpu, "x", "bf16", 3, 5);
  assert.deepEqual(await readTensor(gpu, tensor), new Float32Array(15));
  destroyTensor(gpu, tensor);
});

for (const dtype of ["f32", "bf16", "u32"] as StorageDtype[]) {
  for (const [rows, cols] of [[1, 1], [3, 5], [7, 8], [129, 37]]) {
    test(`${rows} x ${cols} ${dtype} values come back as they were written`, async () => {
      const tensor = createTensor(gpu, "x", dtype, rows, cols);
      // Whole numbers below 256 are exact in bf16.
      const values = Float32Array.from({ length: rows * cols }, (_, i) => i % 251);
      writeTensor(gpu, tensor, dtype === "u32" ? Uint32Array.from(values) : values);
      assert.deepEqual(await readTensor(gpu, tensor), values);
      destroyTensor(gpu, tensor);
    });
  }
}

test("a tensor larger than a binding has parts that fit and gives its values back", async () => {
  const tensor = createTensor(splitGpu, "x", "f32", 700, 37);
  assert.deepEqual(tensor.parts.map(({ firstRow, rows }) => [firstRow, rows]), [[0, 384], [
    384,
    316,
  ]]);
  assert.isTrue(tensor.parts.every((part) => part.sizeBytes <= SPLIT_BYTES));
  const values = Float32Array.from({ length: 700 * 37 }, (_, i) => i);
  writeTensor(splitGpu, tensor, values);
  assert.deepEqual(await readTensor(splitGpu, tensor), values);
  destroyTensor(splitGpu, tensor);
});

test("writeTensor() refuses another number of values", () => {
  const tensor = createTensor(gpu, "qkv", "f32", 2, 3);
  assert.throws(() => writeTensor(gpu, tensor, new Float32Array(7)), RangeError, "qkv takes 2 x 3");
  destroyTensor(gpu, tensor);
});

test("destroyTensor() gives back all that createTensor() took", () => {
  const before = { ...splitGpu.memory };
  const tensor = createTensor(splitGpu, "x", "f32", 700, 37);
  assert.equal(splitGpu.memory.buffers, before.buffers + 2);
  destroyTensor(splitGpu, tensor);
  assert.deepInclude(splitGpu.memory, { bytes: before.bytes, buffers: before.buffers });
});
