/**
 * Causal grouped-query attention and its gradient.
 *
 * @module
 */

import { test } from "#test";
import {
  attentionBackward,
  type AttentionDims,
  attentionForward,
} from "../../core/reference/attention.ts";
import { assertClose } from "../harness/assert_close.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// A few roundings to f32 of values near 1.
const ROUNDED = { absolute: 3e-7, relative: 3e-7 };

interface Arrays {
  q: Float32Array;
  k: Float32Array;
  v: Float32Array;
}

function randomInputs({ B, T, NH, NKV, HD }: AttentionDims, seed: number): Arrays {
  const random = seededRandom(seed);
  return {
    q: randomArray(B * T * NH * HD, random, 2),
    k: randomArray(B * T * NKV * HD, random, 2),
    v: randomArray(B * T * NKV * HD, random),
  };
}

function attend(
  { q, k, v }: Arrays,
  dims: AttentionDims,
): { out: Float32Array; lse: Float32Array } {
  const out = new Float32Array(q.length).fill(NaN);
  const lse = new Float32Array(dims.B * dims.NH * dims.T).fill(NaN);
  attentionForward(out, lse, q, k, v, dims);
  return { out, lse };
}

test("attentionForward() of a single position returns its value", () => {
  const dims = { B: 2, T: 1, NH: 3, NKV: 3, HD: 2 };
  const inputs = randomInputs(dims, 1);
  assertClose(attend(inputs, dims).out, inputs.v, ROUNDED, "out");
});

test("attentionForward() shares each key/value head between neighbouring query heads", () => {
  const dims = { B: 1, T: 1, NH: 6, NKV: 2, HD: 1 };
  const inputs = { ...randomInputs(dims, 2), v: new Float32Array([5, 7]) };
  assertClose(attend(inputs, dims).out, [5, 5, 5, 7, 7, 7], ROUNDED, "out");
});

test("attentionForward() with equal scores averages the values up to the row's own", () => {
  const dims = { B: 1, T: 3, NH: 1, NKV: 1, HD: 1 };
  const inputs = { q: new Float32Array(3), k: new Float32Array(3), v: new Float32Array([3, 6, 9]) };
  assertClose(attend(inputs, dims).out, [3, 4.5, 6], ROUNDED, "out");
});

test("attentionForward() divides scores by the root of the head dim", () => {
  const dims = { B: 1, T: 2, NH: 1, NKV: 1, HD: 4 };
  const q = new Float32Array(8).fill(1);
  const k = new Float32Array([1, 1, 1, 1, 0, 0, 0, 0]);
  // The scores of row 1 are 4 / sqrt(4) and 0.
  const { lse } = attend({ q, k, v: new Float32Array(8) }, dims);
  assertClose(lse, [2, Math.log(Math.exp(2) + 1)], ROUNDED, "lse");
});

test("attentionForward() ignores what comes later", () => {
  const dims = { B: 1, T: 4, NH: 2, NKV: 1, HD: 2 };
  const inputs = randomInputs(dims, 3);
  const before = attend(inputs, dims).out;
  for (const tensor of [inputs.k, inputs.v]) tensor.fill(100, 3 * 2);
  const after = attend(inputs, dims).out;
  const pastValues = 3 * 2 * 2;
  assertClose(after.slice(0, pastValues), before.slice(0, pastValues), ROUNDED, "rows 0..2");
});

test("attentionForward() keeps batches apart", () => {
  const dims = { B: 2, T: 3, NH: 2, NKV: 1, HD: 2 };
  const { q, k, v } = randomInputs(dims, 4);
  const second = {
    q: q.slice(q.length / 2),
    k: k.slice(k.length / 2),
    v: v.slice(v.length / 2),
  };
  const together = attend({ q, k, v }, dims);
  const alone = attend(second, { ...dims, B: 1 });
  assertClose(together.out.slice(q.length / 2), alone.out, ROUNDED, "out");
});

test("attentionForward() survives scores whose exponential overflows", () => {
  const dims = { B: 1, T: 2, NH: 1, NKV: 1, HD: 1 };
  const q = new Float32Array([1, 1]);
  const { out, lse } = attend(
    { q, k: new Float32Array([2000, 1000]), v: q.map((_, i) => i) },
    dims,
  );
  assertClose([...out, ...lse], [0, 0, 2000, 2000], ROUNDED, "out, lse");
});

const SHAPES: AttentionDims[] = [
  { B: 1, T: 1, NH: 1, NKV: 1, HD: 1 },
  { B: 1, T: 7, NH: 3, NKV: 3, HD: 1 },
  { B: 2, T: 3, NH: 7, NKV: 1, HD: 3 },
  { B: 3, T: 3, NH: 6, NKV: 2, HD: 2 },
];

for (const dims of SHAPES) {
  test(`attentionBackward() agrees with finite differences for ${JSON.stringify(dims)}`, () => {
    const { q, k, v } = randomInputs(dims, dims.NH);
    const [dq, dk, dv] = [q, k, v].map((input) => new Float32Array(input.length));
    const { out, lse } = attend({ q, k, v }, dims);
    checkGradients("attention", {
      forward: () => attend({ q, k, v }, dims).out,
      backward: (dout) => attentionBackward(dq, dk, dv, dout, q, k, v, out, lse, dims),
      gradients: [
        { label: "dq", input: q, gradient: dq, mode: "=" },
        { label: "dk", input: k, gradient: dk, mode: "=" },
        { label: "dv", input: v, gradient: dv, mode: "=" },
      ],
    });
  });
}
