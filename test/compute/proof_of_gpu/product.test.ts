/**
 * Products on the GPU against sums in float64.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  type ProofSeeds,
  proofValue,
  seedWord,
} from "../../../core/compute/proof_of_gpu/generator.ts";
import {
  bandsOf,
  blockSide,
  createPart,
  freeParts,
  generateValues,
  multiplyRows,
  type Operands,
  type ProofElement,
  type RowRange,
  vectorLength,
} from "../../../core/compute/proof_of_gpu/product.ts";
import { productSeconds } from "../../../core/compute/proof_of_gpu/benchmark.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import { rejection } from "../../gpu/dispatch.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { bitsOf, LAST_SEED, PRODUCT_BITS, rowOfBits, SEEDS } from "./vectors.ts";

const gpu = await openSharedGpu();
/** 64 rows of 257 values fit, 128 do not. */
const SMALL_BINDING = 68 * 1024;
const bandGpu = await openSharedGpu(SMALL_BINDING);
/** Below n = 257 some 70 roundings of 6e-8 in sums of positive terms, which mostly cancel. */
const RELATIVE = 2e-6;
const clock = { nowMs: (): number => performance.now() };

/** Rows of a product of a proof. */
async function rowsOf(
  on: Gpu,
  n: number,
  seeds: ProofSeeds,
  range: RowRange = { firstRow: 0, rows: n },
): Promise<Float32Array> {
  const make = (seed: bigint): ReturnType<typeof generateValues> =>
    generateValues(on, "values", {
      seed: seedWord(seed),
      count: vectorLength(n),
      element: "f32",
      normal: false,
    });
  const [a, b] = [await make(seeds.a), await make(seeds.b)];
  const out = createPart(on, "rows", 4 * n * range.rows);
  await multiplyRows(on, { n, element: "f32", side: undefined, a, b }, range, out);
  const [bytes] = await on.readback.read([{ ...out, sizeBytes: 4 * n * range.rows }]);
  freeParts(on, [a, b, out]);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

interface Vectors {
  a: Float64Array;
  b: Float64Array;
}

/** The values that the matrices are made of: the element (i, j) is that of i + j. */
function vectorsOf(n: number, { a, b }: ProofSeeds): Vectors {
  const vector = (seed: bigint): Float64Array =>
    Float64Array.from({ length: 2 * n }, (_, x) => proofValue(seed, x, 0));
  return { a: vector(a), b: vector(b) };
}

function exactSum({ a, b }: Vectors, n: number, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i + k] * b[k + j];
  return sum;
}

/** As the kernel sums: 64 products in f32, then these sums in f32. */
function blockedSum({ a, b }: Vectors, n: number, i: number, j: number): number {
  let sum = 0;
  for (let start = 0; start < n; start += 64) {
    let block = 0;
    for (let k = start; k < Math.min(n, start + 64); k++) {
      block = Math.fround(block + Math.fround(a[i + k] * b[k + j]));
    }
    sum = Math.fround(sum + block);
  }
  return sum;
}

/** The largest relative error of rows against sums in float64 of the miner's values. */
function worstError(rows: Float32Array, n: number, seeds: ProofSeeds): number {
  const vectors = vectorsOf(n, seeds);
  return rows.reduce((worst, value, at) => {
    const exact = exactSum(vectors, n, Math.floor(at / n), at % n);
    return Math.max(worst, Math.abs(value - exact) / exact);
  }, 0);
}

test("the product of 4 x 4 has the published values, up to an ulp", async () => {
  const expected = rowOfBits(PRODUCT_BITS.flat());
  const distances = bitsOf(await rowsOf(gpu, 4, SEEDS))
    .map((bits, at) => Math.abs(bits - bitsOf(expected)[at]));
  assert.isAtMost(Math.max(...distances), 1);
});

test("a product of 1 x 1 is one product", async () => {
  const [value] = await rowsOf(gpu, 1, SEEDS);
  assert.equal(value, Math.fround(proofValue(SEEDS.a, 0, 0) * proofValue(SEEDS.b, 0, 0)));
});

for (const n of [33, 64, 65, 257]) {
  test(`every value of the product of ${n} x ${n} is the float64 sum`, async () => {
    assert.isBelow(worstError(await rowsOf(gpu, n, SEEDS), n, SEEDS), RELATIVE);
  });
}

for (const seeds of [{ a: 0n, b: LAST_SEED }, { a: LAST_SEED, b: 0n }]) {
  test(`seeds ${seeds.a} and ${seeds.b} give the float64 sums`, async () => {
    assert.isBelow(worstError(await rowsOf(gpu, 33, seeds), 33, seeds), RELATIVE);
  });
}

