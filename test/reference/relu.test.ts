/**
 * ReLU and its gradient.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { reluBackward, reluForward } from "../../core/reference/relu.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomAwayFromZero, seededRandom } from "./random.ts";

test("reluForward() keeps what is positive", () => {
  const out = new Float32Array(4).fill(NaN);
  reluForward(out, new Float32Array([-1, 0, 2, 1e-30]), 4);
  assert.deepEqual([...out], [0, 0, 2, Math.fround(1e-30)]);
});

test("reluBackward() passes nothing where the output is exactly 0", () => {
  const dinp = new Float32Array(2).fill(NaN);
  reluBackward(dinp, new Float32Array([5, 5]), new Float32Array([0, 1e-30]), 2);
  assert.deepEqual([...dinp], [0, 5]);
});

for (const N of [1, 3, 7, 65]) {
  test(`reluBackward() agrees with finite differences for ${N} values`, () => {
    // Away from the kink at 0, where there is no slope to compare with.
    const inp = randomAwayFromZero(N, seededRandom(N));
    const [out, dinp] = [new Float32Array(N), new Float32Array(N)];
    const forward = (): Float32Array => {
      reluForward(out, inp, N);
      return out.slice();
    };
    checkGradients("relu", {
      forward,
      backward: (dout) => reluBackward(dinp, dout, out, N),
      gradients: [{ label: "dinp", input: inp, gradient: dinp, mode: "=" }],
    });
  });
}
