/**
 * The host has a WebGPU adapter that computes: the ground on which every other GPU test stands.
 *
 * @module
 */

import { readFixture, testGpu } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import doubleSource from "./double.wgsl" with { type: "text" };

async function testDevice(): Promise<GPUDevice> {
  const adapter = await (await testGpu()).requestAdapter();
  if (adapter === null) throw new Error("the host gave no adapter");
  return await adapter.requestDevice();
}

test("a shader imported from a .wgsl file doubles a buffer whose length fills no workgroup", async () => {
  const device = await testDevice();
  const input = Float32Array.from({ length: 77 }, (_, i) => i / 4 - 3);
  const data = device.createBuffer({
    size: input.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const readback = device.createBuffer({
    size: input.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: doubleSource }) },
  });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: data } }],
  });

  device.queue.writeBuffer(data, 0, input);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(2);
  pass.end();
  encoder.copyBufferToBuffer(data, 0, readback, 0, input.byteLength);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(GPUMapMode.READ);

  // Exact: doubling a float only raises its exponent.
  assert.deepEqual(new Float32Array(readback.getMappedRange()), input.map((x) => 2 * x));
  device.destroy();
});

test("a broken shader is reported as a validation error and not passed over", async () => {
  const device = await testDevice();
  device.pushErrorScope("validation");
  device.createShaderModule({ code: "fn main( {" });
  const error = await device.popErrorScope();
  assert.isNotNull(error);
  device.destroy();
});

test("a golden file is read byte for byte", async () => {
  const bytes = await readFixture("test/golden/iota-tiny-f32.safetensors");
  assert.equal(bytes.byteLength, 1_908_836);
});

test("a golden file that does not exist is an error that names it", async () => {
  let message = "";
  try {
    await readFixture("test/golden/absent.safetensors");
  } catch (error) {
    message = String(error);
  }
  assert.include(message, "absent.safetensors");
});
