/**
 * A stage's parameters on the device with their gradients, moments and masters. All of them share
 * one layout in a few large buffers (spans), so that the optimizer needs few dispatches.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import { runOnce } from "../gpu/program.ts";
import {
  bytesOf,
  decodeElements,
  encodeElements,
  paddedCols,
  splitRows,
  type StorageDtype,
  type Tensor,
  TENSOR_USAGE,
  type TensorPart,
  writePart,
} from "../gpu/tensor.ts";
import type { OptimizerDtypes, OptimizerSpan } from "../ops/adamw.ts";
import { normalInit } from "../ops/normal_init.ts";
import type { ParameterLayout, ParameterView, WeightLayout } from "./parameter_layout.ts";

/** Which of the arrays that share a layout. */
export type ParameterArray = "param" | "gradient" | "m" | "v" | "master";

/** How a stage stores numbers. */
export interface Precision extends OptimizerDtypes {
  activation: StorageDtype;
  /** f32 copies of the parameters that the optimizer works on. */
  master: boolean;
}

/** The precisions by name: `f32`; `bf16` with f32 masters; `pure-bf16` as the published miner. */
export const PRECISIONS: Readonly<Record<"f32" | "bf16" | "pure-bf16", Precision>> = {
  "f32": { activation: "f32", param: "f32", gradient: "f32", moment: "f32", master: false },
  "bf16": { activation: "bf16", param: "bf16", gradient: "f32", moment: "f32", master: true },
  "pure-bf16": {
    activation: "bf16",
    param: "bf16",
    gradient: "bf16",
    moment: "bf16",
    master: false,
  },
};

/** Name of a precision. */
export type PrecisionName = keyof typeof PRECISIONS;

/** Offsets of parts in every array are a multiple of this: 256 bytes even in bf16. */
const ALIGN_ELEMENTS = 128;
/** Parameters read back in one go, at most, in bytes. */
const READ_BYTES = 64 * 2 ** 20;
/** Standard deviation of fresh weights. */
const INIT_DEVIATION = 0.02;

interface PlacedPart {
  span: number;
  offset: number;
  elements: number;
  firstRow: number;
  rows: number;
}

interface Span {
  elements: number;
  trained: boolean;
  buffers: Partial<Record<ParameterArray, GPUBuffer>>;
}

/** Parameters and all that shares their layout. */
export class Parameters {
  readonly #spans: Span[] = [];
  readonly #placed = new Map<string, PlacedPart[]>();

  /** Allocates all arrays, zeroed. */
  constructor(
    readonly gpu: Gpu,
    readonly layout: ParameterLayout,
    readonly precision: Precision,
  ) {
    for (const trained of [true, false]) {
      for (const weight of layout.weights) {
        if (weight.trained === trained) this.#placed.set(weight.label, this.#place(weight));
      }
    }
    for (const span of this.#spans) {
      for (const array of this.arrays) {
        const sizeBytes = span.elements * bytesOf(this.dtypeOf(array));
        span.buffers[array] = gpu.createBuffer(array, sizeBytes, TENSOR_USAGE);
      }
    }
  }

  /** Arrays that this precision keeps. */
  get arrays(): ParameterArray[] {
    const always: ParameterArray[] = ["param", "gradient", "m", "v"];
    return this.precision.master ? [...always, "master"] : always;
  }

  /** Number of parameters on the wire. */
  get count(): number {
    return this.layout.views.reduce((sum, view) => sum + elementsOf(view), 0);
  }

  /** How one array is stored. */
  dtypeOf(array: ParameterArray): StorageDtype {
    if (array === "master") return "f32";
    if (array === "m" || array === "v") return this.precision.moment;
    return this.precision[array];
  }

  /** A weight tensor, or the same place of another array. */
  tensor(label: string, array: ParameterArray = "param"): Tensor {
    const weight = this.layout.weights.find((one) => one.label === label);
    const placed = this.#placed.get(label);
    if (!weight || !placed) throw new RangeError(`there is no weight tensor ${label}`);
    const dtype = this.dtypeOf(array);
    return {
      label: array === "param" ? label : `${label} ${array}`,
      dtype,
      rows: weight.rows,
      cols: weight.cols,
      stride: paddedCols(weight.cols),
      parts: placed.map(({ span, offset, elements, firstRow, rows }) =>
        this.#part(span, array, offset, elements, firstRow, rows)
      ),
    };
  }

