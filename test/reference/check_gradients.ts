/**
 * Rung 2: gradients against central finite differences.
 *
 * @module
 */

import { assertClose, type Tolerance } from "../harness/assert_close.ts";
import { randomArray, seededRandom } from "./random.ts";

/** One input of an op, and where the op's backward leaves the gradient of it. */
export interface GradientUnderTest {
  label: string;
  input: Float32Array;
  gradient: Float32Array;
  /** Whether the backward overwrites or adds to what `gradient` holds. */
  mode: "=" | "+=";
}

/** An op whose forward reads the inputs above as they are at the moment of the call. */
export interface OpUnderTest {
  forward: () => Float32Array;
  backward: (dout: Float32Array) => void;
  gradients: GradientUnderTest[];
}

// The five-point formula is off by h⁴/30 times the fifth derivative, some 1e-7 here. The f32
// rounding of the outputs, 6e-8 each, is divided by h and weighs more: 1e-5 for a few dozen.
const STEP = 1 / 64;
const TOLERANCE: Tolerance = { absolute: 1e-4, relative: 5e-4 };

/**
 * Asserts for every input that the gradient of `sum(out * dout)`, dout random, is what the five-point
 * finite difference says. Gradients with "=" start as NaN and those with "+=" as 0.5, so that one
 * taken for the other fails.
 *
 * @param label opens the message of a failure
 * @param tolerance for ops deeper than one formula
 */
export function checkGradients(
  label: string,
  op: OpUnderTest,
  tolerance: Tolerance = TOLERANCE,
): void {
  const dout = randomArray(op.forward().length, seededRandom(99));
  for (const { gradient, mode } of op.gradients) gradient.fill(mode === "=" ? NaN : 0.5);
  op.backward(dout);
  for (const { label: name, input, gradient, mode } of op.gradients) {
    const analytic = mode === "=" ? gradient : gradient.map((value) => value - 0.5);
    const loss = (): number => {
      let sum = 0;
      op.forward().forEach((value, i) => sum += value * dout[i]);
      return sum;
    };
    assertClose(analytic, finiteDifferences(input, loss), tolerance, `${label}: ${name}`);
  }
}

/** d loss / d input by the five-point central formula. The input is left as it was. */
export function finiteDifferences(input: Float32Array, loss: () => number): Float64Array {
  return Float64Array.from(input, (value, i) => {
    const at = (steps: number): number => {
      input[i] = value + steps * STEP;
      return loss();
    };
    const slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP);
    input[i] = value;
    return slope;
  });
}
