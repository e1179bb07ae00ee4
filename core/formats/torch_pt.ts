/**
 * A single tensor in the `.pt` file that `torch.save` writes and `torch.load` reads: a zip archive
 * with a pickle that describes the tensor (`data.pkl`) and its storage as raw bytes (`data/0`).
 *
 * Lists, dictionaries, quantized and sparse tensors, and dtypes outside of `Dtype` are not read.
 * Source: files of PyTorch 2.13.0.
 *
 * @module
 */

import { WeftError } from "../errors.ts";
import { checkTensor, type HostTensor, ITEM_SIZE_BYTES } from "./dtype.ts";
import {
  contiguousStrides,
  readTensorPickle,
  type StoredTensor,
  writeTensorPickle,
} from "./torch_pickle.ts";
import { extractZipEntry, listZip, writeZip, type ZipEntry } from "./zip.ts";

/** Limits for {@linkcode readTorchTensor}. */
export interface TorchReadOptions {
  /**
   * The most bytes that the tensor and its storage may have.
   *
   * @default {1073741824}
   */
  readonly maxBytes?: number;
}

const PICKLE_NAME = "data.pkl";
const MAX_PICKLE_BYTES = 64 * 1024;
const MAX_LABEL_BYTES = 64;

/**
 * Reads the tensor of a `.pt` file. Nothing in the file is executed. A tensor that is a view into a
 * larger storage is gathered into row-major order, big-endian storage is swapped.
 *
 * @throws {WeftError} if the file is broken, cut short, larger than allowed, or holds anything else
 *   than one dense tensor
 */
export function readTorchTensor(bytes: Uint8Array, options: TorchReadOptions = {}): HostTensor {
  const maxBytes = options.maxBytes ?? 2 ** 30;
  const archive = openArchive(bytes);
  if (!/^\d{1,4}\s*$/.test(archive.label("version") ?? "")) {
    throw fault("it has no version entry");
  }
  const byteOrder = archive.label("byteorder") ?? "little";
  if (byteOrder !== "little" && byteOrder !== "big") throw fault("its byte order is unknown");
  const description = readTensorPickle(archive.extract(PICKLE_NAME, MAX_PICKLE_BYTES));
  checkBounds(description, maxBytes);
  const { dtype, shape, key } = description;
  const storage = archive.extract(`data/${key}`, maxBytes);
  const itemSize = ITEM_SIZE_BYTES[dtype];
  if (storage.length < description.storageCount * itemSize) {
    throw fault("its storage is shorter than its description says");
  }
  const tensorBytes = gather(storage, itemSize, description);
  if (byteOrder === "big") swapBytes(tensorBytes, itemSize);
  return { dtype, shape, bytes: tensorBytes };
}

/**
 * Writes a tensor so that `torch.load` reads it, with `weights_only` or without. Equal tensors give
 * equal bytes.
 *
 * @throws {RangeError} if the tensor's bytes don't fit its shape
 */
export function writeTorchTensor(tensor: HostTensor): Uint8Array {
  checkTensor(tensor);
  const encoder = new TextEncoder();
  return writeZip({
    [`archive/${PICKLE_NAME}`]: writeTensorPickle(tensor.dtype, tensor.shape),
    "archive/byteorder": encoder.encode("little"),
    "archive/data/0": tensor.bytes,
    "archive/version": encoder.encode("3\n"),
  });
}

interface Archive {
  /** The content of an entry below the archive's root. */
  extract(name: string, maxBytes: number): Uint8Array;
  /** A short entry as text; undefined if there is none. */
  label(name: string): string | undefined;
}

function openArchive(bytes: Uint8Array): Archive {
  const entries = new Map(listZip(bytes).map((entry) => [entry.name, entry]));
  const pickles = [...entries.keys()].filter((name) => name.endsWith(`/${PICKLE_NAME}`));
  if (pickles.length !== 1) {
    throw fault(`it has ${pickles.length} entries ${PICKLE_NAME}, expected one`);
  }
  const root = pickles[0].slice(0, -PICKLE_NAME.length);
  const extract = (name: string, maxBytes: number): Uint8Array => {
    const entry: ZipEntry | undefined = entries.get(root + name);
    if (!entry) throw fault(`it has no entry ${name}`);
    if (entry.sizeBytes > maxBytes) {
      throw fault(`its entry ${name} claims ${entry.sizeBytes} bytes, allowed are ${maxBytes}`);
    }
    return extractZipEntry(bytes, entry);
  };
  const label = (name: string): string | undefined =>
    entries.has(root + name) ? new TextDecoder().decode(extract(name, MAX_LABEL_BYTES)) : undefined;
  return { extract, label };
}

/** Checks that the tensor lies inside its storage and both are within the limit. */
function checkBounds(tensor: StoredTensor, maxBytes: number): void {
  const { dtype, shape, strides, offset, storageCount } = tensor;
  const maxCount = maxBytes / ITEM_SIZE_BYTES[dtype];
  const count = shape.reduce((product, size) => product * size, 1);
  if (!(count <= maxCount) || storageCount > maxCount) {
    throw fault(`a ${dtype} tensor of shape [${shape}] takes more than ${maxBytes} bytes`);
  }
  if (count === 0) return;
  const last = shape.reduce((index, size, axis) => index + (size - 1) * strides[axis], offset);
  if (last >= storageCount) throw fault("its tensor reaches past the end of its storage");
}

/** The tensor's items in row-major order; without a copy where they lie so already. */
function gather(storage: Uint8Array, itemSize: number, tensor: StoredTensor): Uint8Array {
  const { shape, strides, offset } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  if (count === 0) return new Uint8Array(0);
  const packed = contiguousStrides(shape);
  if (strides.every((stride, axis) => shape[axis] === 1 || stride === packed[axis])) {
    return storage.subarray(offset * itemSize, (offset + count) * itemSize);
  }
  const out = new Uint8Array(count * itemSize);
  const index = shape.map(() => 0);
  let source = offset;
  for (let item = 0; item < count; item++) {
    for (let byte = 0; byte < itemSize; byte++) {
      out[item * itemSize + byte] = storage[source * itemSize + byte];
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return out;
}

function swapBytes(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start < bytes.length; start += itemSize) {
    bytes.subarray(start, start + itemSize).reverse();
  }
}

function fault(message: string): WeftError {
  return new WeftError(`Not a usable torch file: ${message}.`);
}
