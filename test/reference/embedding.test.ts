/**
 * The token embedding and its gradient.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { embeddingBackward, embeddingForward } from "../../core/reference/embedding.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

test("embeddingForward() copies the token's row", () => {
  const out = new Float32Array(4);
  embeddingForward(out, [2, 0], new Float32Array([1, 2, 3, 4, 5, 6]), 2, 2);
  assert.deepEqual([...out], [5, 6, 1, 2]);
});

test("embeddingBackward() adds up the rows of a token that occurs more than once", () => {
  const dweight = new Float32Array([10, 0, 0]);
  embeddingBackward(dweight, [0, 2, 0], new Float32Array([1, 2, 3]), 3, 1);
  assert.deepEqual([...dweight], [14, 0, 2]);
});

for (const [R, V, C] of [[1, 1, 1], [3, 7, 3], [7, 3, 7]]) {
  test(`embeddingBackward() agrees with finite differences for R ${R}, V ${V}, C ${C}`, () => {
    const random = seededRandom(R);
    const tokens = Uint32Array.from({ length: R }, () => Math.floor(random() * V));
    const weight = randomArray(V * C, random);
    const dweight = new Float32Array(V * C);
    checkGradients("embedding", {
      forward: () => {
        const out = new Float32Array(R * C);
        embeddingForward(out, tokens, weight, R, C);
        return out;
      },
      backward: (dout) => embeddingBackward(dweight, tokens, dout, R, C),
      gradients: [{ label: "dweight", input: weight, gradient: dweight, mode: "+=" }],
    });
  });
}

for (const token of [3, -1, 0.5, NaN]) {
  test(`embeddingForward() refuses token ${token} of a vocabulary of 3`, () => {
    const out = new Float32Array(1);
    assert.throws(
      () => embeddingForward(out, [token], new Float32Array(3), 1, 1),
      RangeError,
      "expected an integer in 0..2",
    );
  });
}

test("embeddingBackward() refuses a token beyond the vocabulary", () => {
  const dweight = new Float32Array(3);
  assert.throws(() => embeddingBackward(dweight, [3], new Float32Array(1), 1, 1), RangeError);
});
