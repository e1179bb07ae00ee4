import { test } from "#test";
import { assert } from "chai";
import {
  GPU_CARDS,
  GPU_SCORES,
  gpuScore,
  type GpuScoreName,
  identifyGpu,
  productTflops,
} from "../../../core/compute/scores/gpu_scores.ts";

const H100 = { name: "NVIDIA H100 80GB HBM3", count: 1, isAllocated: false };
const ROUNDING = 1e-15;

test("one H100 is worth what the published formulas say", () => {
  assert.closeTo(gpuScore("1.6.0", H100), 0.0515625, ROUNDING);
  assert.closeTo(gpuScore("1.8.3", H100), 0.103125, ROUNDING);
});

test("eight of the best are worth all there is", () => {
  const best = { name: "NVIDIA H200", count: 8, isAllocated: false };
  assert.equal(gpuScore("1.8.3", best), 1);
  assert.equal(gpuScore("1.7.2", best), 0.5);
});

test("nine are worth no more than eight, but in the first version", () => {
  const nine = { name: "NVIDIA H200", count: 9, isAllocated: false };
  for (const version of Object.keys(GPU_SCORES) as GpuScoreName[]) {
    const eight = gpuScore(version, { ...nine, count: 8 });
    assert.equal(gpuScore(version, nine) > eight, version === "1.6.0-first", version);
  }
});

for (
  const [version, expected] of [
    ["1.6.0-first", (0.103125 + 1) / 2],
    ["1.6.0", 0.103125],
    ["1.7.2", 0.0515625],
    ["1.8.3", 0.103125],
  ] as const
) {
  test(`a reserved H100 is worth ${expected} in ${version}`, () => {
    assert.closeTo(gpuScore(version, { ...H100, isAllocated: true }), expected, ROUNDING);
  });
}

for (const name of ["NVIDIA RTX 4000 Ada Generation", "NVIDIA RTX 4090", "A toaster", ""]) {
  test(`"${name}" is worth nothing`, () => assert.equal(gpuScore("1.8.3", { ...H100, name }), 0));
}

for (const { name, f16Tflops, f32Tflops, vramGb } of GPU_CARDS) {
  test(`${name} is known by its own figures`, () => {
    assert.equal(identifyGpu({ f16Tflops, f32Tflops, vramGb }, name), name);
  });
}

test("the reported name decides between cards that are alike", () => {
  const measured = { f16Tflops: 560, f32Tflops: 48, vramGb: 34.36 };
  assert.equal(identifyGpu(measured, "NVIDIA H100"), "NVIDIA H100");
  assert.equal(identifyGpu(measured, undefined), "NVIDIA H100 80GB HBM3");
});

test("the reported name does not make a card what it is not", () => {
  const measured = { f16Tflops: 66, f32Tflops: 21.5, vramGb: 8.59 };
  assert.equal(identifyGpu(measured, "NVIDIA H200"), "NVIDIA GeForce RTX 3090");
});

test("a product of 2^n matrices in a second is 2 n^3 operations", () => {
  assert.closeTo(productTflops(10_000, 1), 2, 1e-12);
});
