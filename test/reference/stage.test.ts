/**
 * Rung 2 for whole small stages of each kind, and what a stage refuses.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import type { Parameters } from "../../core/reference/parameters.ts";
import { PUBLISHED_ROPE, ropeTable } from "../../core/reference/rope.ts";
import {
  nextTokenLoss,
  stageBackward,
  stageForward,
  type StageInput,
} from "../../core/reference/stage.ts";
import {
  parameterShapes,
  type StageKind,
  type StageShape,
} from "../../core/reference/stage_shape.ts";
import { assertClose } from "../harness/assert_close.ts";
import { finiteDifferences } from "./check_gradients.ts";
import { randomArray, randomAwayFromZero, seededRandom } from "./random.ts";

// Two blocks deep, f32 rounding of a dozen intermediates adds up; divided by the step of 1/64.
const STAGE = { absolute: 5e-4, relative: 1e-3 };

interface Variant {
  kind: StageKind;
  blocks: number;
  K: number | null;
  NKV: number;
}

const SMALL = { B: 2, T: 3, C: 12, NH: 3, H: 7, V: 5 };

function smallShape({ kind, blocks, K, NKV }: Variant): StageShape {
  const rope = ropeTable(SMALL.T, SMALL.C / SMALL.NH, PUBLISHED_ROPE);
  return { ...SMALL, kind, blocks, K, NKV, rope };
}

/**
 * Input and parameters. Activations and norms are positive, and every row of a decoder has one sign
 * away from 0: so no decoder output comes near ReLU's kink, while both of its sides are met.
 */
function smallValues(shape: StageShape): { input: StageInput; params: Parameters } {
  const { kind, B, T, C, K, V } = shape;
  const random = seededRandom(7);
  const params: Parameters = new Map();
  for (const { name, dims } of parameterShapes(shape)) {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const values = randomAwayFromZero(length, random, dims.length === 1 ? 1.5 : 0.6);
    if (name.includes("bottleneck_decoder")) {
      const columns = dims[1];
      values.forEach((x, i) =>
        values[i] = Math.abs(x) * (Math.floor(i / columns) % 3 === 0 ? -1 : 1)
      );
    } else if (dims.length === 1) {
      values.forEach((x, i) => values[i] = Math.abs(x));
    }
    params.set(name, values);
  }
  const tokens = Int32Array.from({ length: B * T }, () => Math.floor(random() * V));
  const activations = randomAwayFromZero(B * T * (K ?? C), random, 1).map(Math.abs);
  return { input: kind === "head" ? tokens : activations, params };
}

const VARIANTS: Variant[] = [
  { kind: "head", blocks: 2, K: 5, NKV: 3 },
  { kind: "head", blocks: 1, K: 1, NKV: 1 },
  { kind: "head", blocks: 2, K: null, NKV: 1 },
  { kind: "body", blocks: 2, K: 5, NKV: 1 },
  { kind: "body", blocks: 1, K: 7, NKV: 3 },
  { kind: "body", blocks: 2, K: null, NKV: 3 },
  { kind: "tail", blocks: 2, K: 3, NKV: 3 },
  { kind: "tail", blocks: 1, K: null, NKV: 1 },
];

for (const variant of VARIANTS) {
  test(`stageBackward() agrees with finite differences for ${JSON.stringify(variant)}`, () => {
    const shape = smallShape(variant);
    const { input, params } = smallValues(shape);
    const { output, saved } = stageForward(shape, params, input);
    const dout = randomArray(output.length, seededRandom(99));
    const loss = (): number => {
      let sum = 0;
      stageForward(shape, params, input).output.forEach((value, i) => sum += value * dout[i]);
      return sum;
    };
    const { dinp, grads } = stageBackward(shape, params, saved, dout);
    for (const [name, value] of params) {
      const analytic = grads.get(name) ?? new Float32Array(value.length);
      assertClose(analytic, finiteDifferences(value, loss), STAGE, name);
    }
    if (input instanceof Float32Array) {
      assertClose(dinp ?? [], finiteDifferences(input, loss), STAGE, "input");
    }
  });
}

test("stageBackward() of a one-block body trains its only decoder", () => {
  const shape = smallShape({ kind: "body", blocks: 1, K: 5, NKV: 1 });
  const { input, params } = smallValues(shape);
  const { output, saved } = stageForward(shape, params, input);
  const { grads } = stageBackward(shape, params, saved, output);
  assert.deepEqual([...grads.keys()], [...params.keys()]);
});

