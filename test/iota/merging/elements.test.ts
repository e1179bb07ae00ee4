import { test } from "#test";
import { assert } from "chai";
import {
  decodeElements,
  encodeElements,
  isAllFinite,
} from "../../../core/iota/merging/elements.ts";

const LARGEST_BF16 = Uint8Array.of(0x7f, 0x7f);

for (const value of [NaN, Infinity, -Infinity]) {
  for (const dtype of ["bfloat16", "float32"] as const) {
    test(`${value} in ${dtype} is found`, () => {
      assert.isFalse(isAllFinite(encodeElements(Float32Array.of(0, 1, value), dtype), dtype));
    });
  }
}

test("the largest numbers, zeros and subnormal numbers are finite", () => {
  assert.isTrue(isAllFinite(LARGEST_BF16, "bfloat16"));
  const values = Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 0, -0, 1e-45);
  assert.isTrue(isAllFinite(encodeElements(values, "float32"), "float32"));
});

test("elements at an odd place in a buffer are read", () => {
  const bytes = Uint8Array.of(9, 0x80, 0x3f).subarray(1);
  assert.deepEqual([...decodeElements(bytes, "bfloat16")], [1]);
  assert.isTrue(isAllFinite(bytes, "bfloat16"));
});

test("an element that is cut short is refused", () => {
  assert.throws(() => isAllFinite(new Uint8Array(3), "bfloat16"), RangeError);
  assert.throws(() => decodeElements(new Uint8Array(6), "float32"), RangeError);
});

test("nothing is all finite", () => {
  assert.isTrue(isAllFinite(new Uint8Array(), "float32"));
});
