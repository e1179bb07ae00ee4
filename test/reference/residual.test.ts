/**
 * Residual additions on the first channels.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { addChannels } from "../../core/reference/residual.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

test("addChannels() adds to the first channels and leaves the others", () => {
  const out = new Float32Array([1, 2, 3, 4, 5, 6]);
  addChannels(out, new Float32Array([10, 20]), 2, 3, 1);
  assert.deepEqual([...out], [11, 2, 3, 24, 5, 6]);
});

test("addChannels() reads the first channels of wider rows", () => {
  const out = new Float32Array([1, 2]);
  addChannels(out, new Float32Array([10, 20, 30, 40]), 2, 1, 1, 2);
  assert.deepEqual([...out], [11, 32]);
});

for (const [N, width, inpStride] of [[2, 3, 3], [3, 3, 2]]) {
  test(`addChannels() refuses width ${width} for rows of ${N} and ${inpStride}`, () => {
    const [out, inp] = [new Float32Array(N), new Float32Array(inpStride)];
    assert.throws(() => addChannels(out, inp, 1, N, width, inpStride), RangeError, "width");
  });
}

for (const [R, N, width, stride] of [[1, 1, 1, 1], [3, 7, 3, 3], [7, 3, 3, 7], [2, 5, 2, 3]]) {
  test(`addChannels() is its own gradient for R ${R}, N ${N}, width ${width} of ${stride}`, () => {
    const random = seededRandom(N);
    const [base, inp] = [randomArray(R * N, random), randomArray(R * stride, random)];
    const dinp = new Float32Array(R * stride);
    checkGradients("residual", {
      forward: () => {
        const out = base.slice();
        addChannels(out, inp, R, N, width, stride);
        return out;
      },
      backward: (dout) => addChannels(dinp, dout, R, stride, width, N),
      gradients: [{ label: "dinp", input: inp, gradient: dinp, mode: "+=" }],
    });
  });
}
