/**
 * Cross-entropy on the GPU against `crossEntropy` of the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype } from "../../core/gpu/tensor.ts";
import { crossEntropy, NO_TARGET } from "../../core/ops/cross_entropy.ts";
import {
  crossEntropy as reference,
  NO_TARGET as REFERENCE_NO_TARGET,
} from "../../core/reference/cross_entropy.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { assertSumsClose } from "./compare.ts";
import { openTestGpu, OpTest, opTest, SPLIT_BYTES, stored } from "./device.ts";

const gpu = await openTestGpu();
const splitGpu = await openTestGpu(SPLIT_BYTES);

const SCALE = 1 / 64;

interface Case {
  R: number;
  V: number;
  dtype: StorageDtype;
  maxLanes: number;
  /** Size of the logits. */
  size?: number;
}

/** Logits and targets; every fifth row has none. */
function inputsOf({ R, V, dtype, size = 5 }: Case): { logits: Float32Array; targets: Uint32Array } {
  const random = seededRandom(R * 1009 + V);
  const logits = stored(randomArray(R * V, random, size), dtype);
  const targets = Uint32Array.from({ length: R }, (_, r) => {
    const token = Math.floor(random() * V);
    return r % 5 === 4 ? NO_TARGET : r === 0 ? V - 1 : token;
  });
  return { logits, targets };
}

async function run(
  op: OpTest,
  one: Case,
): Promise<{ losses: Float32Array; dlogits: Float32Array }> {
  const { R, V, dtype, maxLanes } = one;
  const inputs = inputsOf(one);
  const tensors = {
    losses: op.output("losses", "f32", 1, R),
    logits: op.tensor("logits", dtype, R, V, inputs.logits),
    targets: op.tensor("targets", "u32", 1, R, inputs.targets),
  };
  await op.run(...crossEntropy(tensors, SCALE, maxLanes));
  return { losses: await op.values(tensors.losses), dlogits: await op.values(tensors.logits) };
}

async function check(op: OpTest, one: Case): Promise<void> {
  const { R, V, dtype, size = 5 } = one;
  const { losses, dlogits } = await run(op, one);
  const inputs = inputsOf(one);
  const [expected, dexpected] = [new Float32Array(R), new Float32Array(R * V)];
  const targets = Array.from(inputs.targets, (t) => t === NO_TARGET ? REFERENCE_NO_TARGET : t);
  reference(expected, dexpected, inputs.logits, targets, SCALE, R, V);
  // A sum of up to 1000 exponentials, and a logarithm whose error is absolute near 1.
  assertSumsClose(`losses ${R} x ${V}`, losses, expected, {
    magnitudes: 2 * size + Math.log(V),
    relative: 1e-6,
    dtype: "f32",
  });
  // A softmax of at most 1 minus 1, scaled; exp() is off by 3 + 2|x| units in the last place.
  assertSumsClose(`dlogits ${R} x ${V}`, dlogits, dexpected, {
    magnitudes: SCALE,
    relative: 2e-6,
    dtype,
  });
}

const SIZES = [[1, 1], [3, 3], [37, 101], [5, 1000], [129, 37]];

for (const maxLanes of [4, 64]) {
  for (const dtype of ["f32", "bf16"] as const) {
    opTest(`crossEntropy() in ${dtype} with ${maxLanes} lanes`, gpu, async (op) => {
      await Promise.all(SIZES.map(([R, V]) => check(op, { R, V, dtype, maxLanes })));
    });
  }
}

opTest("crossEntropy() stays finite where logits are huge", gpu, async (op) => {
  await check(op, { R: 37, V: 101, dtype: "f32", maxLanes: 4, size: 1e5 });
});

opTest(
  "crossEntropy() finds its rows where they fill a grid of two dimensions",
  gpu,
  async (op) => {
    await check(op, { R: 40_000, V: 3, dtype: "f32", maxLanes: 4 });
  },
);

// 300 rows of 101 f32 are 122 KiB: three bindings.
opTest(
  "crossEntropy() of split logits gives the same bits as of whole ones",
  splitGpu,
  async (op) => {
    const one: Case = { R: 300, V: 101, dtype: "f32", maxLanes: 4 };
    const whole = new OpTest(gpu);
    const inOne = await run(whole, one);
    whole.free();
    assert.deepEqual(await run(op, one), inOne);
  },
);

opTest(
  "crossEntropy() gives no finite loss for a row that holds NaN, and for no other row",
  gpu,
  async (op) => {
    const logits = op.tensor("logits", "f32", 2, 5, new Float32Array(10).fill(NaN, 0, 1));
    const targets = op.tensor("targets", "u32", 1, 2, new Uint32Array([3, 3]));
    const losses = op.output("losses", "f32", 1, 2);
    await op.run(...crossEntropy({ losses, logits, targets }, 1, 4));
    const [first, second] = await op.values(losses);
    assert.isFalse(Number.isFinite(first));
    assert.closeTo(second, Math.log(5), 1e-6);
  },
);
