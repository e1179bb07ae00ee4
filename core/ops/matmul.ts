/**
 * Matrix products. A linear layer y = x Wᵀ needs three: `x Wᵀ` forward, `dy W` for its input's
 * gradient and `dyᵀ x` for its weight's.
 *
 * @module
 */
import direct from "../../shaders/matmul_direct.wgsl" with { type: "text" };
import operands from "../../shaders/matmul_operands.wgsl" with { type: "text" };
import tiled from "../../shaders/matmul_tiled.wgsl" with { type: "text" };
import { type Dispatch, read, readWrite } from "../gpu/kernel.ts";
import { bytesOf, type Tensor, type TensorPart } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { isBf16, onlyPart } from "./shapes.ts";

/** Which kernel computes a product: register blocks, or tiles in workgroup memory. */
export type MatmulVariant = "direct" | "tiled";

const KERNELS = {
  direct: kernel("matmul_direct", operands, direct),
  tiled: kernel("matmul_tiled", operands, tiled),
};

/** Threads of a workgroup of the direct variant along each axis, 16 rows or columns a thread. */
const DIRECT_WORKGROUP = 2;
const DIRECT_BLOCK = 16;
const TILE = 64;

/** Options of `matmul`. */
export interface MatmulOptions {
  variant: MatmulVariant;
  /** a is stored (K, M). */
  transposeA?: boolean;
  /** b is stored (N, K). */
  transposeB?: boolean;
  /** Adds to `out` instead of replacing it. */
  accumulate?: boolean;
  /** (M, width): added to the first `width` columns of the result. */
  residual?: { tensor: Tensor; width: number };
  /** Independent products stacked along the rows of a, b and out. */
  batch?: number;
}

/** A block of a product: which rows and columns of out, from which parts. */
interface Block {
  a: TensorPart;
  b: TensorPart;
  out: TensorPart;
  M: number;
  N: number;
  K: number;
  aOffset: number;
  bOffset: number;
  outOffset: number;
  /** First row and column of the whole product that this block computes. */
  firstRow: number;
  firstColumn: number;
  /** Whether an earlier block of the same rows and columns has gone before, or out is added to. */
  accumulate: boolean;
  /** Whether this is the first block of its rows and columns: the one that adds the residual. */
  first: boolean;
}

/**
 * out (M, N) (+)= op(a) · op(b) (+ residual), any of them f32 or bf16, sums in f32. Split tensors
 * are taken part by part; a sum over a split operand is rounded to out's dtype after each part. Must
 * equal `matmul` of core/reference.
 * @throws {RangeError} if the shapes do not fit, or a batch meets a split tensor.
 */
export function matmul(
  label: string,
  { out, a, b }: { out: Tensor; a: Tensor; b: Tensor },
  options: MatmulOptions,
): Dispatch[] {
  const batch = options.batch ?? 1;
  const { M, N, K } = productShape(label, out, a, b, options, batch);
  const blocks = batch > 1
    ? [batchedBlock(out, a, b, { M, N, K }, options)]
    : splitBlocks(out, a, b, { M, N, K }, options);
  return blocks.map((block) => blockDispatch(label, { out, a, b }, block, options, batch));
}

function productShape(
  label: string,
  out: Tensor,
  a: Tensor,
  b: Tensor,
  { transposeA, transposeB, residual }: MatmulOptions,
  batch: number,
): { M: number; N: number; K: number } {
  const [aRows, bRows, outRows] = [a.rows / batch, b.rows / batch, out.rows / batch];
  const [M, K] = transposeA ? [a.cols, aRows] : [aRows, a.cols];
  const [bK, N] = transposeB ? [b.cols, bRows] : [bRows, b.cols];
  if (K !== bK || outRows !== M || out.cols !== N || ![M, N, K].every(Number.isInteger)) {
    throw new RangeError(
      `${label}: ${M} x ${K} times ${bK} x ${N} into ${outRows} x ${out.cols} does not fit`,
    );
  }
  if (residual && (residual.tensor.rows !== M || residual.width > residual.tensor.cols)) {
    throw new RangeError(
      `${label}: the residual must have ${M} rows and ${residual.width} columns`,
    );
  }
  return { M, N, K };
}

