/**
 * RMSNorm and its gradient.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { rmsnormBackward, rmsnormForward } from "../../core/reference/rmsnorm.ts";
import { assertClose } from "../harness/assert_close.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, randomAwayFromZero, seededRandom } from "./random.ts";

// One rounding to f32.
const ROUNDED = { absolute: 0, relative: 1e-7 };

test("rmsnormForward() divides by the root mean square, not the deviation", () => {
  const out = new Float32Array(2);
  rmsnormForward(out, new Float32Array([3, 3]), new Float32Array([1, 2]), 1, 2);
  const normed = 3 / Math.sqrt(9 + 1e-5);
  assertClose(out, [normed, 2 * normed], ROUNDED, "out");
});

test("rmsnormForward() of a row of zeros is zeros", () => {
  const out = new Float32Array(3).fill(NaN);
  rmsnormForward(out, new Float32Array(3), new Float32Array([1, 2, 3]), 1, 3);
  assert.deepEqual([...out], [0, 0, 0]);
});

test("rmsnormForward() adds 1e-5 to the mean square, which rules tiny rows", () => {
  const out = new Float32Array(1);
  rmsnormForward(out, new Float32Array([1e-4]), new Float32Array([1]), 1, 1);
  assertClose(out, [1e-4 / Math.sqrt(1e-8 + 1e-5)], ROUNDED, "out");
});

test("rmsnormBackward() of a row of zeros is dout * weight / sqrt(1e-5)", () => {
  const [dinp, dweight, inp] = [0, 0, 0].map(() => new Float32Array(1));
  rmsnormBackward(dinp, dweight, new Float32Array([2]), inp, new Float32Array([3]), 1, 1);
  assertClose(dinp, [6 / Math.sqrt(1e-5)], ROUNDED, "dinp");
});

for (const [R, C] of [[1, 1], [3, 7], [7, 3], [1, 36]]) {
  test(`rmsnormBackward() agrees with finite differences for R ${R}, C ${C}`, () => {
    const random = seededRandom(R * 10 + C);
    // Away from 0, where a row's norm bends too sharply for finite differences.
    const [inp, weight] = [randomAwayFromZero(R * C, random), randomArray(C, random)];
    const [dinp, dweight] = [new Float32Array(R * C), new Float32Array(C)];
    checkGradients("rmsnorm", {
      forward: () => {
        const out = new Float32Array(R * C);
        rmsnormForward(out, inp, weight, R, C);
        return out;
      },
      backward: (dout) => rmsnormBackward(dinp, dweight, dout, inp, weight, R, C),
      gradients: [
        { label: "dinp", input: inp, gradient: dinp, mode: "=" },
        { label: "dweight", input: weight, gradient: dweight, mode: "+=" },
      ],
    });
  });
}
