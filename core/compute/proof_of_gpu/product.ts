/**
 * The product A · B on a GPU, some rows at a time: no buffer is larger than an adapter's limits, and
 * no submission takes long, so that other work gets its turn in between.
 *
 * @module
 */

import elementsSource from "../../../shaders/elements.wgsl" with { type: "text" };
import matrixSource from "../../../shaders/proof_matrix.wgsl" with { type: "text" };
import productSource from "../../../shaders/proof_product.wgsl" with { type: "text" };
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { type Binding, type Dispatch, gridOf, read, readWrite } from "../../gpu/kernel.ts";
import { runOnce } from "../../gpu/program.ts";
import { TENSOR_USAGE } from "../../gpu/tensor.ts";

/** What the product's elements are while they are multiplied. */
export type ProofElement = "f32" | "f16";

/** A buffer that shaders see as a whole. */
export type Part = Binding["part"];

/** Rows or columns of a tile: `TILE_GROUPS` of the shader, in elements. */
const TILE = 64;
/** Bytes of the rows that are kept at once: enough rows to keep a GPU busy with their hashes. */
const BAND_BYTES = 2 ** 28;
/** Operations of one submission: 50 ms at 10 TFLOPS, or a second on two cores. A tile at least. */
const SUBMISSION_FLOPS = { hardware: 2 ** 39, software: 2 ** 31 };
const MATRIX_KERNEL = {
  name: "proof_matrix",
  source: [elementsSource, matrixSource].join("\n"),
};
const PRODUCT_KERNELS = {
  f32: { name: "proof_product, f32", source: `alias Element = f32;\n${productSource}` },
  f16: {
    name: "proof_product, f16",
    source: `enable f16;\nalias Element = f16;\n${productSource}`,
  },
};

/** Two square matrices as the product kernel reads them. */
export interface Operands {
  readonly n: number;
  readonly element: ProofElement;
  /** Side of the blocks that repeat; undefined for vectors whose element i + j is that of (i, j). */
  readonly side: number | undefined;
  readonly a: Part;
  readonly b: Part;
}

/** Rows of the product. */
export interface RowRange {
  readonly firstRow: number;
  readonly rows: number;
}

/** Makes the values of a seed, `count` of them. Resolves when it is submitted. */
export async function generateValues(
  gpu: Gpu,
  label: string,
  values: { seed: number; count: number; element: ProofElement; normal: boolean },
): Promise<Part> {
  const { seed, count, element, normal } = values;
  const part = createPart(gpu, label, (element === "f16" ? 2 : 4) * count);
  const WORKGROUP = 64;
  try {
    await runOnce(gpu, label, [{
      kernel: MATRIX_KERNEL,
      label,
      constants: { NORMAL: normal, HALF: element === "f16", WORKGROUP },
      bindings: [readWrite(part)],
      params: [seed, count],
      grid: gridOf(Math.ceil(count / 2), WORKGROUP),
      flops: 0,
      bytes: part.sizeBytes,
    }]);
    return part;
  } catch (error) {
    gpu.destroyBuffer(part.buffer);
    throw error;
  }
}

/** A buffer of so many bytes, and some padding. */
export function createPart(gpu: Gpu, label: string, bytes: number): Part {
  const buffer = gpu.createBuffer(label, bytes, TENSOR_USAGE);
  return { buffer, offsetBytes: 0, sizeBytes: buffer.size };
}

/** Frees buffers of `createPart` and `generateValues`. */
export function freeParts(gpu: Gpu, parts: readonly Part[]): void {
  for (const { buffer } of parts) gpu.destroyBuffer(buffer);
}

/** Values of a vector that hold the matrix n × n, and what the tiles at its edge read beyond. */
export function vectorLength(n: number): number {
  return 2 * (Math.ceil(n / TILE) + 1) * TILE;
}

/** Side of the largest square blocks of elements that fit a band, at most n rounded up. */
export function blockSide(gpu: Gpu, n: number): number {
  const most = Math.floor(Math.sqrt(bandBytes(gpu) / 4) / TILE) * TILE;
  return Math.min(most, Math.ceil(n / TILE) * TILE);
}

/**
 * The bands that n rows are computed in, each with as many rows as fit.
 * @throws {WeftError} if not even one tile's rows fit the adapter
 */
export function bandsOf(gpu: Gpu, n: number): RowRange[] {
  const fitting = Math.floor(bandBytes(gpu) / (4 * n));
  const rows = fitting >= n ? n : Math.floor(fitting / TILE) * TILE;
  if (rows > 0) return cut({ firstRow: 0, rows: n }, rows);
  throw new WeftError(
    `${TILE} rows of ${n} values do not fit the ${gpu.maxBindingBytes} bytes that this adapter ` +
      `binds at once: ask for a smaller n, or use another GPU`,
  );
}

/**
 * Computes rows of the product, one submission after another.
 * @param out holds them from its start, n f32 each
 * @param signal ends it between two submissions, with its reason as the error
 */
export async function multiplyRows(
  gpu: Gpu,
  operands: Operands,
  range: RowRange,
  out: Part,
  signal?: AbortSignal,
): Promise<void> {
  const flopsOfTile = 2 * TILE * operands.n ** 2;
  const most = gpu.isSoftware ? SUBMISSION_FLOPS.software : SUBMISSION_FLOPS.hardware;
  const rows = Math.max(1, Math.floor(most / flopsOfTile)) * TILE;
  for (const strip of cut(range, rows)) {
    signal?.throwIfAborted();
    const dispatch = stripDispatch(operands, strip, strip.firstRow - range.firstRow, out);
    await runOnce(gpu, dispatch.label, [dispatch]);
  }
}

/** Compiles what `multiplyRows` will need, so that its time is that of the product alone. */
export async function warmUpProduct(gpu: Gpu, operands: Operands, out: Part): Promise<void> {
  // Drivers compile when a pipeline first runs; one tile of a small matrix has it run.
  const small = { ...operands, n: Math.min(operands.n, TILE) };
  await multiplyRows(gpu, small, { firstRow: 0, rows: 1 }, out);
}

function stripDispatch(
  { n, element, side, a, b }: Operands,
  { firstRow, rows }: RowRange,
  outRow: number,
  out: Part,
): Dispatch {
  return {
    kernel: PRODUCT_KERNELS[element],
    label: `rows ${firstRow} to ${firstRow + rows - 1} of a proof's product`,
    shape: [rows, n, n],
    constants: { HANKEL: side === undefined },
    bindings: [read(a), read(b), readWrite(out)],
    params: [n, rows, firstRow, outRow, side ?? TILE],
    grid: [Math.ceil(n / TILE), Math.ceil(rows / TILE), 1],
    flops: 2 * rows * n * n,
    bytes: 4 * rows * n,
  };
}

function bandBytes(gpu: Gpu): number {
  return Math.min(BAND_BYTES, gpu.maxBindingBytes);
}

function cut({ firstRow, rows }: RowRange, most: number): RowRange[] {
  return Array.from({ length: Math.ceil(rows / most) }, (_, at) => ({
    firstRow: firstRow + at * most,
    rows: Math.min(most, rows - at * most),
  }));
}
