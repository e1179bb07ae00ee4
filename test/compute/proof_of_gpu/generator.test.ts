/**
 * Elements of the matrices, on the host and on the GPU.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  proofState,
  proofValue,
  seedWord,
  validatorValue,
} from "../../../core/compute/proof_of_gpu/generator.ts";
import { freeParts, generateValues } from "../../../core/compute/proof_of_gpu/product.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { bitsOf, LAST_SEED, SEEDS } from "./vectors.ts";

const gpu = await openSharedGpu();

/** The GPU's values of a seed. */
async function values(seed: bigint, count: number, normal = false): Promise<Float32Array> {
  const wanted = { seed: seedWord(seed), count, element: "f32", normal } as const;
  const part = await generateValues(gpu, "values", wanted);
  const [bytes] = await gpu.readback.read([{ ...part, sizeBytes: 4 * count }]);
  freeParts(gpu, [part]);
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}

function bits(value: number): number {
  return bitsOf(Float32Array.of(value))[0];
}

const VECTORS: [seed: bigint, i: number, j: number, state: number, bits: number][] = [
  [1n, 0, 0, 2916098932, 1059967011],
  [SEEDS.a, 3, 5, 396451254, 1035799278],
  [LAST_SEED, 0, 0, 1700793103, 1053474838],
  [LAST_SEED, 1, 0, 0, 0],
];

test("proofState() and proofValue() give the published vectors", () => {
  for (const [seed, i, j, state, expected] of VECTORS) {
    assert.equal(proofState(seed, i, j), state);
    assert.equal(bits(proofValue(seed, i, j)), expected);
  }
});

test("proofValue() gives the first rows of the published matrices", () => {
  const row = (seed: bigint): number[] => [0, 1, 2, 3].map((j) => bits(proofValue(seed, 0, j)));
  assert.deepEqual(row(SEEDS.a), [1063337086, 1011588911, 1060044384, 1050892167]);
  assert.deepEqual(row(SEEDS.b), [1057250421, 1042690392, 1062656458, 1056314322]);
});

test("seed 0 and seed 2^32 begin with the state that stays 0", () => {
  assert.equal(proofState(0n, 0, 0), 0);
  assert.equal(proofState(2n ** 32n, 0, 0), 0);
  assert.notEqual(proofState(0n, 0, 1), 0);
});

test("validatorValue() is within an ulp of proofValue()", () => {
  for (let i = 0; i < 5000; i++) {
    const [miner, validator] = [proofValue(77n, i, 0), validatorValue(77n, i, 0)];
    assert.isAtMost(Math.abs(bits(miner) - bits(validator)), 1, `at ${i}`);
  }
});

for (const seed of [0n, 1n, SEEDS.a, 2n ** 32n - 5n, LAST_SEED]) {
  test(`the GPU's values of seed ${seed} are proofValue()'s, bit by bit`, async () => {
    const expected = Float32Array.from({ length: 20_001 }, (_, x) => proofValue(seed, x, 0));
    assert.deepEqual(bitsOf(await values(seed, expected.length)), bitsOf(expected));
  });
}

test("the GPU writes one value where one is asked for", async () => {
  assert.deepEqual([...await values(1n, 1)], [proofValue(1n, 0, 0)]);
});

test("the benchmark's values have the mean and the variance of normal numbers", async () => {
  const count = 2 ** 16;
  const numbers = await values(5n, count, true);
  const mean = numbers.reduce((sum, x) => sum + x, 0) / count;
  const variance = numbers.reduce((sum, x) => sum + x * x, 0) / count;
  // Five standard errors of 2^16 numbers: 1 / 256 for the mean, √2 times that for the variance.
  assert.closeTo(mean, 0, 5 / 256);
  assert.closeTo(variance, 1, 5 * Math.SQRT2 / 256);
});

/** The value of half a word as f16; normal random numbers have neither infinities nor NaN. */
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15, bits >> 10 & 31, bits & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return sign ? -size : size;
}

test("the benchmark's f16 values are its f32 values rounded, two in a word", async () => {
  const count = 1001;
  const wanted = { seed: 5, count, element: "f16", normal: true } as const;
  const part = await generateValues(gpu, "halves", wanted);
  const [bytes] = await gpu.readback.read([{ ...part, sizeBytes: 2 * (count + 1) }]);
  freeParts(gpu, [part]);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  const expected = await values(5n, count, true);
  expected.forEach((value, at) => {
    // An ulp of f16, as rounding may go either way, and the step of its smallest numbers.
    assert.closeTo(halfValue(halves[at]), value, Math.abs(value) * 2 ** -10 + 2 ** -24, `at ${at}`);
  });
});
