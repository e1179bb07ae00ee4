import { test } from "#test";
import { testGpu } from "#gpu";
import { assert } from "chai";
import { bandwidthSizes, measureBandwidth } from "../../../core/bench/train/bandwidth.ts";
import { floatBoundSum, measureFloatBound } from "../../../core/bench/train/float_bound.ts";
import { type Gpu, openGpu } from "../../../core/gpu/gpu.ts";

async function withGpu(use: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await openGpu({ gpu: await testGpu(), backend: "wgpu" });
  try {
    await use(gpu);
  } finally {
    gpu.close();
  }
}

const nowMs = (): number => performance.now();

test("floatBoundSum() is what the chains come to one by one", () => {
  for (const invocation of [0, 1, 1023, 1024, 2 ** 20 - 1]) {
    let sum = 0;
    for (let chain = 0; chain < 8; chain++) {
      let x = Math.fround(invocation % 1024 + chain);
      for (let turn = 0; turn < 1024; turn++) x = Math.fround(x + 1);
      sum = Math.fround(sum + x);
    }
    assert.equal(floatBoundSum(invocation, 1024), sum);
  }
});

test("the kernel of the float bound computes what the CPU does, and leaves nothing behind", async () => {
  await withGpu(async (gpu) => {
    // It throws if a sum is wrong. Reading back keeps a buffer for the next time.
    assert.isAbove(await measureFloatBound(gpu, 1, nowMs), 0);
    const { bytes } = gpu.memory;
    await measureFloatBound(gpu, 1, nowMs);
    assert.equal(gpu.memory.bytes, bytes);
  });
});

test("bandwidthSizes() stays within what an adapter binds at once, without the same size twice", () => {
  const maxBindingBytes = 8 * 2 ** 20;
  assert.deepEqual(bandwidthSizes({ isSoftware: false, maxBindingBytes }), [2 ** 22, 2 ** 23]);
});

test("measureBandwidth() of a size that fills no whole workgroup copies all of it", async () => {
  await withGpu(async (gpu) => {
    const sizeBytes = 16 * (64 * 3 + 1);
    // It throws if the copy differs.
    const { bytesPerSecond } = await measureBandwidth(gpu, sizeBytes, 1, nowMs);
    assert.isAbove(bytesPerSecond, 0);
    assert.equal(gpu.memory.buffers, 1, "the one to read back with is kept");
  });
});
