/**
 * Programs: order, uniforms, and what is refused before anything runs.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { read, readWrite } from "../../core/gpu/kernel.ts";
import { Program, runOnce } from "../../core/gpu/program.ts";
import { createTensor, readTensor, type Tensor, writeTensor } from "../../core/gpu/tensor.ts";
import { openTestGpu } from "../ops/device.ts";
import { ADD, add, rejection } from "./dispatch.ts";

const gpu = await openTestGpu();

function tensorOf(...values: number[]): Tensor {
  const tensor = createTensor(gpu, "x", "f32", 1, values.length);
  writeTensor(gpu, tensor, Float32Array.from(values));
  return tensor;
}

async function valuesOf(tensor: Tensor): Promise<number[]> {
  return [...await readTensor(gpu, tensor)];
}

test("a program runs its dispatches in order, each with its own parameters", async () => {
  const [a, b, c] = [tensorOf(1, 2, 3, 4), tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  await runOnce(gpu, "chain", [add(b, a, 10), add(c, b, 5), add(a, c, 10)]);
  assert.deepEqual(await valuesOf(c), [16, 17, 18, 19]);
  assert.deepEqual(await valuesOf(a), [26, 27, 28, 29]);
});

test("a program may run again and again without allocating", async () => {
  const [a, b] = [tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  const program = await Program.prepare(gpu, "twice", [add(b, a, 1), add(a, b, 1)]);
  const { buffers } = gpu.memory;
  for (let i = 0; i < 5; i++) program.run();
  await gpu.idle();
  assert.equal(gpu.memory.buffers, buffers);
  assert.deepEqual(await valuesOf(a), [10, 10, 10, 10]);
  program.destroy();
});

test("dispatches with equal parameters share a uniform, which destroy() frees", async () => {
  const [a, b] = [tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  const before = { ...gpu.memory };
  const program = await Program.prepare(gpu, "three", [add(b, a, 1), add(a, b, 1), add(b, a, 2)]);
  assert.equal(gpu.memory.buffers, before.buffers + 2);
  program.destroy();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
});

test("a tensor that is read and written by one dispatch is refused", async () => {
  const a = tensorOf(1, 2, 3, 4);
  const error = await rejection(Program.prepare(gpu, "self", [add(a, a, 1)]));
  assert.instanceOf(error, RangeError);
  assert.include(error.message, "sum: one tensor is bound twice");
});

test("a buffer that is read at one place and written at another is refused", async () => {
  const both = createTensor(gpu, "x", "f32", 1, 128);
  const [{ buffer }] = both.parts;
  const dispatch = {
    ...add(both, both, 1),
    bindings: [
      read({ buffer, offsetBytes: 0, sizeBytes: 256 }),
      readWrite({ buffer, offsetBytes: 256, sizeBytes: 256 }),
    ],
  };
  assert.instanceOf(await rejection(Program.prepare(gpu, "halves", [dispatch])), RangeError);
});

test("two parts of one buffer may both be written", async () => {
  const both = createTensor(gpu, "x", "f32", 1, 128);
  const [{ buffer }] = both.parts;
  const source = ADD.source.replace("read> inp", "read_write> inp");
  const dispatch = {
    ...add(both, both, 1, { name: "add in one", source }),
    bindings: [0, 256].map((offsetBytes) => readWrite({ buffer, offsetBytes, sizeBytes: 256 })),
  };
  await runOnce(gpu, "halves", [dispatch]);
  assert.deepEqual((await valuesOf(both)).slice(62, 70), [0, 0, 1, 1, 1, 1, 0, 0]);
});

test("a shader that does not compile is named with line, column and source", async () => {
  const source = ADD.source.replace("f32(params.x)", "amount");
  const broken = { name: "broken", source };
  const [a, b] = [tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  const error = await rejection(Program.prepare(gpu, "bad", [add(b, a, 1, broken)]));
  assert.match(error.message, /shader broken: 8:\d+ .*amount.*\n {4}out\[id\.x\] = .* \+ amount;/);
});

test("a constant that the shader lacks is an error that names shader and constants", async () => {
  const [a, b] = [tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  const dispatch = { ...add(b, a, 1), constants: { LANES: 4 } };
  const error = await rejection(Program.prepare(gpu, "bad", [dispatch]));
  assert.include(error.message, 'shader add with {"LANES":4}');
});

test("a compiled kernel is kept, a failed compile is tried again", async () => {
  const [a, b] = [tensorOf(0, 0, 0, 0), tensorOf(0, 0, 0, 0)];
  const good = add(b, a, 1);
  assert.equal(gpu.pipelines.get(good), gpu.pipelines.get({ ...good, label: "another" }));
  const bad = add(b, a, 1, { name: "broken", source: "fn main( {" });
  const first = gpu.pipelines.get(bad);
  await rejection(first);
  const second = gpu.pipelines.get(bad);
  assert.notEqual(first, second);
  await rejection(second);
});

test("kernels of one name and different sources are kept apart", async () => {
  const [a, b] = [tensorOf(1, 1, 1, 1), tensorOf(0, 0, 0, 0)];
  await runOnce(gpu, "add", [add(b, a, 2)]);
  const subtract = { name: "add", source: ADD.source.replace("+ f32", "- f32") };
  await runOnce(gpu, "subtract", [add(b, a, 2, subtract)]);
  assert.deepEqual(await valuesOf(b), [-1, -1, -1, -1]);
});
