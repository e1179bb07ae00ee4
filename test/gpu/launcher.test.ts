/**
 * Launchers: one kernel that runs again with other parameters.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { type Kernel, read, readWrite } from "../../core/gpu/kernel.ts";
import { Launcher } from "../../core/gpu/launcher.ts";
import type { BoundKernel } from "../../core/gpu/pipeline_cache.ts";
import { createTensor, destroyTensor, type Tensor, writeTensor } from "../../core/gpu/tensor.ts";
import { openTestGpu } from "../ops/device.ts";
import { rejection } from "./dispatch.ts";

const gpu = await openTestGpu();

/** Adds the first parameter to the first word for each invocation, and writes the second one. */
const COUNT: Kernel = {
  name: "count",
  source: `
override BY: u32 = 1;
@group(0) @binding(0) var<storage, read> inp: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: vec4u;
@compute @workgroup_size(4)
fn main() {
  atomicAdd(&out[0], BY * (params.x + inp[0]));
  atomicStore(&out[1], params.y);
}`,
};

function words(...values: number[]): Tensor {
  const tensor = createTensor(gpu, "words", "u32", 1, values.length);
  writeTensor(gpu, tensor, Uint32Array.from(values));
  return tensor;
}

function bound(inp: Tensor, out: Tensor, changes: Partial<BoundKernel> = {}): BoundKernel {
  return {
    kernel: COUNT,
    label: "counting",
    constants: {},
    bindings: [read(inp.parts[0]), readWrite(out.parts[0])],
    ...changes,
  };
}

async function wordsIn({ parts: [part] }: Tensor): Promise<number[]> {
  const [bytes] = await gpu.readback.read([part]);
  return [...new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
}

test("a launcher runs again and again, each time with its own parameters and grid", async () => {
  const [inp, out] = [words(0, 0, 0, 0), words(7, 7, 7, 7)];
  const launcher = await Launcher.prepare(gpu, bound(inp, out), 16);
  // All are submitted before the first is read.
  const reads = [[1, 10], [5, 20], [100, 30]].map(([amount, mark], i) => {
    launcher.run(Uint32Array.of(amount, mark), [i + 1, 1, 1], out.parts[0].buffer);
    return wordsIn(out);
  });
  assert.deepEqual(await Promise.all(reads), [[4, 10, 7, 7], [40, 20, 7, 7], [1200, 30, 7, 7]]);
  launcher.destroy();
});

test("a run sets only the first word of the buffer to zero", async () => {
  const [inp, out] = [words(0, 0, 0, 0), words(1, 2, 3, 4)];
  const launcher = await Launcher.prepare(gpu, bound(inp, out), 16);
  launcher.run(Uint32Array.of(0, 9), [1, 1, 1], out.parts[0].buffer);
  assert.deepEqual(await wordsIn(out), [0, 9, 3, 4]);
  launcher.destroy();
});

test("constants reach the shader", async () => {
  const [inp, out] = [words(2, 0, 0, 0), words(0, 0, 0, 0)];
  const launcher = await Launcher.prepare(gpu, bound(inp, out, { constants: { BY: 3 } }), 16);
  launcher.run(Uint32Array.of(1), [1, 1, 1], out.parts[0].buffer);
  assert.strictEqual((await wordsIn(out))[0], 36);
  launcher.destroy();
});

test("runs allocate nothing, and destroy() frees the parameters", async () => {
  const [inp, out] = [words(0, 0, 0, 0), words(0, 0, 0, 0)];
  const before = { ...gpu.memory };
  const launcher = await Launcher.prepare(gpu, bound(inp, out), 100);
  assert.deepInclude(gpu.memory, { bytes: before.bytes + 112, buffers: before.buffers + 1 });
  for (let i = 0; i < 5; i++) {
    launcher.run(Uint32Array.of(i), [1, 1, 1], out.parts[0].buffer);
  }
  await gpu.idle();
  assert.strictEqual(gpu.memory.buffers, before.buffers + 1);
  launcher.destroy();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
  for (const tensor of [inp, out]) destroyTensor(gpu, tensor);
});

test("a shader that does not compile is named with its place, and nothing stays", async () => {
  const [inp, out] = [words(0), words(0)];
  const { buffers } = gpu.memory;
  const kernel = { name: "broken", source: COUNT.source.replace("params.x +", "amount +") };
  const error = await rejection(Launcher.prepare(gpu, bound(inp, out, { kernel }), 16));
  assert.match(error.message, /shader broken: 8:\d+ .*amount/);
  assert.strictEqual(gpu.memory.buffers, buffers);
});

test("a buffer that cannot be bound is an error with the label, and nothing stays", async () => {
  const [inp, out] = [words(0), words(0)];
  const { buffers } = gpu.memory;
  const [part] = out.parts;
  // Past the buffer's end.
  const bindings = [read(inp.parts[0]), readWrite({ ...part, sizeBytes: 4096 })];
  const error = await rejection(Launcher.prepare(gpu, bound(inp, out, { bindings }), 16));
  assert.match(error.message, /^counting: /);
  assert.strictEqual(gpu.memory.buffers, buffers);
});

test("a uniform that is too short for the shader's parameters is refused before it runs", async () => {
  const [inp, out] = [words(0), words(0)];
  const source = COUNT.source.replace("params: vec4u", "params: array<vec4u, 64>")
    .replaceAll("params.", "params[63].");
  const kernel = { name: "many parameters", source };
  const launcher = await Launcher.prepare(gpu, bound(inp, out, { kernel }), 16);
  gpu.device.pushErrorScope("validation");
  launcher.run(Uint32Array.of(1), [1, 1, 1], out.parts[0].buffer);
  assert.isNotNull(await gpu.device.popErrorScope());
  launcher.destroy();
});
