import { test } from "#test";
import { assert } from "chai";
import { emittedWeights } from "../../core/chain/weights_emission.ts";
import { UsageError } from "../../core/errors.ts";

test("the largest weight becomes 65535, the others their share of it", () => {
  assert.deepEqual(emittedWeights([3, 5, 9], [0.25, 1, 0.5]), {
    uids: [3, 5, 9],
    // 0.25 * 65535 is 16383.75, and 0.5 * 65535 is 32767.5.
    values: [16384, 65535, 32768],
  });
});

test("halves go to the even number, as in Python", () => {
  // k / 131070 of the largest weight is k / 2 of 65535.
  const weights = [131070, 1, 3, 5, 7, 9];
  assert.deepEqual(emittedWeights([0, 1, 2, 3, 4, 5], weights).values, [65535, 2, 2, 4, 4]);
});

test("a weight that rounds to 0 is dropped with its uid", () => {
  assert.deepEqual(emittedWeights([7, 8, 9], [1, 0, 1e-9]), { uids: [7], values: [65535] });
});

test("weights of any size are scaled", () => {
  for (const size of [1e-300, 1, 1e300]) {
    assert.deepEqual(emittedWeights([0, 1], [size, size]).values, [65535, 65535]);
  }
});

test("no weights, and only zeros, give nothing", () => {
  assert.deepEqual(emittedWeights([], []), { uids: [], values: [] });
  assert.deepEqual(emittedWeights([1, 2], [0, 0]), { uids: [], values: [] });
});

test("typed arrays are taken", () => {
  assert.deepEqual(emittedWeights([1], Float32Array.of(0.1)).values, [65535]);
});

for (
  const [uids, weights, message] of [
    [[1], [-0.1], "weight of uid 1 is -0.1"],
    [[1], [NaN], "NaN"],
    [[1, 2], [1, Infinity], "uid 2 is Infinity"],
    [[1, 1], [1, 1], "uid 1 has two weights"],
    [[-1], [1], "-1 is no uid"],
    [[65536], [1], "65536 is no uid"],
    [[1.5], [1], "1.5 is no uid"],
    [[1, 2], [1], "2 uids with 1 weights"],
  ] as const
) {
  test(`emittedWeights() refuses ${JSON.stringify({ uids, weights })}`, () => {
    assert.throws(() => emittedWeights(uids, weights), UsageError, message);
  });
}
