/**
 * SiLU and its gradient.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { siluBackward, siluForward } from "../../core/reference/silu.ts";
import { assertClose } from "../harness/assert_close.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// One rounding to f32.
const ROUNDED = { absolute: 0, relative: 1e-7 };

test("siluForward() is x times the sigmoid of x", () => {
  const out = new Float32Array(3);
  siluForward(out, new Float32Array([0, 1, -2]), 3);
  assertClose(out, [0, 1 / (1 + Math.exp(-1)), -2 / (1 + Math.exp(2))], ROUNDED, "out");
});

test("siluForward() stays finite where the exponential overflows", () => {
  const out = new Float32Array(2);
  siluForward(out, new Float32Array([-1000, 1000]), 2);
  assertClose(out, [0, 1000], ROUNDED, "out");
});

test("siluBackward() stays finite where the exponential overflows", () => {
  const dinp = new Float32Array(2);
  siluBackward(dinp, new Float32Array([1, 1]), new Float32Array([-1000, 1000]), 2);
  assertClose(dinp, [0, 1], ROUNDED, "dinp");
});

test("siluBackward() may write over dout", () => {
  const gradient = new Float32Array([2, 4]);
  siluBackward(gradient, gradient, new Float32Array(2), 2);
  assert.deepEqual([...gradient], [1, 2]);
});

for (const N of [1, 3, 7, 65]) {
  test(`siluBackward() agrees with finite differences for ${N} values`, () => {
    const inp = randomArray(N, seededRandom(N), 3);
    const dinp = new Float32Array(N);
    checkGradients("silu", {
      forward: () => {
        const out = new Float32Array(N);
        siluForward(out, inp, N);
        return out;
      },
      backward: (dout) => siluBackward(dinp, dout, inp, N),
      gradients: [{ label: "dinp", input: inp, gradient: dinp, mode: "=" }],
    });
  });
}
