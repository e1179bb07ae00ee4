import { assert } from "chai";
import { test } from "#test";
import {
  bfloat16Tensor,
  type Dtype,
  elementCount,
  float32Tensor,
  type HostTensor,
  int64Tensor,
  tensorToFloat32,
  tensorToInt32,
} from "../../core/formats/dtype.ts";

/** A tensor of one dimension with these raw bytes. */
function raw(dtype: Dtype, count: number, values: ArrayBufferView): HostTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, shape: [count], bytes };
}

test("elementCount() of a scalar is 1", () => {
  assert.strictEqual(elementCount([]), 1);
});

test("elementCount() is 0 as soon as one size is 0, however large the others", () => {
  assert.strictEqual(elementCount([2 ** 40, 2 ** 40, 0]), 0);
});

test("elementCount() refuses sizes that are no counts", () => {
  for (const size of [-1, 1.5, NaN, Infinity]) {
    assert.throws(() => elementCount([2, size]), RangeError, "whole numbers");
  }
});

test("elementCount() refuses a product beyond 2^53", () => {
  assert.throws(() => elementCount([2 ** 30, 2 ** 30]), RangeError, "too many");
});

test("tensorToFloat32() widens every dtype", () => {
  const cases: [HostTensor, number[]][] = [
    [raw("f64", 2, Float64Array.of(0.1, -1e300)), [Math.fround(0.1), -Infinity]],
    [raw("f32", 2, Float32Array.of(1.5, -2)), [1.5, -2]],
    [raw("bf16", 2, Uint16Array.of(0x3f80, 0xc020)), [1, -2.5]],
    [raw("i64", 2, BigInt64Array.of(-1n, 2n ** 40n)), [-1, 2 ** 40]],
    [raw("i32", 2, Int32Array.of(-7, 9)), [-7, 9]],
    [raw("i16", 2, Int16Array.of(-300, 300)), [-300, 300]],
    [raw("i8", 2, Int8Array.of(-128, 127)), [-128, 127]],
    [raw("u8", 2, Uint8Array.of(0, 255)), [0, 255]],
    [raw("bool", 3, Uint8Array.of(0, 1, 7)), [0, 1, 1]],
  ];
  for (const [tensor, expected] of cases) {
    assert.deepEqual([...tensorToFloat32(tensor)], expected, tensor.dtype);
  }
});

test("tensorToFloat32() widens halves: normal, subnormal, largest, infinite, NaN", () => {
  const bits = Uint16Array.of(0x3c00, 0x8001, 0x0400, 0x7bff, 0xfc00, 0x7e00);
  const expected = [1, -(2 ** -24), 2 ** -14, 65504, -Infinity, NaN];
  assert.deepEqual([...tensorToFloat32(raw("f16", 6, bits))], expected);
});

test("tensorToFloat32() reads a tensor that is not aligned in its buffer", () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.of(1.25, -3).buffer), 1);
  const tensor: HostTensor = { dtype: "f32", shape: [2], bytes: bytes.subarray(1) };
  assert.deepEqual([...tensorToFloat32(tensor)], [1.25, -3]);
});

test("tensorToFloat32() of an aligned f32 tensor copies nothing", () => {
  const values = Float32Array.of(1, 2, 3);
  assert.strictEqual(tensorToFloat32(float32Tensor([3], values)).buffer, values.buffer);
});

test("tensorToFloat32() refuses bytes that don't fit the shape", () => {
  const tensor: HostTensor = { dtype: "f32", shape: [2], bytes: new Uint8Array(7) };
  assert.throws(() => tensorToFloat32(tensor), RangeError, "needs 8 bytes, got 7");
});

test("bfloat16Tensor() rounds to nearest even", () => {
  const tensor = bfloat16Tensor([1, 2], Float32Array.of(1.00390625, 1.01171875));
  assert.deepEqual([...tensorToFloat32(tensor)], [1, 1.015625]);
});

test("constructors keep a subarray's own part of the buffer", () => {
  const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  assert.deepEqual([...tensorToFloat32(float32Tensor([2], values))], [2, 3]);
});

test("constructors refuse values that don't fit the shape", () => {
  assert.throws(() => float32Tensor([2, 2], new Float32Array(3)), RangeError);
  assert.throws(() => bfloat16Tensor([2], new Float32Array(3)), RangeError);
  assert.throws(() => int64Tensor([2], [1, 2, 3]), RangeError);
});

test("a constructor's tensor does not follow later changes of the shape it was given", () => {
  const shape = [2];
  const tensor = float32Tensor(shape, new Float32Array(2));
  shape[0] = 5;
  assert.deepEqual(tensor.shape, [2]);
});

test("int64Tensor() writes two's complement over all safe integers", () => {
  const values = [0, -1, 128000, -(2 ** 31), 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)];
  const tensor = int64Tensor([7], values);
  assert.deepEqual([...new BigInt64Array(tensor.bytes.buffer)], values.map(BigInt));
});

test("int64Tensor() refuses fractions and values beyond 2^53", () => {
  assert.throws(() => int64Tensor([1], [0.5]), RangeError, "value 0");
  assert.throws(() => int64Tensor([2], [1, 2 ** 53]), RangeError, "value 1");
});

test("tensorToInt32() reads token ids from every integer type", () => {
  assert.deepEqual([...tensorToInt32(int64Tensor([3], [1, -1, -(2 ** 31)]))], [1, -1, -(2 ** 31)]);
  assert.deepEqual([...tensorToInt32(raw("i32", 1, Int32Array.of(-5)))], [-5]);
  assert.deepEqual([...tensorToInt32(raw("i16", 1, Int16Array.of(-5)))], [-5]);
  assert.deepEqual([...tensorToInt32(raw("i8", 1, Int8Array.of(-5)))], [-5]);
  assert.deepEqual([...tensorToInt32(raw("u8", 1, Uint8Array.of(200)))], [200]);
});

test("tensorToInt32() refuses an int64 that does not fit", () => {
  for (const value of [2 ** 31, -(2 ** 31) - 1, 2 ** 32]) {
    assert.throws(() => tensorToInt32(int64Tensor([2], [0, value])), RangeError, "value 1");
  }
});

test("tensorToInt32() refuses floats", () => {
  assert.throws(() => tensorToInt32(float32Tensor([1], Float32Array.of(1))), TypeError, "f32");
});
