/**
 * Checks and small sums that every op needs.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { bytesOf, paddedCols, type Tensor, type TensorPart } from "../gpu/tensor.ts";

/**
 * @throws {RangeError} if the tensor is not `rows` × `cols`.
 */
export function expectShape(tensor: Tensor, rows: number, cols: number): void {
  if (tensor.rows !== rows || tensor.cols !== cols) {
    throw new RangeError(
      `${tensor.label} is ${tensor.rows} x ${tensor.cols}, expected ${rows} x ${cols}`,
    );
  }
}

/**
 * The one part of a tensor that must not be split.
 * @throws {WeftError} if it is split.
 */
export function onlyPart(tensor: Tensor): TensorPart {
  if (tensor.parts.length !== 1) {
    throw new WeftError(
      `${tensor.label} is too large for one binding of this adapter: ` +
        `choose a smaller batch or sequence`,
    );
  }
  return tensor.parts[0];
}

/** Groups of four elements in a row. */
export function groupsOf(tensor: Pick<Tensor, "cols">): number {
  return paddedCols(tensor.cols) / 4;
}

/** Whether a tensor is stored as bf16. */
export function isBf16(tensor: Pick<Tensor, "dtype">): boolean {
  return tensor.dtype === "bf16";
}

/** Bytes of all elements, padding included. */
export function sizeOf(...tensors: Tensor[]): number {
  return tensors.reduce((sum, { rows, stride, dtype }) => sum + rows * stride * bytesOf(dtype), 0);
}

/** Threads that share a row of `groups` groups: a power of two, at most `most`. */
export function lanesFor(groups: number, most: number): number {
  let lanes = 1;
  while (lanes < most && lanes < groups) lanes *= 2;
  return lanes;
}
