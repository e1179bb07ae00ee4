import { test } from "#test";
import { assert } from "chai";
import {
  GPU_CARDS,
  GPU_SCORES,
  type GpuCard,
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

/** What the published function made of measured figures and a reported name. */
const IDENTIFIED: readonly (readonly [[number, number, number], string | undefined, string])[] = [
  [[288.2, 16.6, 4.29], "NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-40GB"],
  [[69.8, 14.8, 4.29], "NVIDIA H100 80GB HBM3", "NVIDIA RTX 4000 Ada Generation"],
  [[76.7, 7.1, 8.59], "NVIDIA RTX A5000", "NVIDIA RTX A5000"],
  [[509.9, 52.7, 68.72], "NVIDIA A100-SXM4-40GB", "NVIDIA H200"],
  [[132.5, 31.6, 17.18], "NVIDIA L40", "NVIDIA L40"],
  [[193.6, 32.5, 34.36], "NVIDIA A100-SXM4-80GB", "NVIDIA H100"],
  [[112.1, 23.8, 17.18], "NVIDIA L40", "NVIDIA L40"],
  [[285.1, 9.6, 34.36], "NVIDIA A100 80GB PCIe", "NVIDIA A100 80GB PCIe"],
  [[118.2, 15.8, 17.18], "NVIDIA RTX 6000 Ada Generation", "NVIDIA RTX 6000 Ada Generation"],
  [[52.0, 9.1, 17.18], "NVIDIA A40", "NVIDIA A40"],
  [[40.9, 8.5, 34.36], "NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-80GB"],
  [[154.0, 48.6, 34.36], "NVIDIA H100", "NVIDIA H100"],
];
for (const [[f16Tflops, f32Tflops, vramGb], reported, expected] of IDENTIFIED) {
  test(`${f16Tflops}, ${f32Tflops}, ${vramGb} and "${reported}" are a ${expected}`, () => {
    assert.equal(identifyGpu({ f16Tflops, f32Tflops, vramGb }, reported), expected);
  });
}

for (const figure of [NaN, Infinity, -Infinity]) {
  test(`${figure} tera operations are refused, and are no H200`, () => {
    const measured = { f16Tflops: figure, f32Tflops: 48, vramGb: 34.36 };
    assert.throws(() => identifyGpu(measured, "NVIDIA H200"), RangeError, String(figure));
  });
}

for (const seconds of [0, -1, NaN]) {
  test(`a product in ${seconds} seconds is refused`, () => {
    assert.throws(() => productTflops(46336, seconds), RangeError, String(seconds));
  });
}

test("the table's columns add up to what the published ones add up to", () => {
  const sum = (of: (card: GpuCard) => number): number =>
    Math.round(100 * GPU_CARDS.reduce((total, card) => total + of(card), 0)) / 100;
  assert.equal(GPU_CARDS.length, 17);
  assert.equal(sum(({ f16Tflops }) => f16Tflops), 3138.7);
  assert.equal(sum(({ f32Tflops }) => f32Tflops), 445.58);
  assert.equal(sum(({ vramGb }) => vramGb), 360.78);
  assert.equal(sum(({ score = 0 }) => score), 12);
});

/** What one card gave in 1.8.3; none of the others is worth anything. */
const WORTHS: readonly (readonly [string, number])[] = [
  ["NVIDIA H200", 0.125],
  ["NVIDIA H100 80GB HBM3", 0.103125],
  ["NVIDIA H100", 0.0875],
  ["NVIDIA A100-SXM4-80GB", 0.059375],
];
for (const [name, expected] of WORTHS) {
  test(`one ${name} is worth ${expected} to the last bit`, () => {
    assert.equal(gpuScore("1.8.3", { name, count: 1, isAllocated: false }), expected);
  });
}

test("a product of 2^n matrices in a second is 2 n^3 operations", () => {
  assert.closeTo(productTflops(10_000, 1), 2, 1e-12);
});
