/**
 * Both directions of `data.pkl`, the pickle inside a torch file that describes one tensor: a call of
 * `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, where the
 * storage is the persistent id `('storage', class, key, location, count)`.
 *
 * Source: PyTorch 2.13.0, torch/_utils.py and torch/_weights_only_unpickler.py.
 *
 * @module
 */

import { WeftError } from "../errors.ts";
import { type Dtype, DTYPES } from "./dtype.ts";
import { isNode, isTuple, type PickleValue, readPickle } from "./pickle.ts";

/** A tensor as a view into a storage. Offset, strides and counts are in elements. */
export interface StoredTensor {
  readonly dtype: Dtype;
  /** The storage lies in the archive's entry `data/KEY`. */
  readonly key: string;
  readonly storageCount: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
const ORDERED_DICT = "collections.OrderedDict";
const MAX_DIMENSIONS = 8;

const STORAGE_CLASSES: Readonly<Record<Dtype, string>> = {
  f64: "DoubleStorage",
  f32: "FloatStorage",
  bf16: "BFloat16Storage",
  f16: "HalfStorage",
  i64: "LongStorage",
  i32: "IntStorage",
  i16: "ShortStorage",
  i8: "CharStorage",
  u8: "ByteStorage",
  bool: "BoolStorage",
};
const DTYPE_OF_STORAGE = new Map(DTYPES.map((dtype) => [`torch.${STORAGE_CLASSES[dtype]}`, dtype]));
const ALLOWED_GLOBALS: ReadonlySet<string> = new Set([
  REBUILD_TENSOR,
  REBUILD_PARAMETER,
  ORDERED_DICT,
  ...DTYPE_OF_STORAGE.keys(),
]);

/**
 * Reads the description of a tensor. `requires_grad`, the device and empty hooks are ignored, and a
 * parameter counts as its tensor.
 *
 * @throws {WeftError} if the pickle is broken or holds anything else
 */
export function readTensorPickle(bytes: Uint8Array): StoredTensor {
  const root = readPickle(bytes, ALLOWED_GLOBALS);
  const [tensor, ...rest] = argumentsOf(root, REBUILD_PARAMETER) ?? [root];
  if (rest.length > 0) checkParameter(rest);
  const args = argumentsOf(tensor, REBUILD_TENSOR);
  if (!args || args.length < 6 || args.length > 7) throw notATensor();
  const [storage, offset, shape, strides, requiresGrad, hooks] = args;
  checkParameter([requiresGrad, hooks]);
  const description = {
    ...readStorage(storage),
    offset: toCount(offset),
    shape: toCounts(shape),
    strides: toCounts(strides),
  };
  if (description.shape.length !== description.strides.length) {
    throw fault("it has not one stride for every dimension");
  }
  return description;
}

/**
 * Describes a contiguous tensor whose storage is `data/0`, with the fewest opcodes torch accepts:
 * protocol 2, no memo.
 */
export function writeTensorPickle(dtype: Dtype, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return Uint8Array.from([
    ...[0x80, 2], // PROTO
    ...globalName("torch._utils", "_rebuild_tensor_v2"),
    0x28, // MARK: the six arguments
    ...[0x28, ...text("storage"), ...globalName("torch", STORAGE_CLASSES[dtype])],
    ...[...text("0"), ...text("cpu"), ...integer(count), 0x74, 0x51], // TUPLE, BINPERSID
    ...integer(0),
    ...tuple(shape),
    ...tuple(contiguousStrides(shape)),
    0x89, // NEWFALSE: no gradient required
    ...[...globalName("collections", "OrderedDict"), 0x29, 0x52], // EMPTY_TUPLE, REDUCE
    ...[0x74, 0x52, 0x2e], // TUPLE, REDUCE, STOP
  ]);
}

/** The strides in elements of a row-major tensor without gaps; a size of 0 counts as 1. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= Math.max(size, 1);
  }
  return strides;
}

function readStorage(value: PickleValue): { dtype: Dtype; key: string; storageCount: number } {
  if (!isNode(value, "persistent") || !isTuple(value.id) || value.id.length !== 5) {
    throw notATensor();
  }
  const [tag, storageClass, key, location, count] = value.id;
  const dtype = isNode(storageClass, "global") && DTYPE_OF_STORAGE.get(storageClass.name);
  if (tag !== "storage" || !dtype || typeof key !== "string" || typeof location !== "string") {
    throw notATensor();
  }
  if (!/^\d{1,10}$/.test(key)) throw fault("the name of its storage is not a number");
  return { dtype, key, storageCount: toCount(count) };
}

/** What a parameter adds to a tensor: whether it wants gradients, and hooks, of which none. */
function checkParameter([requiresGrad, hooks, ...rest]: readonly PickleValue[]): void {
  const isEmpty = hooks === null || isNode(hooks, "empty") ||
    argumentsOf(hooks, ORDERED_DICT)?.length === 0;
  if (typeof requiresGrad !== "boolean" || !isEmpty || rest.length > 0) throw notATensor();
}

/** The arguments of a call of the named function; undefined if the value is something else. */
function argumentsOf(value: PickleValue, target: string): readonly PickleValue[] | undefined {
  if (!isNode(value, "call") || !isNode(value.target, "global")) return undefined;
  return value.target.name === target && isTuple(value.args) ? value.args : undefined;
}

function toCount(value: PickleValue): number {
  if (typeof value !== "number") throw notATensor();
  if (value < 0) throw fault("a size, stride, offset or count in it is negative");
  return value;
}

function toCounts(value: PickleValue): number[] {
  if (!isTuple(value)) throw notATensor();
  if (value.length > MAX_DIMENSIONS) {
    throw fault(`its tensor has ${value.length} dimensions, at most ${MAX_DIMENSIONS} are read`);
  }
  return value.map(toCount);
}

function notATensor(): WeftError {
  return fault("it holds something else than one dense tensor");
}

function fault(message: string): WeftError {
  return new WeftError(`Not a usable torch file: ${message}.`);
}

function globalName(module: string, name: string): number[] {
  return [0x63, ...ascii(`${module}\n${name}\n`)];
}

function text(value: string): number[] {
  return [0x58, ...littleEndian(value.length, 4), ...ascii(value)];
}

function ascii(value: string): number[] {
  return [...value].map((character) => character.charCodeAt(0));
}

/** The shortest opcode for a whole number from 0 up. */
function integer(value: number): number[] {
  if (value < 2 ** 8) return [0x4b, value];
  if (value < 2 ** 16) return [0x4d, ...littleEndian(value, 2)];
  if (value < 2 ** 31) return [0x4a, ...littleEndian(value, 4)];
  const bytes = littleEndian(value, 7); // the sign bit stays clear: values end at 2^53
  return [0x8a, bytes.length, ...bytes];
}

function tuple(values: readonly number[]): number[] {
  const items = values.flatMap(integer);
  if (values.length === 0) return [0x29];
  return values.length <= 3 ? [...items, 0x84 + values.length] : [0x28, ...items, 0x74];
}

function littleEndian(value: number, byteCount: number): number[] {
  return Array.from({ length: byteCount }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
}
