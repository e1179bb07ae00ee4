import { test } from "#test";
import { testGpu } from "#gpu";
import { assert } from "chai";
import { timeAttention } from "../../../core/bench/train/attention.ts";
import { groupOf, wrongGroup } from "../../../core/bench/train/attention_check.ts";
import { openGpu } from "../../../core/gpu/gpu.ts";
import { defaultTuning } from "../../../core/model/tuning.ts";
import { type HeadShape, qkvCols } from "../../../core/ops/attention.ts";
import { attentionBackward, attentionForward } from "../../../core/reference/attention.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";

const SHAPE: HeadShape = { B: 2, T: 5, NH: 4, NKV: 2, HD: 8 };

/** Values of all samples and heads, with the answers of the plain loops over all of them. */
function answered(
  { B, T, NH, NKV, HD }: HeadShape,
): Record<"qkv" | "dout" | "out" | "dqkv", Float32Array> {
  const R = B * T;
  const random = seededRandom(7);
  const values = (heads: number): Float32Array => randomArray(R * heads * HD, random);
  const [k, v, q, dout] = [values(NKV), values(NKV), values(NH), values(NH)];
  const [out, lse] = [new Float32Array(R * NH * HD), new Float32Array(R * NH)];
  attentionForward(out, lse, q, k, v, { B, T, NH, NKV, HD });
  const [dk, dv, dq] = [k, v, q].map(({ length }) => new Float32Array(length));
  attentionBackward(dq, dk, dv, dout, q, k, v, out, lse, { B, T, NH, NKV, HD });
  const join = (parts: readonly [Float32Array, number][]): Float32Array => {
    const cols = qkvCols({ NH, NKV, HD });
    const joined = new Float32Array(R * cols);
    for (let row = 0; row < R; row++) {
      let at = row * cols;
      for (const [part, heads] of parts) {
        joined.set(part.subarray(row * heads * HD, (row + 1) * heads * HD), at);
        at += heads * HD;
      }
    }
    return joined;
  };
  return {
    ...{ out, dout },
    qkv: join([[k, NKV], [v, NKV], [q, NH]]),
    dqkv: join([[dk, NKV], [dv, NKV], [dq, NH]]),
  };
}

test("wrongGroup() finds the last group of heads where the kernels put it", () => {
  const { qkv, dout, out, dqkv } = answered(SHAPE);
  assert.isUndefined(wrongGroup(SHAPE, groupOf(SHAPE, qkv, dout), out, dqkv));
});

test("wrongGroup() tells which tensor is wrong", () => {
  const { qkv, dout, out, dqkv } = answered(SHAPE);
  const group = groupOf(SHAPE, qkv, dout);
  const cols = qkvCols(SHAPE);
  const lastRow = dqkv.length - cols;
  // Of the last sample: dk of the second key head, dv of the second value head, dq of the last.
  for (const [name, column] of [["dk", 8], ["dv", 24], ["dq", 63]] as const) {
    const spoiled = dqkv.slice();
    spoiled[lastRow + column] += 0.001;
    assert.match(wrongGroup(SHAPE, group, out, spoiled) ?? "", new RegExp(`^${name}\\[`));
  }
});

test("wrongGroup() takes NaN for wrong", () => {
  const { qkv, dout, out, dqkv } = answered(SHAPE);
  out[out.length - 1] = NaN;
  assert.match(wrongGroup(SHAPE, groupOf(SHAPE, qkv, dout), out, dqkv) ?? "", /^out\[.* is NaN/);
});

test("timeAttention() checks a shape that fills no tile, and leaves nothing behind", async () => {
  const gpu = await openGpu({ gpu: await testGpu(), backend: "wgpu" });
  const shape = { ...SHAPE, T: 37 };
  const times = await timeAttention(gpu, defaultTuning(gpu), shape, 1, () => performance.now());
  assert.isAbove(times.forwardFlopsPerSecond, 0);
  assert.isAbove(times.backwardFlopsPerSecond, 0);
  // Reading back keeps buffers for the next time.
  const { bytes } = gpu.memory;
  await timeAttention(gpu, defaultTuning(gpu), shape, 1, () => performance.now());
  assert.equal(gpu.memory.bytes, bytes);
  gpu.close();
});
