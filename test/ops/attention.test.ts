/**
 * Attention on the GPU against `attentionForward` and `attentionBackward` of the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype, Tensor } from "../../core/gpu/tensor.ts";
import {
  attentionBackward,
  attentionForward,
  type HeadShape,
  paddedHead,
  qkvCols,
} from "../../core/ops/attention.ts";
import {
  attentionBackward as referenceBackward,
  attentionForward as referenceForward,
} from "../../core/reference/attention.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, stored } from "./device.ts";
import { joinColumns, padHeads, takeColumns, unpadHeads } from "./heads.ts";

const gpu = await openTestGpu();

/** Host values of one attention: inputs, and what the reference makes of them. */
interface Case {
  q: Float32Array;
  k: Float32Array;
  v: Float32Array;
  dout: Float32Array;
  out: Float32Array;
  lse: Float32Array;
}

/** How the kernels run, and how large the inputs are. */
interface Run {
  tile: number;
  dtype: StorageDtype;
  size?: number;
}

function caseOf({ B, T, NH, NKV, HD }: HeadShape, { dtype, size = 1 }: Run): Case {
  const random = seededRandom(T * 1009 + HD * 31 + NH);
  const values = (heads: number, size: number): Float32Array =>
    stored(randomArray(B * T * heads * HD, random, size), dtype);
  const [q, k, v, dout] = [values(NH, size), values(NKV, size), values(NKV, 1), values(NH, 1)];
  const [out, lse] = [new Float32Array(q.length), new Float32Array(B * NH * T)];
  referenceForward(out, lse, q, k, v, { B, T, NH, NKV, HD });
  return { q, k, v, dout, out, lse };
}

function qkvOf(op: OpTest, { q, k, v }: Case, shape: HeadShape, dtype: StorageDtype): Tensor {
  const R = shape.B * shape.T;
  const padded = [k, v, q].map((values) => padHeads(values, shape.HD));
  return op.tensor("qkv", dtype, R, qkvCols(shape), joinColumns(padded, R));
}

/**
 * f32 leaves a score uncertain by 2e-7 of the magnitude of its products, exp() passes that on as a
 * relative error of a weight, and a few roundings of the sums come on top.
 */
function uncertainty({ q, k }: Case, { HD }: HeadShape): number {
  return 2e-7 * (8 + largest(q) * largest(k) * Math.sqrt(HD));
}

async function checkForward(op: OpTest, shape: HeadShape, run: Run): Promise<void> {
  const { B, T, NH, NKV, HD } = shape;
  const values = caseOf(shape, run);
  const qkv = qkvOf(op, values, shape, run.dtype);
  const out = op.output("out", run.dtype, B * T, NH * paddedHead(HD));
  const lse = op.output("lse", "f32", B * NH, T);
  await op.run(attentionForward({ out, lse, qkv }, shape, run.tile));
  const name = `T ${T}, NH ${NH}, NKV ${NKV}, HD ${HD}`;
  const relative = uncertainty(values, shape);
  assertSumsClose(`out at ${name}`, unpadHeads(await op.values(out), HD), values.out, {
    magnitudes: largest(values.v),
    relative,
    dtype: run.dtype,
  });
  assertSumsClose(`lse at ${name}`, await op.values(lse), values.lse, {
    magnitudes: 1,
    relative,
    dtype: "f32",
  });
}

