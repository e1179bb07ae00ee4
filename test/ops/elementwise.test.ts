/**
 * SwiGLU, SiLU and ReLU on the GPU against the reference.
 *
 * @module
 */

import { assert } from "chai";
import { paddedCols, type StorageDtype, type Tensor } from "../../core/gpu/tensor.ts";
import {
  reluBackward,
  reluForward,
  siluBackward,
  siluForward,
  swigluBackward,
  swigluForward,
} from "../../core/ops/elementwise.ts";
import {
  reluBackward as referenceReluBackward,
  reluForward as referenceReluForward,
} from "../../core/reference/relu.ts";
import {
  siluBackward as referenceSiluBackward,
  siluForward as referenceSiluForward,
} from "../../core/reference/silu.ts";
import {
  swigluBackward as referenceSwigluBackward,
  swigluForward as referenceSwigluForward,
} from "../../core/reference/swiglu.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { absolute, assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, stored } from "./device.ts";
import { joinColumns, takeColumns } from "./heads.ts";

const gpu = await openTestGpu();

/** exp() may be off by 3 + 2|x| units in the last place (WGSL), |x| is up to 8 here. */
const RELATIVE = 2e-6;
/** [rows, columns] */
const SIZES = [[1, 1], [3, 37], [37, 3], [129, 1], [1, 129], [37, 129]];
const DTYPES: StorageDtype[] = ["f32", "bf16"];

/** Values of size 8, the last few extreme: exp() of them overflows or vanishes. */
function inputs(count: number, dtype: StorageDtype, seed: number): Float32Array {
  const values = stored(randomArray(count, seededRandom(seed), 8), dtype);
  if (count > 8) values.set([1000, -1000, 100, -100, 0], count - 5);
  return values;
}

type Activation = {
  forward: (tensors: { out: Tensor; inp: Tensor }) => ReturnType<typeof siluForward>;
  backward: (
    tensors: { dinp: Tensor; dout: Tensor; inp: Tensor },
  ) => ReturnType<typeof siluBackward>;
  referenceForward: typeof referenceSiluForward;
  referenceBackward: typeof referenceSiluBackward;
};

const ACTIVATIONS: Record<string, Activation> = {
  silu: {
    forward: siluForward,
    backward: siluBackward,
    referenceForward: referenceSiluForward,
    referenceBackward: referenceSiluBackward,
  },
  relu: {
    forward: reluForward,
    backward: reluBackward,
    referenceForward: referenceReluForward,
    referenceBackward: referenceReluBackward,
  },
};

async function checkActivation(
  op: OpTest,
  { forward, backward, referenceForward, referenceBackward }: Activation,
  [R, N]: number[],
  dtype: StorageDtype,
): Promise<void> {
  const [x, gradient] = [inputs(R * N, dtype, R), inputs(R * N, dtype, N).reverse()];
  const inp = op.tensor("inp", dtype, R, N, x);
  const dout = op.tensor("dout", dtype, R, N, gradient);
  const [out, dinp] = ["out", "dinp"].map((label) => op.output(label, dtype, R, N));
  await op.run(forward({ out, inp }), backward({ dinp, dout, inp }));
  const [expected, dexpected] = [new Float32Array(R * N), new Float32Array(R * N)];
  referenceForward(expected, x, R * N);
  referenceBackward(dexpected, gradient, x, R * N);
  const check = { relative: RELATIVE, dtype };
  const magnitudes = absolute(x);
  assertSumsClose(`out ${R} x ${N}`, await op.values(out), expected, { ...check, magnitudes });
  // silu's slope is a sum of two terms of size up to 1 + |x| exp(-|x|).
  assertSumsClose(`dinp ${R} x ${N}`, await op.values(dinp), dexpected, {
    ...check,
    magnitudes: absolute(gradient),
  });
}

