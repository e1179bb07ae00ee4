/**
 * Element types and tensors in host memory, shared by the safetensors and torch readers.
 *
 * A tensor's bytes are little-endian and row-major without gaps. Typed views over them assume a
 * little-endian machine, as every WebGPU host is.
 *
 * @module
 */

import { bf16ToFloat32, float32ToBf16 } from "./bf16.ts";

/** The element types Weft reads and writes, each with its size in bytes. */
export const ITEM_SIZE_BYTES = {
  f64: 8,
  f32: 4,
  bf16: 2,
  f16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
} as const;

/** An element type. */
export type Dtype = keyof typeof ITEM_SIZE_BYTES;

/** A tensor in host memory: `bytes` holds the product of `shape` items of `dtype`. */
export interface HostTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** All element types. */
export const DTYPES: readonly Dtype[] = Object.keys(ITEM_SIZE_BYTES).filter(isDtype);

/** Whether a name is one of the element types. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ITEM_SIZE_BYTES, name);
}

/**
 * The number of elements of a shape; 1 for a scalar, shape `[]`.
 *
 * @throws {RangeError} if a size is no whole number of at least 0 or the product is beyond 2^53
 */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  let isEmpty = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(`sizes of a shape must be whole numbers from 0 up, got [${shape}]`);
    }
    if (size === 0) isEmpty = true;
    else count *= size;
  }
  if (isEmpty) return 0;
  if (!Number.isSafeInteger(count)) throw new RangeError(`shape [${shape}] has too many elements`);
  return count;
}

/** The size in bytes of a tensor of this type and shape. Throws as {@linkcode elementCount}. */
export function tensorSizeBytes(dtype: Dtype, shape: readonly number[]): number {
  return elementCount(shape) * ITEM_SIZE_BYTES[dtype];
}

/**
 * Checks that a tensor's bytes are as long as its type and shape say.
 *
 * @throws {RangeError} if they are not
 */
export function checkTensor(tensor: HostTensor): void {
  const expected = tensorSizeBytes(tensor.dtype, tensor.shape);
  if (tensor.bytes.length !== expected) {
    throw new RangeError(
      `a ${tensor.dtype} tensor of shape [${tensor.shape}] needs ${expected} bytes, ` +
        `got ${tensor.bytes.length}`,
    );
  }
}

/** A float32 tensor that shares memory with `values`. @throws {RangeError} if they don't fit */
export function float32Tensor(shape: readonly number[], values: Float32Array): HostTensor {
  return checked("f32", shape, bytesOf(values));
}

/** A bfloat16 tensor of `values` rounded to nearest even. @throws {RangeError} if they don't fit */
export function bfloat16Tensor(shape: readonly number[], values: Float32Array): HostTensor {
  return checked("bf16", shape, bytesOf(float32ToBf16(values)));
}

/**
 * An int64 tensor, such as token ids travel in.
 *
 * @throws {RangeError} if the values don't fit the shape or one is no safe integer
 */
export function int64Tensor(shape: readonly number[], values: ArrayLike<number>): HostTensor {
  const words = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`value ${i} must be a whole number within 2^53, got ${value}`);
    }
    words[2 * i] = value | 0;
    words[2 * i + 1] = Math.floor(value / 2 ** 32);
  }
  return checked("i64", shape, bytesOf(words));
}

/**
 * The elements as float32, in row-major order. 64-bit types round; booleans become 0 and 1.
 * For an aligned f32 tensor the result shares the tensor's memory.
 *
 * @throws {RangeError} if the bytes don't fit the shape
 */
export function tensorToFloat32(tensor: HostTensor): Float32Array {
  checkTensor(tensor);
  const { buffer, byteOffset } = alignedBytes(tensor);
  const count = elementCount(tensor.shape);
  switch (tensor.dtype) {
    case "f32":
      return new Float32Array(buffer, byteOffset, count);
    case "f64":
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
    case "bf16":
      return bf16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case "f16":
      return float16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case "i64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "i32":
      return new Float32Array(new Int32Array(buffer, byteOffset, count));
    case "i16":
      return new Float32Array(new Int16Array(buffer, byteOffset, count));
    case "i8":
      return new Float32Array(new Int8Array(buffer, byteOffset, count));
    case "u8":
      return new Float32Array(tensor.bytes);
    case "bool":
      return Float32Array.from(tensor.bytes, (byte) => byte === 0 ? 0 : 1);
  }
}

/**
 * The elements of an integer tensor as int32, such as token ids. For an aligned i32 tensor the
 * result shares the tensor's memory.
 *
 * @throws {TypeError} if the tensor is not of integers
 * @throws {RangeError} if the bytes don't fit the shape or a value does not fit in 32 bits
 */
export function tensorToInt32(tensor: HostTensor): Int32Array {
  checkTensor(tensor);
  const { buffer, byteOffset } = alignedBytes(tensor);
  const count = elementCount(tensor.shape);
  switch (tensor.dtype) {
    case "i64":
      return narrowInt64(new Int32Array(buffer, byteOffset, count * 2));
    case "i32":
      return new Int32Array(buffer, byteOffset, count);
    case "i16":
      return new Int32Array(new Int16Array(buffer, byteOffset, count));
    case "i8":
      return new Int32Array(new Int8Array(buffer, byteOffset, count));
    case "u8":
      return new Int32Array(tensor.bytes);
    default:
      throw new TypeError(`expected a tensor of integers, got ${tensor.dtype}`);
  }
}

/** int64 as pairs of words [low, high] to int32. */
function narrowInt64(words: Int32Array): Int32Array {
  const out = new Int32Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i];
    if (words[2 * i + 1] !== low >> 31) {
      throw new RangeError(`value ${i} of the int64 tensor does not fit in 32 bits`);
    }
    out[i] = low;
  }
  return out;
}

/** IEEE 754 binary16 bits to float32, exactly. */
function float16ToFloat32(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    return sign * (1024 + mantissa) * 2 ** (exponent - 25);
  });
}

function checked(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): HostTensor {
  const tensor = { dtype, shape: [...shape], bytes };
  checkTensor(tensor);
  return tensor;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The tensor's bytes, copied only where their place in the buffer forbids a typed view. */
function alignedBytes(tensor: HostTensor): Uint8Array {
  const { bytes, dtype } = tensor;
  return bytes.byteOffset % ITEM_SIZE_BYTES[dtype] === 0 ? bytes : bytes.slice();
}