async function checkBackward(op: OpTest, shape: HeadShape, run: Run): Promise<void> {
  const { B, T, NH, NKV, HD } = shape;
  const [R, HP] = [B * T, paddedHead(HD)];
  const { dtype, tile } = run;
  const values = caseOf(shape, run);
  const { q, k, v, dout, lse } = values;
  const out = stored(values.out, dtype);
  const tensors = {
    qkv: qkvOf(op, values, shape, dtype),
    out: op.tensor("out", dtype, R, NH * HP, padHeads(out, HD)),
    dout: op.tensor("dout", dtype, R, NH * HP, padHeads(dout, HD)),
    lse: op.tensor("lse", "f32", B * NH, T, lse),
    delta: op.output("delta", "f32", B * NH, T),
    dqkv: op.output("dqkv", dtype, R, qkvCols(shape)),
  };
  await op.run(...attentionBackward(tensors, shape, tile));
  const [dq, dk, dv] = [q, k, v].map((one) => new Float32Array(one.length));
  referenceBackward(dq, dk, dv, dout, q, k, v, out, lse, shape);
  const dqkv = await op.values(tensors.dqkv);
  // A score's gradient is a difference of two dot products, of this magnitude in a typical sum.
  const dscore = largest(dout) * largest(v);
  for (
    const { label, expected, heads, firstHead, magnitudes } of [
      { label: "dk", expected: dk, heads: NKV, firstHead: 0, magnitudes: dscore * largest(q) },
      { label: "dv", expected: dv, heads: NKV, firstHead: NKV, magnitudes: largest(dv) },
      { label: "dq", expected: dq, heads: NH, firstHead: 2 * NKV, magnitudes: dscore * largest(k) },
    ]
  ) {
    const actual = unpadHeads(takeColumns(dqkv, R, firstHead * HP, heads * HP), HD);
    const name = `${label} at T ${T}, NH ${NH}, NKV ${NKV}, HD ${HD}`;
    const relative = uncertainty(values, shape);
    assertSumsClose(name, actual, expected, { magnitudes, relative, dtype });
  }
  await op.values(tensors.delta);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Head sizes and storage by tile: padded ones, the smallest, and up to all the registers. */
const HEADS: Record<number, [number, StorageDtype][]> = {
  2: [[6, "f32"], [16, "f32"], [64, "f32"]],
  4: [[2, "f32"], [40, "f32"], [128, "f32"], [6, "bf16"]],
  8: [[6, "f32"], [64, "bf16"], [128, "f32"]],
};

/** Two samples of these lengths: inside one tile of keys, across two, across many. */
const LENGTHS = [1, 5, 37, 129];

for (const tile of [2, 4, 8]) {
  for (const [HD, dtype] of HEADS[tile]) {
    const kind = `tile ${tile}, HD ${HD}, ${dtype}`;
    opTest(`attentionForward() at lengths that fill no tile: ${kind}`, gpu, async (op) => {
      const shapes = LENGTHS.map((T) => ({ B: 2, T, NH: 4, NKV: 2, HD }));
      await Promise.all(shapes.map((shape) => checkForward(op, shape, { tile, dtype })));
    });
    opTest(`attentionBackward() at lengths that fill no tile: ${kind}`, gpu, async (op) => {
      const shapes = LENGTHS.map((T) => ({ B: 2, T, NH: 4, NKV: 2, HD }));
      await Promise.all(shapes.map((shape) => checkBackward(op, shape, { tile, dtype })));
    });
  }
}

for (const [NH, NKV] of [[1, 1], [3, 3], [6, 1], [6, 3]]) {
  opTest(`attention with NH ${NH} and NKV ${NKV}`, gpu, async (op) => {
    const shape = { B: 3, T: 21, NH, NKV, HD: 16 };
    await checkForward(op, shape, { tile: 4, dtype: "f32" });
    await checkBackward(op, shape, { tile: 4, dtype: "f32" });
  });
}

opTest("attention stays finite and right where scores are large", gpu, async (op) => {
  const shape = { B: 1, T: 70, NH: 2, NKV: 2, HD: 16 };
  await checkForward(op, shape, { tile: 4, dtype: "f32", size: 8 });
  await checkBackward(op, shape, { tile: 4, dtype: "f32", size: 8 });
});

opTest("attention refuses sizes the kernels cannot take", gpu, (op) => {
  const refused = (shape: Omit<HeadShape, "B" | "T">): void => {
    const qkv = op.output("qkv", "f32", 2, qkvCols(shape));
    const out = op.output("out", "f32", 2, shape.NH * paddedHead(shape.HD));
    const lse = op.output("lse", "f32", shape.NH, 2);
    const attend = (): unknown => attentionForward({ out, lse, qkv }, { B: 1, T: 2, ...shape }, 4);
    assert.throws(attend, RangeError, `HD ${shape.HD}`);
  };
  refused({ NH: 3, NKV: 2, HD: 4 });
  refused({ NH: 2, NKV: 2, HD: 3 });
  refused({ NH: 2, NKV: 2, HD: 130 });
});
