/**
 * Matrix products with every transpose, and the linear layer made of them.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { linearBackward, linearForward } from "../../core/reference/linear.ts";
import { matmul } from "../../core/reference/matmul.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// [1 2 3; 4 5 6] · [1 0; 0 1; 1 1] = [4 5; 10 11], and the operands' transposes.
const A = new Float32Array([1, 2, 3, 4, 5, 6]);
const A_TRANSPOSED = new Float32Array([1, 4, 2, 5, 3, 6]);
const B = new Float32Array([1, 0, 0, 1, 1, 1]);
const B_TRANSPOSED = new Float32Array([1, 0, 1, 0, 1, 1]);
const PRODUCT = [4, 5, 10, 11];

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    test(`matmul() with transposeA ${transposeA} and transposeB ${transposeB}`, () => {
      const out = new Float32Array(4).fill(NaN);
      const [a, b] = [transposeA ? A_TRANSPOSED : A, transposeB ? B_TRANSPOSED : B];
      matmul(out, a, b, 2, 2, 3, { transposeA, transposeB });
      assert.deepEqual([...out], PRODUCT);
    });
  }
}

test("matmul() with accumulate adds to what out holds", () => {
  const out = new Float32Array([1, 2, 3, 4]);
  matmul(out, A, B, 2, 2, 3, { accumulate: true });
  assert.deepEqual([...out], [5, 7, 13, 15]);
});

test("matmul() sums in double: a small term survives large ones that cancel", () => {
  const out = new Float32Array(1);
  matmul(out, new Float32Array([1e8, 1, -1e8]), new Float32Array([1, 1, 1]), 1, 1, 3);
  assert.equal(out[0], 1);
});

for (const [R, IN, OUT] of [[1, 1, 1], [3, 7, 1], [7, 1, 3], [3, 3, 7]]) {
  test(`linearBackward() agrees with finite differences for R ${R}, ${IN} to ${OUT}`, () => {
    const random = seededRandom(R * 100 + IN * 10 + OUT);
    const [inp, weight] = [randomArray(R * IN, random), randomArray(OUT * IN, random)];
    const [dinp, dweight] = [new Float32Array(R * IN), new Float32Array(OUT * IN)];
    checkGradients("linear", {
      forward: () => {
        const out = new Float32Array(R * OUT);
        linearForward(out, inp, weight, R, IN, OUT);
        return out;
      },
      backward: (dout) => linearBackward(dinp, dweight, dout, inp, weight, R, IN, OUT),
      gradients: [
        { label: "dinp", input: inp, gradient: dinp, mode: "+=" },
        { label: "dweight", input: weight, gradient: dweight, mode: "+=" },
      ],
    });
  });
}