  /** The spans the optimizer works on; the untrained ones only move in a zero-gradient step. */
  spans(trained: boolean): OptimizerSpan[] {
    return this.#spans.flatMap((span, index) => {
      if (span.trained !== trained) return [];
      const whole = (array: ParameterArray): TensorPart =>
        this.#part(index, array, 0, span.elements, 0, 1);
      return [{
        items: span.elements / 4,
        param: whole("param"),
        gradient: whole("gradient"),
        m: whole("m"),
        v: whole("v"),
        master: this.precision.master ? whole("master") : undefined,
      }];
    });
  }

  /**
   * Reads one array parameter by parameter, in wire order, as f32 without padding.
   * Parameters that the precision keeps as masters are read from there with array `master`.
   */
  async *read(
    array: ParameterArray,
  ): AsyncGenerator<{ view: ParameterView; values: Float32Array<ArrayBuffer> }> {
    const dtype = this.dtypeOf(array);
    for (const batch of this.#batches(bytesOf(dtype))) {
      const ranges = batch.map((view) => this.#rowsOf(view, array));
      const bytes = await this.gpu.readback.read(ranges.flat());
      let next = 0;
      for (const [index, view] of batch.entries()) {
        const own = bytes.slice(next, next += ranges[index].length);
        yield { view, values: unpadView(view, joinRows(own, dtype)) };
      }
    }
  }

  /**
   * Writes a parameter's values, given as on the wire, into one array.
   * @throws {RangeError} if their number is wrong.
   */
  write(array: ParameterArray, view: ParameterView, values: Float32Array): void {
    if (values.length !== elementsOf(view)) {
      throw new RangeError(`${view.name} has ${elementsOf(view)} values, got ${values.length}`);
    }
    const padded = padView(view, values);
    const stride = paddedCols(view.weight.cols);
    let row = 0;
    for (const part of this.#rowsOf(view, array)) {
      const rows = padded.subarray(row * stride, (row + part.rows) * stride);
      writePart(this.gpu, part, encodeElements(rows, this.dtypeOf(array)));
      row += part.rows;
    }
  }

  /** Sets parameters and, where kept, masters to the same values. */
  writeParameter(view: ParameterView, values: Float32Array): void {
    this.write("param", view, values);
    if (this.precision.master) this.write("master", view, values);
  }

  /** Fresh weights: N(0, 0.02) for matrices, 1 for norms. */
  async initialise(seed: number): Promise<void> {
    const arrays: ParameterArray[] = this.precision.master ? ["param", "master"] : ["param"];
    const dispatches = arrays.flatMap((array) =>
      this.layout.views.filter((view) => view.dims.length === 2).flatMap((view) =>
        this.#initDispatches(view, array, seed)
      )
    );
    await runOnce(this.gpu, "init", dispatches);
    for (const view of this.layout.views) {
      if (view.dims.length === 1) this.writeParameter(view, new Float32Array(view.dims[0]).fill(1));
    }
  }

  /** Frees everything. */
  destroy(): void {
    for (const span of this.#spans) {
      for (const buffer of Object.values(span.buffers)) this.gpu.destroyBuffer(buffer);
    }
  }

  #initDispatches(
    view: ParameterView,
    array: ParameterArray,
    seed: number,
  ): ReturnType<typeof normalInit>[] {
    const stride = paddedCols(view.weight.cols);
    // The whole part is bound: rows inside it need not begin where a binding may.
    return this.#overlaps(view, array).map(({ part, first, rows }) =>
      normalInit({
        part,
        firstRowOfPart: first - part.firstRow,
        rows,
        firstRow: first - view.firstRow,
        stride,
        rowAxis: view.rowAxis,
        colAxis: view.colAxis,
        logicalCols: view.dims[1],
        dtype: this.dtypeOf(array),
        seed,
        stream: this.layout.views.indexOf(view),
        deviation: INIT_DEVIATION,
      })
    );
  }

  /** Puts a weight's rows into spans; a span fits one binding in the widest of its dtypes. */
  #place(weight: WeightLayout): PlacedPart[] {
    const widest = Math.max(...this.arrays.map((array) => bytesOf(this.dtypeOf(array))));
    const stride = paddedCols(weight.cols);
    const capacity = Math.floor(this.gpu.maxBindingBytes / widest / ALIGN_ELEMENTS) *
      ALIGN_ELEMENTS;
    let firstRow = 0;
    return splitRows(weight.rows, stride * widest, capacity * widest).map((rows) => {
      const elements = Math.ceil(rows * stride / ALIGN_ELEMENTS) * ALIGN_ELEMENTS;
      let index = this.#spans.length - 1;
      const last = this.#spans[index];
      if (!last || last.trained !== weight.trained || last.elements + elements > capacity) {
        index = this.#spans.push({ elements: 0, trained: weight.trained, buffers: {} }) - 1;
      }
      const span = this.#spans[index];
      const placed = { span: index, offset: span.elements, elements, firstRow, rows };
      span.elements += elements;
      firstRow += rows;
      return placed;
    });
  }

  #part(
    span: number,
    array: ParameterArray,
    offset: number,
    elements: number,
    firstRow: number,
    rows: number,
  ): TensorPart {
    const buffer = this.#spans[span].buffers[array];
    if (!buffer) throw new RangeError(`this precision keeps no ${array}`);
    const bytes = bytesOf(this.dtypeOf(array));
    return { buffer, offsetBytes: offset * bytes, sizeBytes: elements * bytes, firstRow, rows };
  }

  /** The stretches of an array that hold a view's rows. */
  #rowsOf(view: ParameterView, array: ParameterArray): TensorPart[] {
    const rowBytes = paddedCols(view.weight.cols) * bytesOf(this.dtypeOf(array));
    return this.#overlaps(view, array).map(({ part, first, rows }) => ({
      ...part,
      offsetBytes: part.offsetBytes + (first - part.firstRow) * rowBytes,
      sizeBytes: rows * rowBytes,
      firstRow: first,
      rows,
    }));
  }

  /** The parts of an array that hold rows of a view, and which ones, counted in the weight. */
  #overlaps(
    view: ParameterView,
    array: ParameterArray,
  ): { part: TensorPart; first: number; rows: number }[] {
    return this.tensor(view.weight.label, array).parts.flatMap((part) => {
      const first = Math.max(part.firstRow, view.firstRow);
      const end = Math.min(part.firstRow + part.rows, view.firstRow + view.rows);
      return end > first ? [{ part, first, rows: end - first }] : [];
    });
  }

  *#batches(elementBytes: number): Generator<ParameterView[]> {
    let batch: ParameterView[] = [];
    let bytes = 0;
    for (const view of this.layout.views) {
      const size = view.rows * paddedCols(view.weight.cols) * elementBytes;
      if (batch.length > 0 && bytes + size > READ_BYTES) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(view);
      bytes += size;
    }
    yield batch;
  }
}

