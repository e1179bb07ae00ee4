/**
 * Reading back: ranges, and buffers that are used again.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { createTensor, destroyTensor, writeTensor } from "../../core/gpu/tensor.ts";
import { openTestGpu } from "../ops/device.ts";

const gpu = await openTestGpu();
const values = Float32Array.from({ length: 1024 }, (_, i) => i);
const tensor = createTensor(gpu, "x", "f32", 1, values.length);
writeTensor(gpu, tensor, values);
const [{ buffer }] = tensor.parts;

test("several ranges come back at once, in the order asked for", async () => {
  const ranges = [[4, 8], [4000, 4], [0, 12]];
  const bytes = await gpu.readback.read(ranges.map(([offsetBytes, sizeBytes]) => ({
    buffer,
    offsetBytes,
    sizeBytes,
  })));
  const floats = bytes.map((one) => [...new Float32Array(one.slice().buffer)]);
  assert.deepEqual(floats, [[1, 2], [1000], [0, 1, 2]]);
});

test("reading nothing gives nothing", async () => {
  assert.deepEqual(await gpu.readback.read([]), []);
});

test("a second read of about the same size takes the buffer of the first", async () => {
  await gpu.readback.read([{ buffer, offsetBytes: 0, sizeBytes: 4000 }]);
  const { buffers } = gpu.memory;
  await gpu.readback.read([{ buffer, offsetBytes: 0, sizeBytes: 4096 }]);
  assert.equal(gpu.memory.buffers, buffers);
});

test("reads at the same time do not mix", async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const [bytes] = await gpu.readback.read([{ buffer, offsetBytes: 16 * i, sizeBytes: 16 }]);
      return new Float32Array(bytes.buffer, bytes.byteOffset, 4)[0];
    }),
  );
  assert.deepEqual(all, [0, 4, 8, 12, 16, 20, 24, 28]);
});

test("bytes that were read stay when the buffer is used again", async () => {
  const [first] = await gpu.readback.read([{ buffer, offsetBytes: 4, sizeBytes: 4 }]);
  await gpu.readback.read([{ buffer, offsetBytes: 8, sizeBytes: 4 }]);
  assert.equal(new Float32Array(first.buffer, first.byteOffset, 1)[0], 1);
});

test("a read above 64 MiB leaves no buffer behind", async () => {
  const large = createTensor(gpu, "large", "f32", 1, 17 * 2 ** 20);
  const { buffers } = gpu.memory;
  const [bytes] = await gpu.readback.read(large.parts);
  assert.equal(bytes.length, 68 * 2 ** 20);
  assert.equal(gpu.memory.buffers, buffers);
  destroyTensor(gpu, large);
});
