/**
 * Token embedding on the GPU against `embeddingForward` and `embeddingBackward` of the reference.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { StorageDtype } from "../../core/gpu/tensor.ts";
import { embeddingBackward, embeddingForward, segmentTokens } from "../../core/ops/embedding.ts";
import {
  embeddingBackward as referenceBackward,
  embeddingForward as referenceForward,
} from "../../core/reference/embedding.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { absolute, assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, SPLIT_BYTES, stored } from "./device.ts";

const gpu = await openTestGpu();
const splitGpu = await openTestGpu(SPLIT_BYTES);

interface Case {
  R: number;
  V: number;
  C: number;
  dtype: StorageDtype;
  dweightDtype?: StorageDtype;
}

const SIZES = [
  { R: 1, V: 1, C: 1 },
  { R: 3, V: 101, C: 37 },
  { R: 129, V: 3, C: 5 },
  { R: 37, V: 1000, C: 129 },
];

function tokensOf({ R, V }: Case): Uint32Array {
  const random = seededRandom(R * 1009 + V);
  return Uint32Array.from({ length: R }, (_, r) => r === 0 ? V - 1 : Math.floor(random() * V));
}

async function checkForward(op: OpTest, one: Case): Promise<void> {
  const { R, V, C, dtype } = one;
  const tokens = tokensOf(one);
  const weight = stored(randomArray(V * C, seededRandom(C)), dtype);
  const tensors = {
    out: op.output("out", dtype, R, C),
    tokens: op.tensor("tokens", "u32", 1, R, tokens),
    weight: op.tensor("weight", dtype, V, C, weight),
  };
  await op.run(...embeddingForward(tensors));
  const expected = new Float32Array(R * C);
  referenceForward(expected, tokens, weight, R, C);
  // Exact: values are copied.
  assert.deepEqual(await op.values(tensors.out), expected);
}

async function checkBackward(op: OpTest, one: Case): Promise<void> {
  const { R, V, C, dtype, dweightDtype = dtype } = one;
  const tokens = tokensOf(one);
  const random = seededRandom(C);
  const dout = stored(randomArray(R * C, random), dtype);
  const before = stored(randomArray(V * C, random), dweightDtype);
  const { order, segments } = segmentTokens(tokens);
  const tensors = {
    dweight: op.tensor("dweight", dweightDtype, V, C, before),
    order: op.tensor("order", "u32", 1, R, order),
    segments: op.tensor("segments", "u32", 1, 4 * R, segments),
    dout: op.tensor("dout", dtype, R, C, dout),
  };
  await op.run(...embeddingBackward(tensors));
  const [dweight, magnitudes] = [before.slice(), absolute(before)];
  referenceBackward(dweight, tokens, dout, R, C);
  referenceBackward(magnitudes, tokens, absolute(dout), R, C);
  assertSumsClose(`dweight ${V} x ${C}`, await op.values(tensors.dweight), dweight, {
    magnitudes,
    relative: 1e-6, // sums of up to 60 terms
    dtype: dweightDtype,
  });
}

for (const dtype of ["f32", "bf16"] as const) {
  opTest(`embeddingForward() in ${dtype} copies the tokens' rows`, gpu, async (op) => {
    await Promise.all(SIZES.map((size) => checkForward(op, { ...size, dtype })));
  });
  opTest(`embeddingBackward() in ${dtype} adds rows of the same token`, gpu, async (op) => {
    await Promise.all(SIZES.map((size) => checkBackward(op, { ...size, dtype })));
  });
  // 1000 rows of 37 elements in parts of 384 (f32) or 768 (bf16).
  opTest(`embedding in ${dtype} with a split table`, splitGpu, async (op) => {
    const one = { R: 200, V: 1000, C: 37, dtype };
    await checkForward(op, one);
    await checkBackward(op, one);
  });
}

opTest("embeddingBackward() adds bf16 rows to an f32 gradient", gpu, async (op) => {
  await checkBackward(op, { R: 129, V: 3, C: 37, dtype: "bf16", dweightDtype: "f32" });
});

test("segmentTokens() groups rows by token, in order, and fills up with empty segments", () => {
  const { order, segments } = segmentTokens(new Uint32Array([7, 2, 7, 9]));
  assert.deepEqual([...order], [1, 0, 2, 3]);
  assert.deepEqual([...segments], [2, 0, 1, 0, 7, 1, 3, 0, 9, 3, 4, 0, 0, 0, 0, 0]);
});
