/**
 * Random weights made on the device, the same on every adapter up to rounding.
 *
 * @module
 */
import source from "../../shaders/normal_init.wgsl" with { type: "text" };
import { type Dispatch, f32Word, gridOf, readWrite } from "../gpu/kernel.ts";
import type { StorageDtype, TensorPart } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";

const KERNEL = kernel("normal_init", source);
const WORKGROUP = 64;

/** Of every `padded` rows (or columns) the first `valid` are real, the others stay zero. */
export interface PaddedAxis {
  padded: number;
  valid: number;
}

/** Where the numbers go and which ones they are. */
export interface NormalInit {
  /** Rows of the part to fill, and where they begin. */
  part: TensorPart;
  firstRowOfPart: number;
  rows: number;
  /** The first of these rows, counted in the parameter with its padding. */
  firstRow: number;
  /** Elements from one row to the next. */
  stride: number;
  rowAxis: PaddedAxis;
  colAxis: PaddedAxis;
  /** Columns of the parameter without padding. */
  logicalCols: number;
  dtype: StorageDtype;
  seed: number;
  /** Tells parameters of one seed apart. */
  stream: number;
  deviation: number;
}

/** Normal numbers of mean 0. Must equal `normalInit` of core/reference. */
export function normalInit(init: NormalInit): Dispatch {
  const groups = init.stride / 4;
  const items = init.rows * groups;
  return {
    kernel: KERNEL,
    label: "init",
    constants: { OUT_BF16: init.dtype === "bf16", WORKGROUP },
    bindings: [readWrite(init.part)],
    params: [
      ...[items, groups, init.firstRow, init.firstRowOfPart * groups],
      ...[init.rowAxis.padded, init.rowAxis.valid, init.colAxis.padded, init.colAxis.valid],
      ...[init.logicalCols, init.seed >>> 0, init.stream],
      f32Word(init.deviation),
    ],
    grid: gridOf(items, WORKGROUP),
    flops: 0,
    bytes: init.part.sizeBytes,
  };
}