/** Cuts the product where a, b or out are split: over rows of out, columns of out, or the sum. */
function splitBlocks(
  out: Tensor,
  a: Tensor,
  b: Tensor,
  { M, N, K }: { M: number; N: number; K: number },
  { transposeA, transposeB, accumulate }: MatmulOptions,
): Block[] {
  const blocks: Block[] = [];
  for (const outPart of out.parts) {
    for (const aPart of a.parts) {
      for (const bPart of b.parts) {
        // Rows of out that both parts have: a split over M must match out's own split.
        const rows = transposeA ? outPart : overlap(outPart, aPart);
        const sums = overlapOfSums(aPart, bPart, !!transposeA, !transposeB, K);
        if (!rows || !sums) continue;
        const columns = transposeB ? bPart : { firstRow: 0, rows: N };
        const firstSum = sums.firstRow;
        blocks.push({
          a: aPart,
          b: bPart,
          out: outPart,
          M: transposeA ? Math.min(outPart.rows, M) : rows.rows,
          N: columns.rows,
          K: sums.rows,
          aOffset: transposeA
            ? (firstSum - aPart.firstRow) * groups(a) + outPart.firstRow / 4
            : (rows.firstRow - aPart.firstRow) * groups(a) + firstSum / 4,
          bOffset: transposeB ? firstSum / 4 : (firstSum - bPart.firstRow) * groups(b),
          outOffset: (transposeA ? 0 : rows.firstRow - outPart.firstRow) * groups(out) +
            columns.firstRow / 4,
          firstRow: rows.firstRow,
          firstColumn: columns.firstRow,
          accumulate: !!accumulate || firstSum > 0,
          first: firstSum === 0,
        });
      }
    }
  }
  return blocks;
}

type Rows = Pick<TensorPart, "firstRow" | "rows">;

function overlap(x: Rows, y: Rows): Rows | undefined {
  const firstRow = Math.max(x.firstRow, y.firstRow);
  const end = Math.min(x.firstRow + x.rows, y.firstRow + y.rows);
  return end > firstRow ? { firstRow, rows: end - firstRow } : undefined;
}

/** The stretch of the sum over K that both parts hold; an operand not split over K holds all. */
function overlapOfSums(
  a: Rows,
  b: Rows,
  aSummedByRow: boolean,
  bSummedByRow: boolean,
  K: number,
): Rows | undefined {
  const whole = { firstRow: 0, rows: K };
  return overlap(aSummedByRow ? a : whole, bSummedByRow ? b : whole);
}

function batchedBlock(
  out: Tensor,
  a: Tensor,
  b: Tensor,
  shape: { M: number; N: number; K: number },
  { accumulate, residual }: MatmulOptions,
): Block {
  if (residual || [out, a, b].some((tensor) => tensor.parts.length > 1)) {
    throw new RangeError("a batched product takes neither a residual nor split tensors");
  }
  const parts = { a: a.parts[0], b: b.parts[0], out: out.parts[0] };
  return {
    ...parts,
    ...shape,
    ...{ aOffset: 0, bOffset: 0, outOffset: 0, firstRow: 0, firstColumn: 0 },
    accumulate: !!accumulate,
    first: true,
  };
}

function groups(tensor: Tensor): number {
  return tensor.stride / 4;
}

function blockDispatch(
  label: string,
  { out, a, b }: { out: Tensor; a: Tensor; b: Tensor },
  block: Block,
  { variant, transposeA, transposeB, residual }: MatmulOptions,
  batch: number,
): Dispatch {
  const { M, N, K } = block;
  // Without a residual its binding still needs a buffer: a is read anyway.
  const extra = residual?.tensor ?? a;
  const extraPart = residual ? onlyPart(residual.tensor) : block.a;
  const extraWidth = residual && block.first ? residual.width - block.firstColumn : 0;
  return {
    kernel: KERNELS[variant],
    label,
    shape: batch > 1 ? [batch, M, N, K] : [M, N, K],
    constants: {
      TRANSPOSE_A: !!transposeA,
      TRANSPOSE_B: !!transposeB,
      ACCUMULATE: block.accumulate,
      A_BF16: isBf16(a),
      B_BF16: isBf16(b),
      RESIDUAL_BF16: isBf16(extra),
      OUT_BF16: isBf16(out),
    },
    bindings: [read(block.a), read(block.b), read(extraPart), readWrite(block.out)],
    params: [
      ...[M, N, K, groups(a), groups(b), groups(out)],
      ...[block.aOffset, block.bOffset, block.outOffset],
      ...[groups(extra), block.firstRow * groups(extra) + block.firstColumn / 4],
      Math.min(N, Math.max(0, extraWidth)),
      ...[a, b, out].map((tensor) => tensor.rows / batch * groups(tensor)),
    ],
    grid: variant === "direct"
      ? [...directGrid(M, N), batch]
      : [Math.ceil(N / TILE), Math.ceil(M / TILE), batch],
    flops: 2 * M * N * K * batch,
    bytes: batch *
      (M * K * bytesOf(a.dtype) + N * K * bytesOf(b.dtype) + M * N * bytesOf(out.dtype)),
  };
}

function directGrid(M: number, N: number): [number, number] {
  const side = DIRECT_WORKGROUP * DIRECT_BLOCK;
  return [Math.ceil(N / side), Math.ceil(M / side)];
}
