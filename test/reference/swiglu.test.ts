/**
 * SwiGLU and its gradient.
 *
 * @module
 */

import { test } from "#test";
import { swigluBackward, swigluForward } from "../../core/reference/swiglu.ts";
import { assertClose } from "../harness/assert_close.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// One rounding to f32.
const ROUNDED = { absolute: 0, relative: 1e-7 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test("swigluForward() takes the gate from the first half of every row", () => {
  const out = new Float32Array(4);
  swigluForward(out, new Float32Array([1, 2, 10, 20, -1, 0, 3, 4]), 2, 2);
  const expected = [sigmoid(1) * 10, 2 * sigmoid(2) * 20, -sigmoid(-1) * 3, 0];
  assertClose(out, expected, ROUNDED, "out");
});

test("swigluBackward() may write over gateup", () => {
  const gateup = new Float32Array([0, 6]);
  swigluBackward(gateup, new Float32Array([2]), gateup, 1, 1);
  assertClose(gateup, [2 * 6 * 0.5, 0], ROUNDED, "dgateup");
});

for (const [R, H] of [[1, 1], [3, 7], [7, 3]]) {
  test(`swigluBackward() agrees with finite differences for R ${R}, H ${H}`, () => {
    const gateup = randomArray(R * 2 * H, seededRandom(H), 2);
    const dgateup = new Float32Array(gateup.length);
    checkGradients("swiglu", {
      forward: () => {
        const out = new Float32Array(R * H);
        swigluForward(out, gateup, R, H);
        return out;
      },
      backward: (dout) => swigluBackward(dgateup, dout, gateup, R, H),
      gradients: [{ label: "dgateup", input: gateup, gradient: dgateup, mode: "=" }],
    });
  });
}
