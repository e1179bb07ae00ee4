/**
 * Tensors on the device. A tensor is a list of rows; each row is padded with zeros to a multiple of
 * four elements, so every shader may read four elements at once whatever the shape. Rows that do
 * not fit one binding are split over several parts.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { bf16ToFloat32, float32ToBf16 } from "../formats/bf16.ts";
import type { Gpu } from "./gpu.ts";

/** How elements are stored: f32, bf16 (two in a u32, the earlier in the low half), or u32. */
export type StorageDtype = "f32" | "bf16" | "u32";

/** Rows of a tensor that lie in one binding. */
export interface TensorPart {
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** First row of the tensor in this part. */
  readonly firstRow: number;
  readonly rows: number;
}

/** Shape, dtype and place of a tensor on the device. */
export interface Tensor {
  readonly label: string;
  readonly dtype: StorageDtype;
  readonly rows: number;
  /** Elements of a row without its padding. */
  readonly cols: number;
  /** Elements from one row to the next: `cols` rounded up to a multiple of four. */
  readonly stride: number;
  readonly parts: readonly TensorPart[];
}

/** Parts of a split tensor hold a multiple of this many rows, so that their columns stay aligned. */
const PART_ROWS = 64;

/** What tensor buffers are used for. */
export const TENSOR_USAGE: number = 0x80 /* STORAGE */ | 0x04 /* COPY_SRC */ | 0x08 /* COPY_DST */;

/** Bytes of one stored element. */
export function bytesOf(dtype: StorageDtype): number {
  return dtype === "bf16" ? 2 : 4;
}

/** `cols` rounded up to whole groups of four elements. */
export function paddedCols(cols: number): number {
  return Math.ceil(cols / 4) * 4;
}

/**
 * Cuts rows so that each part fits one binding of `maxBindingBytes`.
 * @throws {WeftError} if not even the least number of rows fits.
 */
export function splitRows(rows: number, rowBytes: number, maxBindingBytes: number): number[] {
  if (rows * rowBytes <= maxBindingBytes) return [rows];
  const most = Math.floor(maxBindingBytes / rowBytes / PART_ROWS) * PART_ROWS;
  if (most === 0) {
    throw new WeftError(
      `${PART_ROWS} rows of ${rowBytes} bytes do not fit the ${maxBindingBytes} bytes that this ` +
        `adapter binds at once: choose a smaller model, or another GPU`,
    );
  }
  const counts: number[] = [];
  for (let left = rows; left > 0; left -= most) counts.push(Math.min(left, most));
  return counts;
}

/** Allocates a zeroed tensor of `rows` × `cols` with buffers of its own. */
export function createTensor(
  gpu: Gpu,
  label: string,
  dtype: StorageDtype,
  rows: number,
  cols: number,
): Tensor {
  const stride = paddedCols(cols);
  const rowBytes = stride * bytesOf(dtype);
  let firstRow = 0;
  const parts = splitRows(rows, rowBytes, gpu.maxBindingBytes).map((count) => {
    const sizeBytes = Math.max(16, Math.ceil(count * rowBytes / 16) * 16);
    const buffer = gpu.createBuffer(label, sizeBytes, TENSOR_USAGE);
    const part = { buffer, offsetBytes: 0, sizeBytes, firstRow, rows: count };
    firstRow += count;
    return part;
  });
  return { label, dtype, rows, cols, stride, parts };
}

/** Frees the buffers of a tensor made by `createTensor`. */
export function destroyTensor(gpu: Gpu, tensor: Tensor): void {
  for (const part of tensor.parts) gpu.destroyBuffer(part.buffer);
}

/**
 * Writes rows×cols values, row after row without padding, rounding to the tensor's dtype.
 * @throws {RangeError} if the number of values is not rows × cols.
 */
export function writeTensor(gpu: Gpu, tensor: Tensor, values: Float32Array | Uint32Array): void {
  if (values.length !== tensor.rows * tensor.cols) {
    throw new RangeError(
      `${tensor.label} takes ${tensor.rows} x ${tensor.cols} values, got ${values.length}`,
    );
  }
  const padded = padRows(values, tensor);
  for (const part of tensor.parts) {
    const from = part.firstRow * tensor.stride;
    const rows = padded.subarray(from, from + part.rows * tensor.stride);
    writePart(gpu, part, encodeElements(rows, tensor.dtype));
  }
}

/** Writes already encoded rows of one part. */
export function writePart(gpu: Gpu, part: TensorPart, bytes: Uint8Array<ArrayBuffer>): void {
  gpu.device.queue.writeBuffer(part.buffer, part.offsetBytes, bytes);
}

/** Reads a whole tensor back as f32 values without padding. */
export async function readTensor(gpu: Gpu, tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await gpu.readback.read(tensor.parts.map((part) => ({
    buffer: part.buffer,
    offsetBytes: part.offsetBytes,
    sizeBytes: Math.ceil(part.rows * tensor.stride * bytesOf(tensor.dtype) / 4) * 4,
  })));
  const out = new Float32Array(tensor.rows * tensor.cols);
  tensor.parts.forEach((part, index) => {
    const values = decodeElements(bytes[index], tensor.dtype);
    unpadRows(values, tensor, part.rows, out.subarray(part.firstRow * tensor.cols));
  });
  return out;
}

/** Encodes f32 values as stored elements; u32 values are passed through. */
export function encodeElements(
  values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  dtype: StorageDtype,
): Uint8Array<ArrayBuffer> {
  if (dtype === "bf16" && values instanceof Float32Array) {
    const halves = new Uint16Array(values.length);
    float32ToBf16(values, halves);
    return new Uint8Array(halves.buffer);
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The f32 values of stored elements. */
export function decodeElements(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: StorageDtype,
): Float32Array<ArrayBuffer> {
  if (dtype === "f32") return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (dtype === "u32") {
    return Float32Array.from(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const out = new Float32Array(halves.length);
  bf16ToFloat32(halves, out);
  return out;
}

function padRows(
  values: Float32Array | Uint32Array,
  { rows, cols, stride }: Tensor,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const out = values instanceof Uint32Array
    ? new Uint32Array(rows * stride)
    : new Float32Array(rows * stride);
  if (stride === cols) {
    out.set(values);
    return out;
  }
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * cols, (row + 1) * cols), row * stride);
  }
  return out;
}

function unpadRows(
  values: Float32Array,
  { cols, stride }: Tensor,
  rows: number,
  out: Float32Array,
): void {
  if (stride === cols) {
    out.set(values.subarray(0, rows * cols));
    return;
  }
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * stride, row * stride + cols), row * cols);
  }
}