test("stageBackward() of a one-block head has no gradient for its decoder", () => {
  const shape = smallShape({ kind: "head", blocks: 1, K: 5, NKV: 1 });
  const { input, params } = smallValues(shape);
  const { output, saved } = stageForward(shape, params, input);
  const { grads } = stageBackward(shape, params, saved, output);
  const missing = [...params.keys()].filter((name) => !grads.has(name));
  assert.deepEqual(missing, ["trf_blocks.0.bottleneck_decoder.bottleneck_decoder.0.weight"]);
});

test("parameterShapes() without a bottleneck has no decoder and no fc4", () => {
  for (const kind of ["head", "body", "tail"] as const) {
    const names = parameterShapes(smallShape({ kind, blocks: 2, K: null, NKV: 1 }))
      .map(({ name }) => name);
    assert.isEmpty(names.filter((name) => /decoder|fc4/.test(name)), kind);
  }
});

test("stageForward() leaves input and parameters as they were", () => {
  const shape = smallShape({ kind: "body", blocks: 2, K: 5, NKV: 1 });
  const { input, params } = smallValues(shape);
  const before = smallValues(shape);
  stageForward(shape, params, input);
  assert.deepEqual({ input, params }, before);
});

test("stageForward() names the parameter that is missing", () => {
  const shape = smallShape({ kind: "tail", blocks: 1, K: 5, NKV: 1 });
  const { input, params } = smallValues(shape);
  params.delete("final_norm.weight");
  assert.throws(() => stageForward(shape, params, input), RangeError, "final_norm.weight");
});

test("stageForward() refuses a parameter of the wrong length", () => {
  const shape = smallShape({ kind: "tail", blocks: 1, K: 5, NKV: 1 });
  const { input, params } = smallValues(shape);
  params.set("out_head.weight", new Float32Array(59));
  assert.throws(() => stageForward(shape, params, input), RangeError, "59 values, expected 60");
});

test("stageForward() refuses activations of the full width where the bottleneck is expected", () => {
  const shape = smallShape({ kind: "body", blocks: 1, K: 5, NKV: 1 });
  const { params } = smallValues(shape);
  const wide = new Float32Array(SMALL.B * SMALL.T * SMALL.C);
  assert.throws(() => stageForward(shape, params, wide), RangeError, "expected 30");
});

test("stageForward() of a head refuses activations", () => {
  const shape = smallShape({ kind: "head", blocks: 1, K: 5, NKV: 1 });
  const { params } = smallValues(shape);
  assert.throws(() => stageForward(shape, params, new Float32Array(6)), TypeError, "tokens");
});

test("stageForward() of a body refuses tokens", () => {
  const shape = smallShape({ kind: "body", blocks: 1, K: 5, NKV: 1 });
  const { params } = smallValues(shape);
  assert.throws(() => stageForward(shape, params, new Int32Array(30)), TypeError, "activations");
});

const MISFITS: [string, Partial<StageShape>][] = [
  ["no blocks", { blocks: 0 }],
  ["a head dim that is odd", { C: 9 }],
  ["heads that do not divide C", { NH: 5 }],
  ["groups that do not divide the heads", { NKV: 2 }],
  ["a bottleneck as wide as the stage", { K: 12 }],
];

for (const [what, change] of MISFITS) {
  test(`parameterShapes() refuses ${what}`, () => {
    const shape = smallShape({ kind: "body", blocks: 1, K: 5, NKV: 1 });
    assert.throws(() => parameterShapes({ ...shape, ...change }), RangeError);
  });
}

test("nextTokenLoss() is the mean over the positions that have a next token", () => {
  const { loss, dlogits } = nextTokenLoss(new Float32Array(12), Int32Array.from([0, 1, 1, 0]), {
    B: 2,
    T: 2,
    V: 3,
  });
  // Equal logits over 3 tokens; 2 of the 4 positions count, each with half the gradient.
  assertClose([loss], [Math.log(3)], { absolute: 1e-7, relative: 0 }, "loss");
  const third = 1 / 6;
  const expected = [third, third - 0.5, third, 0, 0, 0, third - 0.5, third, third, 0, 0, 0];
  assertClose(dlogits, expected, { absolute: 1e-7, relative: 0 }, "dlogits");
});