test("a row that is computed alone has the bits it has among all", async () => {
  const n = 257;
  const all = await rowsOf(gpu, n, SEEDS);
  for (const firstRow of [0, 63, 64, 100, 256]) {
    const alone = await rowsOf(gpu, n, SEEDS, { firstRow, rows: 1 });
    assert.deepEqual(bitsOf(alone), bitsOf(all.slice(firstRow * n, (firstRow + 1) * n)));
  }
});

test("rows of 1024 values keep to the order of sums that bounds the error", async () => {
  const [n, firstRow] = [1024, 700];
  const row = await rowsOf(gpu, n, SEEDS, { firstRow, rows: 1 });
  const vectors = vectorsOf(n, SEEDS);
  // A driver may fuse a product with its sum, so not every bit is given.
  const distances = bitsOf(row).map((bits, j) =>
    Math.abs(bits - bitsOf(Float32Array.of(blockedSum(vectors, n, firstRow, j)))[0])
  );
  // A fused product differs by less than an ulp of a sum of 64; 16 such sums and some luck.
  assert.isAtMost(Math.max(...distances), 8);
});

for (const n of [10336, 14624, 20704, 29280]) {
  test(`sums of n = ${n} in the kernel's order keep far inside the validator's tolerance`, () => {
    const vectors = vectorsOf(n, SEEDS);
    for (let at = 0; at < 100; at++) {
      const [i, j] = [at * 97 % n, at * 89 % n];
      const exact = exactSum(vectors, n, i, j);
      // A fifth of the validator's 1e-5: n / 64 roundings of 6e-8, which mostly cancel.
      assert.closeTo(blockedSum(vectors, n, i, j), exact, 2e-6 * exact, `(${i}, ${j})`);
    }
  });
}

test("bandsOf() takes all rows at once where they fit", () => {
  assert.deepEqual(bandsOf(gpu, 257), [{ firstRow: 0, rows: 257 }]);
});

test("bandsOf() cuts rows so that a band fits a binding, the last one short", () => {
  assert.deepEqual(bandsOf(bandGpu, 257), [
    ...[0, 64, 128, 192].map((firstRow) => ({ firstRow, rows: 64 })),
    { firstRow: 256, rows: 1 },
  ]);
});

test("bandsOf() refuses an n of which 64 rows do not fit", () => {
  assert.throws(() => bandsOf(bandGpu, 300), WeftError, "64 rows of 300 values do not fit");
});

test("multiplyRows() ends with the signal's reason, before more is submitted", async () => {
  const operands = await denseOperands("f32", 64);
  const out = createPart(gpu, "rows", 4 * 64 * 64);
  const reason = new Error("enough");
  const ended = rejection(
    multiplyRows(gpu, operands, { firstRow: 0, rows: 64 }, out, AbortSignal.abort(reason)),
  );
  assert.equal(await ended, reason);
  freeParts(gpu, [operands.a, operands.b, out]);
});

/** Dense operands with blocks of 64 x 64. */
async function denseOperands(element: ProofElement, n: number): Promise<Operands> {
  const make = (seed: number): ReturnType<typeof generateValues> =>
    generateValues(gpu, "block", { seed, count: 64 * 64, element, normal: true });
  return { n, element, side: 64, a: await make(1), b: await make(2) };
}

test("dense operands repeat their blocks: the product is that of the large matrices", async () => {
  const n = 100;
  const operands = await denseOperands("f32", n);
  const out = createPart(gpu, "rows", 4 * n * n);
  await multiplyRows(gpu, operands, { firstRow: 0, rows: n }, out);
  const [a, b, c] = (await gpu.readback.read([operands.a, operands.b, out]))
    .map((bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
  for (let at = 0; at < n * n; at++) {
    const [i, j] = [Math.floor(at / n), at % n];
    let [sum, size] = [0, 0];
    for (let k = 0; k < n; k++) {
      const product = a[k % 64 * 64 + i % 64] * b[k % 64 * 64 + j % 64];
      sum += product;
      size += Math.abs(product);
    }
    assert.closeTo(c[at], sum, RELATIVE * size, `at (${i}, ${j})`);
  }
  freeParts(gpu, [operands.a, operands.b, out]);
});

test("blockSide() is a multiple of 64 that fits a binding, and no larger than n needs", () => {
  assert.equal(blockSide(gpu, 257), 320);
  assert.equal(blockSide(bandGpu, 257), 128);
});

test("productSeconds() takes matrices whose blocks repeat and whose rows come in bands", async () => {
  assert.isAbove(await productSeconds({ gpu: bandGpu, clock }, 257, "f32"), 0);
});

test("productSeconds() frees what it made", async () => {
  const before = gpu.memory.buffers;
  await productSeconds({ gpu, clock }, 64, "f32");
  // The pool keeps what it read through.
  assert.isAtMost(gpu.memory.buffers, before + 1);
});
