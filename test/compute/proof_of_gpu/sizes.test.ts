/**
 * Sizes of the matrices.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  benchmarkSizes,
  proofSize,
  vramOfMemory,
} from "../../../core/compute/proof_of_gpu/sizes.ts";
import { UsageError } from "../../../core/errors.ts";

/** Of the published table, with the memory that the driver tells in MiB. */
const CARDS: [name: string, memoryMib: number, vram: string][] = [
  ["H200", 143771, "68.72"],
  ["H100 80GB HBM3", 81559, "34.36"],
  ["A100-SXM4-40GB", 40960, "17.18"],
  ["L40s", 46068, "17.18"],
  ["RTX A5000", 24564, "8.59"],
  ["GeForce RTX 3090", 24576, "8.59"],
  ["L4", 23034, "8.59"],
];

for (const [name, memoryMib, vram] of CARDS) {
  test(`vramOfMemory() gives ${name} the published ${vram}`, () => {
    assert.equal(vramOfMemory(memoryMib * 2 ** 20).toFixed(2), vram);
  });
}

test("vramOfMemory() refuses what is no card's memory", () => {
  for (const bytes of [0, -1, NaN, Infinity, 1.5 * 2 ** 20]) {
    assert.throws(() => vramOfMemory(bytes), UsageError, "expected its memory in bytes");
  }
});

test("benchmarkSizes() gives the published sizes", () => {
  const sizes = [2 ** 35, 2 ** 36, 2 ** 34, 2 ** 33].map((bytes) => benchmarkSizes(bytes / 1e9));
  assert.deepEqual(sizes, [
    { fp16: 92672, fp32: 46336 },
    { fp16: 131072, fp32: 65536 },
    { fp16: 65536, fp32: 32768 },
    { fp16: 46336, fp32: 23168 },
  ]);
});

test("proofSize() gives the published n, from the vram as printed", () => {
  assert.deepEqual([34.36, 68.72, 17.18, 8.59].map(proofSize), [20704, 29280, 14624, 10336]);
});

test("sizes of what is no card are refused", () => {
  for (const vram of [0, -8, NaN, Infinity, 1e-6, 1e9]) {
    assert.throws(() => proofSize(vram), UsageError, "expected a card's memory");
  }
});
