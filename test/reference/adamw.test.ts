/**
 * One AdamW step and the clip before it, against numbers worked out by hand.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import {
  type AdamWOptions,
  adamwStep,
  clipScale,
  gradientSquares,
} from "../../core/reference/adamw.ts";
import { assertClose } from "../harness/assert_close.ts";

// One rounding to f32.
const ROUNDED = { absolute: 0, relative: 1e-7 };

const OPTIONS: AdamWOptions = {
  lr: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  step: 1,
  scale: 1,
};

interface Slot {
  param: Float32Array;
  m: Float32Array;
  v: Float32Array;
}

function slot(param: number): Slot {
  return { param: new Float32Array([param]), m: new Float32Array(1), v: new Float32Array(1) };
}

function step({ param, m, v }: Slot, grad: number, options: Partial<AdamWOptions>): void {
  adamwStep(param, m, v, new Float32Array([grad]), { ...OPTIONS, ...options });
}

test("adamwStep() moves by lr against the gradient's sign in the first step", () => {
  for (const grad of [1e-3, 1, 1000]) {
    const one = slot(5);
    step(one, grad, { eps: 0 });
    assertClose(one.param, [4.9], ROUNDED, `gradient ${grad}`);
  }
});

test("adamwStep() keeps running means of the gradient and its square", () => {
  const one = slot(0);
  step(one, 2, {});
  step(one, -1, { step: 2 });
  assertClose(one.m, [0.9 * 0.2 - 0.1], { absolute: 0, relative: 3e-7 }, "m");
  assertClose(one.v, [0.99 * 0.04 + 0.01], { absolute: 0, relative: 3e-7 }, "v");
});

test("adamwStep() corrects both moments for the number of the step", () => {
  const one = { ...slot(1), m: new Float32Array([0.5]), v: new Float32Array([0.25]) };
  step(one, 0.5, { step: 10 });
  const m = 0.5 / (1 - 0.9 ** 10);
  const v = (0.99 * 0.25 + 0.01 * 0.25) / (1 - 0.99 ** 10);
  assertClose(one.param, [1 - 0.1 * m / Math.sqrt(v)], ROUNDED, "param");
});

test("adamwStep() adds eps after the root, not before", () => {
  const one = slot(1);
  step(one, 0.5, { eps: 0.5 });
  assertClose(one.param, [1 - 0.1 * 0.5 / (0.5 + 0.5)], ROUNDED, "param");
});

test("adamwStep() with a zero gradient only decays", () => {
  const one = slot(2);
  step(one, 0, { weightDecay: 0.1 });
  assertClose(one.param, [2 * (1 - 0.1 * 0.1)], ROUNDED, "param");
  assert.deepEqual([...one.m, ...one.v], [0, 0]);
});

test("adamwStep() leaves the moments free of weight decay", () => {
  const [decayed, plain] = [slot(2), slot(2)];
  step(decayed, 1, { weightDecay: 0.1 });
  step(plain, 1, {});
  assert.deepEqual([decayed.m, decayed.v], [plain.m, plain.v]);
});

test("adamwStep() multiplies gradients by the scale before both moments", () => {
  const one = slot(0);
  step(one, 8, { scale: 0.25 });
  assertClose([...one.m, ...one.v], [0.2, 0.04], ROUNDED, "m, v");
});

test("gradientSquares() sums in double", () => {
  assert.equal(gradientSquares(new Float32Array([1e4, 1e-4])), 1e8 + Math.fround(1e-4) ** 2);
});

test("clipScale() leaves a norm below the limit alone", () => {
  assert.equal(clipScale(0.5, 1), 1);
});

test("clipScale() of a norm at the limit is just below 1, as in PyTorch", () => {
  assert.equal(clipScale(1, 1), 1 / (1 + 1e-6));
});

test("clipScale() brings a norm above the limit down to it", () => {
  assert.approximately(clipScale(40, 2) * 40, 2, 1e-6);
});

test("clipScale() of a zero norm is 1", () => {
  assert.equal(clipScale(0, 1), 1);
});