async function checkSwiglu(op: OpTest, [R, H]: number[], dtype: StorageDtype): Promise<void> {
  const [gate, up, gradient] = [1, 2, 3].map((seed) => inputs(R * H, dtype, seed + H));
  up.reverse();
  const fused = joinColumns([gate, up], R);
  const paddedFused = joinColumns([padColumns(gate, R), padColumns(up, R)], R);
  const gateup = op.tensor("gateup", dtype, R, 2 * paddedCols(H), paddedFused);
  const dout = op.tensor("dout", dtype, R, H, gradient);
  const out = op.output("out", dtype, R, H);
  const dgateup = op.output("dgateup", dtype, R, 2 * paddedCols(H));
  await op.run(swigluForward({ out, gateup }), swigluBackward({ dgateup, dout, gateup }));
  const [expected, dexpected] = [new Float32Array(R * H), new Float32Array(2 * R * H)];
  referenceSwigluForward(expected, fused, R, H);
  referenceSwigluBackward(dexpected, gradient, fused, R, H);
  const check = { relative: RELATIVE, dtype };
  assertSumsClose(`out ${R} x ${H}`, await op.values(out), expected, {
    ...check,
    magnitudes: expected.map((_, i) => Math.abs(gate[i] * up[i])),
  });
  const actual = await op.values(dgateup);
  for (const [half, first, other] of [["dgate", 0, up], ["dup", 1, gate]] as const) {
    const part = takeColumns(actual, R, first * paddedCols(H), paddedCols(H));
    const values = takeColumns(part, R, 0, H);
    assert.deepEqual(part, padColumns(values, R), `${half}: padding must be zero`);
    assertSumsClose(`${half} ${R} x ${H}`, values, takeColumns(dexpected, R, first * H, H), {
      ...check,
      magnitudes: values.map((_, i) => Math.abs(gradient[i] * other[i])),
    });
  }
}

function padColumns(values: Float32Array, rows: number): Float32Array {
  const cols = values.length / rows;
  const padding = new Float32Array(rows * (paddedCols(cols) - cols));
  return joinColumns([values, padding], rows);
}

for (const dtype of DTYPES) {
  for (const [name, activation] of Object.entries(ACTIVATIONS)) {
    opTest(`${name}Forward() and ${name}Backward() in ${dtype}`, gpu, async (op) => {
      await Promise.all(SIZES.map((size) => checkActivation(op, activation, size, dtype)));
    });
  }
  opTest(`swigluForward() and swigluBackward() in ${dtype}`, gpu, async (op) => {
    await Promise.all(SIZES.map((size) => checkSwiglu(op, size, dtype)));
  });
}

opTest("bf16 is rounded to nearest, ties to even, as on the host", gpu, async (op) => {
  const words = [
    0x3f808000,
    0x3f818000,
    0x3f808001,
    0x3f807fff,
    0x7f7fffff,
    0x7f800000,
    0x00018000,
  ];
  const values = new Float32Array(Uint32Array.from(words).buffer);
  const inp = op.tensor("inp", "f32", 1, values.length, values);
  const out = op.output("out", "bf16", 1, values.length);
  await op.run(reluForward({ out, inp }));
  assert.deepEqual(await op.values(out), stored(values, "bf16"));
});

opTest("reluForward() passes NaN on, so that a broken step is noticed", gpu, async (op) => {
  const inp = op.tensor("inp", "f32", 1, 2, new Float32Array([NaN, -1]));
  const out = op.output("out", "f32", 1, 2);
  await op.run(reluForward({ out, inp }));
  assert.deepEqual(await op.values(out), new Float32Array([NaN, 0]));
});

opTest(
  "reluBackward() may be given the forward's output in place of its input",
  gpu,
  async (op) => {
    const dout = op.tensor("dout", "f32", 1, 3, new Float32Array([5, 6, 7]));
    const out = op.tensor("out", "f32", 1, 3, new Float32Array([0, 2, 0]));
    const dinp = op.output("dinp", "f32", 1, 3);
    await op.run(reluBackward({ dinp, dout, inp: out }));
    assert.deepEqual(await op.values(dinp), new Float32Array([0, 6, 0]));
  },
);

opTest("reluForward() reaches every element of a grid of two dimensions", gpu, async (op) => {
  const count = 4 * 64 * 33_400;
  const values = Float32Array.from({ length: count }, (_, i) => i - count / 2);
  const inp = op.tensor("inp", "f32", 1, count, values);
  const out = op.output("out", "f32", 1, count);
  await op.run(reluForward({ out, inp }));
  const actual = await op.values(out);
  assert.equal(actual.findIndex((value, i) => value !== Math.max(0, values[i])), -1);
});

opTest("swigluForward() names a gateup that is not padded half by half", gpu, (op) => {
  const gateup = op.output("gateup", "f32", 2, 10);
  const out = op.output("out", "f32", 2, 5);
  assert.throws(() => swigluForward({ out, gateup }), RangeError, "expected 2 x 16");
});
