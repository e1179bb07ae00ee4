/**
 * Opening a device: what it must offer, what it counts, how it ends.
 *
 * @module
 */

import { testGpu } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { openGpu } from "../../core/gpu/gpu.ts";
import { openTestGpu } from "../ops/device.ts";
import { rejection } from "./dispatch.ts";

const STORAGE = 0x80;

test("openGpu() names its adapter and asks for all it offers", async () => {
  const gpu = await openTestGpu();
  const adapter = await (await testGpu()).requestAdapter();
  assert.isNotEmpty(gpu.adapterName);
  assert.equal(gpu.backend, "test");
  assert.equal(gpu.device.limits.maxBufferSize, adapter?.limits.maxBufferSize);
  gpu.close();
});

test("openGpu() binds at most what it is told, in whole steps of an offset", async () => {
  const gpu = await openTestGpu(1000);
  assert.equal(gpu.maxBindingBytes, 768);
  gpu.close();
});

test("openGpu() without an adapter says what to do", async () => {
  const none: GPU = Object.create(await testGpu(), {
    requestAdapter: { value: () => Promise.resolve(null) },
  });
  const error = await rejection(openGpu({ gpu: none, backend: "test" }));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /no WebGPU adapter.*driver/);
});

test("openGpu() names a limit that is too low", async () => {
  const adapter = await (await testGpu()).requestAdapter();
  if (adapter === null) throw new Error("the host gave no adapter");
  const weak = {
    info: adapter.info,
    limits: { ...limitsOf(adapter), maxStorageBuffersPerShaderStage: 4 },
  };
  const gpu: GPU = Object.create(await testGpu(), {
    requestAdapter: { value: () => Promise.resolve(weak) },
  });
  const error = await rejection(openGpu({ gpu, backend: "test" }));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /maxStorageBuffersPerShaderStage 4, Weft needs 8/);
});

function limitsOf({ limits }: GPUAdapter): Record<string, number> {
  return Object.fromEntries(
    [
      "maxBufferSize",
      "maxStorageBufferBindingSize",
      "maxComputeWorkgroupStorageSize",
      "maxComputeInvocationsPerWorkgroup",
      "maxComputeWorkgroupSizeX",
      "maxComputeWorkgroupSizeY",
      "maxComputeWorkgroupsPerDimension",
    ].map((name) => [name, Number(Reflect.get(limits, name))]),
  );
}

test("createBuffer() counts bytes and buffers until they are destroyed", async () => {
  const gpu = await openTestGpu();
  const buffers = [1, 16, 17].map((size) => gpu.createBuffer("test", size, STORAGE));
  assert.deepEqual(gpu.memory, { bytes: 64, buffers: 3, peakBytes: 64 });
  for (const buffer of buffers) gpu.destroyBuffer(buffer);
  assert.deepEqual(gpu.memory, { bytes: 0, buffers: 0, peakBytes: 64 });
  gpu.close();
});

test("createBuffer() above the device's limit says how much was asked and allowed", async () => {
  const gpu = await openTestGpu();
  const most = gpu.device.limits.maxBufferSize;
  assert.throws(() => gpu.createBuffer("logits", most + 16, STORAGE), WeftError, `${most}`);
  assert.equal(gpu.memory.buffers, 0);
  gpu.close();
});

test("whenLost() resolves when the device goes away by itself", async () => {
  const gpu = await openTestGpu();
  const lost = gpu.whenLost();
  gpu.device.destroy();
  assert.equal(await lost, gpu.lostBecause);
});
