/**
 * Cross-entropy, its gradient and its targets.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { crossEntropy, nextTokenTargets } from "../../core/reference/cross_entropy.ts";
import { assertClose } from "../harness/assert_close.ts";
import { finiteDifferences } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// One rounding to f32 of values near 1.
const ROUNDED = { absolute: 1e-7, relative: 1e-7 };
// Losses are rounded to f32 at 3e-7 of their size, which finite differences divide by 1/64.
const FINITE = { absolute: 1e-4, relative: 5e-4 };

test("crossEntropy() of equal logits is the logarithm of the vocabulary", () => {
  const [losses, dlogits] = [new Float32Array(1), new Float32Array(4)];
  crossEntropy(losses, dlogits, new Float32Array(4), [2], 1, 1, 4);
  assertClose(losses, [Math.log(4)], ROUNDED, "losses");
  assertClose(dlogits, [0.25, 0.25, -0.75, 0.25], ROUNDED, "dlogits");
});

test("crossEntropy() scales the gradient but not the loss", () => {
  const [losses, dlogits] = [new Float32Array(1), new Float32Array(2)];
  crossEntropy(losses, dlogits, new Float32Array(2), [0], 10, 1, 2);
  assertClose([...losses, ...dlogits], [Math.log(2), -5, 5], ROUNDED, "losses, dlogits");
});

test("crossEntropy() gives a row without target neither loss nor gradient", () => {
  const [losses, dlogits] = [new Float32Array(2).fill(NaN), new Float32Array(4).fill(NaN)];
  crossEntropy(losses, dlogits, new Float32Array([9, 8, 0, 0]), [-1, 0], 1, 2, 2);
  assertClose(losses, [0, Math.log(2)], ROUNDED, "losses");
  assertClose(dlogits, [0, 0, -0.5, 0.5], ROUNDED, "dlogits");
});

test("crossEntropy() survives logits whose exponential overflows", () => {
  const [losses, dlogits] = [new Float32Array(1), new Float32Array(2)];
  crossEntropy(losses, dlogits, new Float32Array([1000, -1000]), [1], 1, 1, 2);
  assertClose([...losses, ...dlogits], [2000, 1, -1], ROUNDED, "losses, dlogits");
});

test("crossEntropy() of a certain answer is 0", () => {
  const [losses, dlogits] = [new Float32Array(1), new Float32Array(1)];
  crossEntropy(losses, dlogits, new Float32Array([3]), [0], 1, 1, 1);
  assert.deepEqual([...losses, ...dlogits], [0, 0]);
});

test("crossEntropy() may write the gradient over the logits", () => {
  const [R, V] = [3, 7];
  const logits = randomArray(R * V, seededRandom(1));
  const [losses, apart] = [new Float32Array(R), new Float32Array(R * V)];
  crossEntropy(losses, apart, logits, [6, -1, 0], 0.5, R, V);
  crossEntropy(losses, logits, logits, [6, -1, 0], 0.5, R, V);
  assert.deepEqual([...logits], [...apart]);
});

for (const target of [-2, 2, 0.5, NaN]) {
  test(`crossEntropy() refuses target ${target} of a vocabulary of 2`, () => {
    const [losses, logits] = [new Float32Array(1), new Float32Array(2)];
    assert.throws(
      () => crossEntropy(losses, logits, logits, [target], 1, 1, 2),
      RangeError,
      "expected -1 or an integer in 0..1",
    );
  });
}

for (const [R, V] of [[1, 3], [3, 7], [7, 1]]) {
  test(`crossEntropy() agrees with finite differences for R ${R}, V ${V}`, () => {
    const random = seededRandom(V);
    const logits = randomArray(R * V, random, 3);
    const targets = Int32Array.from({ length: R }, () => Math.floor(random() * (V + 1)) - 1);
    const [losses, dlogits] = [new Float32Array(R), new Float32Array(R * V).fill(NaN)];
    const scale = 0.7;
    crossEntropy(losses, dlogits, logits, targets, scale, R, V);
    const numeric = finiteDifferences(logits, () => {
      crossEntropy(losses, new Float32Array(R * V), logits, targets, scale, R, V);
      return losses.reduce((sum, rowLoss) => sum + rowLoss, 0) * scale;
    });
    assertClose(dlogits, numeric, FINITE, "dlogits");
  });
}

test("nextTokenTargets() gives the last position of every sequence no target", () => {
  assert.deepEqual([...nextTokenTargets([1, 2, 3, 4, 5, 6], 2, 3)], [2, 3, -1, 5, 6, -1]);
});

test("nextTokenTargets() of sequences of one token has no targets", () => {
  assert.deepEqual([...nextTokenTargets([1, 2], 2, 1)], [-1, -1]);
});
