/**
 * Random weights on the GPU against `normalInit` of the reference.
 *
 * @module
 */

import type { StorageDtype, Tensor } from "../../core/gpu/tensor.ts";
import { normalInit, type PaddedAxis } from "../../core/ops/normal_init.ts";
import { onlyPart } from "../../core/ops/shapes.ts";
import { normalInit as reference } from "../../core/reference/normal_init.ts";
import { assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest } from "./device.ts";

const gpu = await openTestGpu();

const RANDOM = { seed: 12345, stream: 3, deviation: 0.02 };

/** Of one deviation: some roundings of 6e-8 in numbers of size 6. */
const RELATIVE = 2e-6;

interface Parameter {
  dtype: StorageDtype;
  rowAxis: PaddedAxis;
  colAxis: PaddedAxis;
  rows: number;
  cols: number;
}

async function fill(op: OpTest, parameter: Parameter): Promise<Tensor> {
  const { dtype, rowAxis, colAxis, rows, cols } = parameter;
  const tensor = op.output("weight", dtype, rows, cols);
  await op.run(normalInit({
    part: onlyPart(tensor),
    firstRowOfPart: 0,
    rows,
    firstRow: 0,
    stride: tensor.stride,
    rowAxis,
    colAxis,
    logicalCols: cols / colAxis.padded * colAxis.valid,
    dtype,
    ...RANDOM,
  }));
  return tensor;
}

function whole(length: number): PaddedAxis {
  return { padded: length, valid: length };
}

for (const dtype of ["f32", "bf16"] as const) {
  opTest(`normalInit() in ${dtype} gives the reference's numbers`, gpu, async (op) => {
    const [rows, cols] = [37, 129];
    const tensor = await fill(op, {
      dtype,
      rows,
      cols,
      rowAxis: whole(rows),
      colAxis: whole(cols),
    });
    const expected = new Float32Array(rows * cols);
    reference(expected, RANDOM);
    assertSumsClose("weight", await op.values(tensor), expected, {
      magnitudes: RANDOM.deviation,
      relative: RELATIVE,
      dtype,
    });
  });
}

opTest(
  "normalInit() gives the same numbers whatever the padding, which is zero",
  gpu,
  async (op) => {
    // Heads of 6 channels: halves of 3 in places of 4, along rows and along columns.
    const halves = { padded: 4, valid: 3 };
    const tensor = await fill(op, {
      dtype: "f32",
      rows: 8,
      cols: 16,
      rowAxis: halves,
      colAxis: halves,
    });
    const logical = new Float32Array(6 * 12);
    reference(logical, RANDOM);
    const expected = new Float32Array(8 * 16);
    logical.forEach((value, i) => {
      const [row, col] = [Math.floor(i / 12), i % 12];
      const padded = (at: number): number => Math.floor(at / 3) * 4 + at % 3;
      expected[padded(row) * 16 + padded(col)] = value;
    });
    assertSumsClose("weight", await op.values(tensor), expected, {
      magnitudes: RANDOM.deviation,
      relative: RELATIVE,
      dtype: "f32",
    });
  },
);

opTest("normalInit() of a part begins where the part does", gpu, async (op) => {
  const [rows, cols] = [10, 5];
  const tensor = op.tensor("weight", "f32", 6, cols, new Float32Array(30));
  // Rows 4 to 8 of the parameter go to rows 1 to 5 of the part.
  await op.run(normalInit({
    part: onlyPart(tensor),
    firstRowOfPart: 1,
    rows: 4,
    firstRow: 4,
    stride: tensor.stride,
    rowAxis: whole(rows),
    colAxis: whole(cols),
    logicalCols: cols,
    dtype: "f32",
    ...RANDOM,
  }));
  const all = new Float32Array(rows * cols);
  reference(all, RANDOM);
  const expected = new Float32Array(30);
  expected.set(all.subarray(4 * cols, 8 * cols), cols);
  assertSumsClose("weight", await op.values(tensor), expected, {
    magnitudes: RANDOM.deviation,
    relative: RELATIVE,
    dtype: "f32",
  });
});
