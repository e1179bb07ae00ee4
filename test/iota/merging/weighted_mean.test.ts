import { test } from "#test";
import { assert } from "chai";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { decodeElements, encodeElements } from "../../../core/iota/merging/elements.ts";
import { WeightedMean } from "../../../core/iota/merging/weighted_mean.ts";
import { ITEM_BYTES } from "../../../core/iota/merging/vector_metadata.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";
import { MEAN_CASES, type MeanCase } from "./mean_cases.ts";

function meanOf(
  { dtype, weights, vectors }: Pick<MeanCase, "dtype" | "weights"> & {
    readonly vectors: readonly Uint8Array[];
  },
): Uint8Array<ArrayBuffer> {
  const mean = new WeightedMean(dtype, vectors[0].length / ITEM_BYTES[dtype]);
  vectors.forEach((vector, index) => mean.add(vector, weights[index]));
  return mean.finish();
}

for (const { name, dtype, weights, vectors, mean } of MEAN_CASES) {
  test(`the mean of ${dtype}, ${name}, has PyTorch's bits`, () => {
    const bytes = meanOf({ dtype, weights, vectors: vectors.map((hex) => hexToBytes(hex)) });
    assert.equal(bytesToHex(bytes), mean);
  });
}

for (const dtype of ["bfloat16", "float32"] as const) {
  test(`one ${dtype} vector is its own mean, whatever its weight`, () => {
    // In float32 product and quotient would lose a bit here and there.
    const values = Float32Array.from(randomArray(1000, seededRandom(4)));
    const bytes = encodeElements(values, dtype);
    assert.deepEqual(meanOf({ dtype, weights: [65535], vectors: [bytes] }), bytes);
  });
}

test("a mean is rounded once: bfloat16 vectors are added up in float32", () => {
  // 1 + 2^-8 lies between two bfloat16 numbers; rounding each sum would lose every one of the 2^-7.
  const one = encodeElements(Float32Array.of(1), "bfloat16");
  const above = encodeElements(Float32Array.of(1 + 2 ** -7), "bfloat16");
  const bytes = meanOf({
    dtype: "bfloat16",
    weights: [1, 1, 1, 1],
    vectors: [one, above, above, above],
  });
  assert.deepEqual([...decodeElements(bytes, "bfloat16")], [1 + 2 ** -7]);
});

test("a vector at an odd place in its buffer is averaged all the same", () => {
  const bytes = encodeElements(Float32Array.of(1, 2, 3), "float32");
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const mean = meanOf({ dtype: "float32", weights: [2], vectors: [shifted.subarray(1)] });
  assert.deepEqual(mean, bytes);
});

test("averaging leaves what it was given as it was", () => {
  const bytes = encodeElements(Float32Array.of(1, 2, 3), "float32");
  const before = bytes.slice();
  meanOf({ dtype: "float32", weights: [3, 4], vectors: [bytes, bytes] });
  assert.deepEqual(bytes, before);
});

test("a vector of another length is refused with both lengths", () => {
  const mean = new WeightedMean("bfloat16", 3);
  assert.throws(
    () => mean.add(new Uint8Array(8), 1),
    RangeError,
    "8 bytes to be averaged, expected 6",
  );
});

for (const weight of [0, -1, 1.5, NaN, Infinity]) {
  test(`a weight of ${weight} is refused`, () => {
    const mean = new WeightedMean("bfloat16", 1);
    assert.throws(() => mean.add(new Uint8Array(2), weight), RangeError, "whole number from 1 up");
  });
}

test("there is no mean of nothing", () => {
  assert.throws(() => new WeightedMean("float32", 2).finish(), RangeError, "nothing to average");
});
