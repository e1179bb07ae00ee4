/**
 * RMSNorm on the GPU against `rmsnormForward` and `rmsnormBackward` of the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype } from "../../core/gpu/tensor.ts";
import { rmsnormBackward, rmsnormForward } from "../../core/ops/rmsnorm.ts";
import { addChannels } from "../../core/reference/residual.ts";
import {
  rmsnormBackward as referenceBackward,
  rmsnormForward as referenceForward,
} from "../../core/reference/rmsnorm.ts";
import { randomArray, randomAwayFromZero, seededRandom } from "../reference/random.ts";
import { absolute, assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, stored } from "./device.ts";

const gpu = await openTestGpu();

/** Sums of squares of up to 129 terms and a root: some ten roundings of 6e-8. */
const RELATIVE = 1e-6;
/** [R, C] */
const SIZES = [[1, 1], [3, 1], [1, 129], [37, 3], [3, 37], [129, 37], [37, 129], [5, 512]];

interface Case {
  inp: Float32Array;
  weight: Float32Array;
  dout: Float32Array;
  rstd: Float32Array;
}

function caseOf(R: number, C: number, dtype: StorageDtype): Case {
  const random = seededRandom(R * 1009 + C);
  const inp = stored(randomAwayFromZero(R * C, random, 2), dtype);
  const rstd = Float32Array.from({ length: R }, (_, r) => {
    const squares = inp.subarray(r * C, (r + 1) * C).reduce((sum, x) => sum + x * x, 0);
    return 1 / Math.sqrt(squares / C + 1e-5);
  });
  const [weight, dout] = [C, R * C].map((count) => stored(randomArray(count, random), dtype));
  return { inp, weight, dout, rstd };
}

async function checkForward(
  op: OpTest,
  [R, C]: number[],
  dtype: StorageDtype,
  maxLanes: number,
): Promise<void> {
  const { inp, weight, rstd } = caseOf(R, C, dtype);
  const tensors = {
    inp: op.tensor("inp", dtype, R, C, inp),
    weight: op.tensor("weight", dtype, 1, C, weight),
    out: op.output("out", dtype, R, C),
    rstd: op.output("rstd", "f32", 1, R),
  };
  await op.run(rmsnormForward(tensors, maxLanes));
  const expected = new Float32Array(R * C);
  referenceForward(expected, inp, weight, R, C);
  const check = { relative: RELATIVE, dtype };
  const magnitudes = absolute(expected);
  assertSumsClose(`out ${R} x ${C}`, await op.values(tensors.out), expected, {
    ...check,
    magnitudes,
  });
  assertSumsClose(`rstd ${R} x ${C}`, await op.values(tensors.rstd), rstd, {
    magnitudes: rstd,
    relative: RELATIVE,
    dtype: "f32",
  });
}

interface Backward {
  dtype: StorageDtype;
  dweightDtype?: StorageDtype;
  maxLanes: number;
  /** Channels of the skipped gradient's tensor and how many of them are added. */
  skip?: { cols: number; width: number };
}

async function checkBackward(op: OpTest, [R, C]: number[], run: Backward): Promise<void> {
  const { dtype, dweightDtype = dtype, maxLanes, skip } = run;
  const { inp, weight, dout, rstd } = caseOf(R, C, dtype);
  const random = seededRandom(C);
  const side = stored(randomArray(R * (skip?.cols ?? 0), random), dtype);
  const before = stored(randomArray(C, random), dweightDtype);
  const tensors = {
    inp: op.tensor("inp", dtype, R, C, inp),
    weight: op.tensor("weight", dtype, 1, C, weight),
    dout: op.tensor("dout", dtype, R, C, dout),
    rstd: op.tensor("rstd", "f32", 1, R, rstd),
    dinp: op.output("dinp", dtype, R, C),
    dweight: op.tensor("dweight", dweightDtype, 1, C, before),
    skip: skip && { tensor: op.tensor("skip", dtype, R, skip.cols, side), width: skip.width },
  };
  await op.run(...rmsnormBackward(tensors, maxLanes));
  const [dinp, dweight] = [new Float32Array(R * C), before.slice()];
  referenceBackward(dinp, dweight, dout, inp, weight, R, C);
  if (skip) addChannels(dinp, side, R, C, skip.width, skip.cols);
  // dinp is a difference of two terms of this size, which for one channel is almost nothing.
  const term = largest(dout) * largest(weight) * largest(rstd) + (skip ? 1 : 0);
  assertSumsClose(`dinp ${R} x ${C}`, await op.values(tensors.dinp), dinp, {
    magnitudes: term,
    relative: RELATIVE,
    dtype,
  });
  const magnitudes = absolute(before);
  referenceBackward(dinp, magnitudes, absolute(dout), absolute(inp), weight, R, C);
  assertSumsClose(`dweight ${R} x ${C}`, await op.values(tensors.dweight), dweight, {
    magnitudes,
    relative: RELATIVE,
    dtype: dweightDtype,
  });
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

for (const maxLanes of [4, 64]) {
  for (const dtype of ["f32", "bf16"] as const) {
    opTest(`rmsnormForward() in ${dtype} with ${maxLanes} lanes`, gpu, async (op) => {
      await Promise.all(SIZES.map((size) => checkForward(op, size, dtype, maxLanes)));
    });
    opTest(`rmsnormBackward() in ${dtype} with ${maxLanes} lanes`, gpu, async (op) => {
      await Promise.all(SIZES.map((size) => checkBackward(op, size, { dtype, maxLanes })));
    });
  }
}

opTest("rmsnormBackward() adds the gradient that came past the norm", gpu, async (op) => {
  for (const skip of [{ cols: 1, width: 1 }, { cols: 37, width: 5 }, { cols: 129, width: 129 }]) {
    for (const dtype of ["f32", "bf16"] as const) {
      await checkBackward(op, [37, 129], { dtype, maxLanes: 4, skip });
    }
  }
});

opTest("rmsnormBackward() keeps a gradient in f32 beside bf16 activations", gpu, async (op) => {
  await checkBackward(op, [37, 129], { dtype: "bf16", dweightDtype: "f32", maxLanes: 4 });
});

opTest(
  "rmsnormForward() finds its rows where they fill a grid of two dimensions",
  gpu,
  async (op) => {
    await checkForward(op, [40_000, 3], "f32", 4);
  },
);

opTest("rmsnormForward() of a row of zeros is zero", gpu, async (op) => {
  const out = op.output("out", "f32", 2, 5);
  const inp = op.tensor("inp", "f32", 2, 5, new Float32Array(10));
  const weight = op.tensor("weight", "f32", 1, 5, new Float32Array(5).fill(1));
  const rstd = op.output("rstd", "f32", 1, 2);
  await op.run(rmsnormForward({ out, rstd, inp, weight }, 4));
  assert.deepEqual(await op.values(out), new Float32Array(10));
});

opTest("rmsnormForward() names a tensor of the wrong shape", gpu, (op) => {
  const [out, inp] = ["out", "inp"].map((label) => op.output(label, "f32", 2, 5));
  const weight = op.output("norm1", "f32", 1, 4);
  const rstd = op.output("rstd", "f32", 1, 2);
  assert.throws(() => rmsnormForward({ out, rstd, inp, weight }, 4), RangeError, "norm1 is 1 x 4");
});