/** Values of a parameter on the wire. */
export function elementsOf({ dims }: Pick<ParameterView, "dims">): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function joinRows(
  parts: readonly Uint8Array<ArrayBuffer>[],
  dtype: StorageDtype,
): Float32Array<ArrayBuffer> {
  if (parts.length === 1) return decodeElements(parts[0], dtype);
  const decoded = parts.map((part) => decodeElements(part, dtype));
  const out = new Float32Array(decoded.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of decoded) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Calls `copy` for each run of columns that is contiguous on both sides. */
function eachRun(
  view: ParameterView,
  copy: (logical: number, physical: number, length: number) => void,
): void {
  const [logicalRows, logicalCols] = view.dims.length === 1 ? [1, view.dims[0]] : view.dims;
  const stride = paddedCols(view.weight.cols);
  const { rowAxis, colAxis } = view;
  for (let row = 0; row < logicalRows; row++) {
    const physicalRow = Math.floor(row / rowAxis.valid) * rowAxis.padded + row % rowAxis.valid;
    for (let col = 0; col < logicalCols; col += colAxis.valid) {
      const physicalCol = col / colAxis.valid * colAxis.padded;
      const length = Math.min(colAxis.valid, logicalCols - col);
      copy(row * logicalCols + col, physicalRow * stride + physicalCol, length);
    }
  }
}

function padView(view: ParameterView, values: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(view.rows * paddedCols(view.weight.cols));
  eachRun(view, (logical, physical, length) => {
    out.set(values.subarray(logical, logical + length), physical);
  });
  return out;
}

function unpadView(view: ParameterView, padded: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(elementsOf(view));
  eachRun(view, (logical, physical, length) => {
    out.set(padded.subarray(physical, physical + length), logical);
  });
  return out;
}
