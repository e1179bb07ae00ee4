/**
 * Rotary position embedding on the GPU against `ropeForward` and `ropeBackward` of the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype, Tensor } from "../../core/gpu/tensor.ts";
import { type HeadShape, paddedHead, qkvCols, rope } from "../../core/ops/attention.ts";
import {
  PUBLISHED_ROPE,
  ropeBackward,
  ropeForward,
  type RopeTable,
  ropeTable,
} from "../../core/reference/rope.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, stored } from "./device.ts";
import { joinColumns, padHeads, takeColumns, unpadHeads } from "./heads.ts";

const gpu = await openTestGpu();

/** Two products and their sum: at most three roundings of 6e-8. */
const RELATIVE = 2e-7;

async function checkRope(
  op: OpTest,
  shape: HeadShape,
  { dtype, inverse }: { dtype: StorageDtype; inverse: boolean },
): Promise<void> {
  const { B, T, NH, NKV, HD } = shape;
  const [R, HP] = [B * T, paddedHead(HD)];
  const random = seededRandom(T * 1009 + HD);
  const [k, v, q] = [NKV, NKV, NH].map((heads) =>
    stored(randomArray(R * heads * HD, random), dtype)
  );
  const table = ropeTable(T, HD, PUBLISHED_ROPE);
  const padded = joinColumns([k, v, q].map((values) => padHeads(values, HD)), R);
  const qkv = op.tensor("qkv", dtype, R, qkvCols(shape), padded);
  const { cosines, sines } = tableTensors(op, table, T, HD);
  await op.run(rope({ qkv, cosines, sines }, shape, { inverse }));
  const rotate = inverse ? ropeBackward : ropeForward;
  rotate(q, table.cos, table.sin, B, T, NH, HD);
  rotate(k, table.cos, table.sin, B, T, NKV, HD);
  const actual = await op.values(qkv);
  for (const [label, expected, first] of [["k", k, 0], ["v", v, NKV], ["q", q, 2 * NKV]] as const) {
    const heads = expected.length / R / HD;
    const part = unpadHeads(takeColumns(actual, R, first * HP, heads * HP), HD);
    const name = `${label} at B ${B}, T ${T}, HD ${HD}`;
    assertSumsClose(name, part, expected, { magnitudes: 2, relative: RELATIVE, dtype });
  }
}

function tableTensors(
  op: OpTest,
  { cos, sin }: RopeTable,
  T: number,
  HD: number,
): { cosines: Tensor; sines: Tensor } {
  const half = paddedHead(HD) / 2;
  const tensorOf = (label: string, values: Float32Array): Tensor => {
    const padded = new Float32Array(T * half);
    values.forEach((value, i) => {
      padded[Math.floor(i / (HD / 2)) * half + i % (HD / 2)] = value;
    });
    return op.tensor(label, "f32", T, half, padded);
  };
  return { cosines: tensorOf("cosines", cos), sines: tensorOf("sines", sin) };
}

for (const dtype of ["f32", "bf16"] as const) {
  for (const inverse of [false, true]) {
    opTest(`rope() in ${dtype} at all head sizes, inverse ${inverse}`, gpu, async (op) => {
      const shapes = [
        { B: 2, T: 5, NH: 4, NKV: 2, HD: 2 },
        { B: 3, T: 37, NH: 3, NKV: 1, HD: 6 },
        { B: 1, T: 1, NH: 1, NKV: 1, HD: 16 },
        { B: 2, T: 129, NH: 2, NKV: 2, HD: 64 },
        { B: 1, T: 37, NH: 4, NKV: 1, HD: 128 },
      ];
      await Promise.all(shapes.map((shape) => checkRope(op, shape, { dtype, inverse })));
    });
  }
}

opTest("rope() refuses tables of another length", gpu, (op) => {
  const shape = { B: 1, T: 3, NH: 1, NKV: 1, HD: 8 };
  const qkv = op.output("qkv", "f32", 3, qkvCols(shape));
  const [cosines, sines] = ["cosines", "sines"].map((label) => op.output(label, "f32", 2, 4));
  const rotate = (): unknown => rope({ qkv, cosines, sines }, shape, { inverse: false });
  assert.throws(rotate, RangeError, "cosines is 2 x 4");
});
