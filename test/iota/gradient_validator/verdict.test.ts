/**
 * What a likeness is worth.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { bfloat16Tensor, float32Tensor, type HostTensor } from "../../../core/formats/dtype.ts";
import {
  ChangeComparison,
  type Likeness,
} from "../../../core/iota/gradient_validator/comparison.ts";
import {
  judgeActivation,
  judgeOptimizerState,
  judgeWeights,
  PUBLISHED_THRESHOLDS,
  type Thresholds,
  type Verdict,
} from "../../../core/iota/gradient_validator/verdict.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";
import { float16Tensor } from "./float16.ts";

const COUNT = 4096;

function like(ratio: number, cosine: number, ourNorm = 1): Likeness {
  return { ourNorm, theirNorm: 1, ratio, cosine };
}

function reasons(
  judge: (likeness: Likeness, thresholds: Thresholds) => Verdict,
  likenesses: readonly Likeness[],
): string[] {
  return likenesses.map((likeness) => judge(likeness, PUBLISHED_THRESHOLDS).reason);
}

/** A miner's activation: the true one in its dtype, with noise of a share of its length. */
function judgedNoise(
  share: number,
  make: (shape: readonly number[], values: Float32Array) => HostTensor,
  seed: number,
): Verdict {
  const random = seededRandom(seed);
  const truth = randomArray(COUNT, random);
  const noise = randomArray(COUNT, random, share);
  const tensor = make([COUNT], truth.map((value, i) => value + noise[i]));
  const comparison = new ChangeComparison().add(float32Tensor([COUNT], truth), tensor).whole;
  return judgeActivation(comparison.likeness(), PUBLISHED_THRESHOLDS);
}

test("an activation needs a ratio of 0.8 at least", () => {
  const found = reasons(judgeActivation, [like(0.8, 1), like(0.7999, 1), like(0, 1)]);
  assert.deepEqual(found, ["passed", "magnitude-ratio-failed", "magnitude-ratio-failed"]);
});

test("an activation needs a cosine above 0.9", () => {
  const found = reasons(judgeActivation, [like(1, 0.9001), like(1, 0.9), like(1, -1)]);
  assert.deepEqual(found, ["passed", "failed", "failed"]);
});

test("weights need a ratio of 0.7 at least, then a cosine above 0.9", () => {
  const found = reasons(judgeWeights, [like(0.7, 0.91), like(0.69, 1), like(1, 0.9)]);
  assert.deepEqual(found, ["passed", "weight-magnitude-ratio-failed", "failed"]);
});

test("weights that have not moved with ours fail, however like they are", () => {
  const judged = (moved: number | undefined): Verdict =>
    judgeWeights(like(1, 0.9999), PUBLISHED_THRESHOLDS, moved);
  const valid = [0, 0.049, -1, 0.05, 0.1, 1, 10].map((moved) => judged(moved).is_valid);
  assert.deepEqual(valid, [false, false, false, true, true, true, true]);
  assert.deepEqual(judged(0), { is_valid: false, score: 0, reason: "failed" });
});

test("where it cannot be told whether weights have moved, they need not have", () => {
  assert.equal(judgeWeights(like(1, 0.9999), PUBLISHED_THRESHOLDS, undefined).reason, "passed");
});

test("the score is the ratio where that failed, else the cosine", () => {
  const score = (likeness: Likeness): number =>
    judgeActivation(likeness, PUBLISHED_THRESHOLDS).score;
  assert.deepEqual([score(like(0.5, 0.99)), score(like(0.9, 0.95))], [0.5, 0.95]);
});

test("no NaN passes", () => {
  for (const likeness of [like(NaN, 1), like(1, NaN), like(NaN, NaN)]) {
    assert.isFalse(judgeActivation(likeness, PUBLISHED_THRESHOLDS).is_valid);
    assert.isFalse(judgeWeights(likeness, PUBLISHED_THRESHOLDS).is_valid);
  }
  assert.isFalse(judgeOptimizerState(like(1, NaN), like(1, 1), PUBLISHED_THRESHOLDS).is_valid);
  assert.isFalse(judgeOptimizerState(like(1, 1), like(1, NaN), PUBLISHED_THRESHOLDS).is_valid);
});

test("an optimizer state needs a cosine above 0.8", () => {
  const judge = (cosine: number): boolean =>
    judgeOptimizerState(like(1, cosine), like(1, 1), PUBLISHED_THRESHOLDS).is_valid;
  assert.deepEqual([judge(0.81), judge(0.8), judge(-1)], [true, false, false]);
});

test("an optimizer state that has not moved as ours has fails", () => {
  const verdict = judgeOptimizerState(like(1, 0.95), like(0, 0, 0.3), PUBLISHED_THRESHOLDS);
  assert.deepEqual(verdict, { is_valid: false, score: 0, reason: "failed-optimizer-state" });
});

test("what moved less than rounding can tell is not held against a miner", () => {
  const verdict = judgeOptimizerState(like(1, 0.95), like(0, 0, 0.01), PUBLISHED_THRESHOLDS);
  assert.deepEqual(verdict, { is_valid: true, score: 0.95, reason: "passed" });
});

for (const [name, make] of [["f16", float16Tensor], ["bf16", bfloat16Tensor]] as const) {
  test(`an honest miner in ${name} passes at every noise up to a third of the signal`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const share = seed / 120;
      assert.equal(judgedNoise(share, make, seed).reason, "passed", `share ${share}`);
    }
  });
}

test("noise of more than half of the signal fails, at every seed", () => {
  // A cosine of 0.9 is noise of 0.484 of the signal: 1 / sqrt(1 + 0.484²).
  for (let seed = 1; seed <= 40; seed++) {
    const share = 0.52 + seed / 10;
    assert.isFalse(judgedNoise(share, bfloat16Tensor, seed).is_valid, `share ${share}`);
  }
});

test("an unrelated vector of the right length fails, at every seed", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const [ours, theirs] = [0, 0].map(() => float32Tensor([COUNT], randomArray(COUNT, random)));
    const likeness = new ChangeComparison().add(ours, theirs).whole.likeness();
    assert.equal(judgeActivation(likeness, PUBLISHED_THRESHOLDS).reason, "failed");
  }
});

test("a vector scaled beyond the ratio fails, within it passes", () => {
  const values = randomArray(COUNT, seededRandom(1));
  const judge = (scale: number): string => {
    const scaled = float32Tensor([COUNT], values.map((value) => value * scale));
    const ours = float32Tensor([COUNT], values);
    const likeness = new ChangeComparison().add(ours, scaled).whole.likeness();
    return judgeActivation(likeness, PUBLISHED_THRESHOLDS).reason;
  };
  const ratioFailed = "magnitude-ratio-failed";
  assert.deepEqual(
    [0.79, 0.81, 1.24, 1.26, 1e6].map(judge),
    [ratioFailed, "passed", "passed", ratioFailed, ratioFailed],
  );
});

test("what is nearer to what was given than to what is right fails, however like it is", () => {
  // Ours is what was given and 0.3 beside it: a copy has a cosine of 0.958.
  const judge = (theirs: Likeness): string =>
    judgeActivation(like(1, 0.958), PUBLISHED_THRESHOLDS, theirs).reason;
  const change = (theirNorm: number, cosine: number): Likeness => ({
    ...{ ourNorm: 0.3, theirNorm, ratio: theirNorm / 0.3, cosine },
  });
  assert.deepEqual([change(0, 0), change(0.14, 1), change(0.16, 1), change(0.3, 1)].map(judge), [
    "failed",
    "failed",
    "passed",
    "passed",
  ]);
});

test("where a stage passes on what it is given, so may a miner", () => {
  const unchanged = like(0, 0, 0.01);
  assert.isTrue(judgeActivation(like(1, 1), PUBLISHED_THRESHOLDS, unchanged).is_valid);
  const zeros = { ourNorm: 0, theirNorm: 0, ratio: 1, cosine: 1 };
  assert.isTrue(judgeActivation(zeros, PUBLISHED_THRESHOLDS, zeros).is_valid);
});

test("honest noise is not taken for a copy, however little a stage does", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const given = randomArray(COUNT, random);
    const done = randomArray(COUNT, random, seed / 40);
    const noise = randomArray(COUNT, random, 0.1);
    const ours = float32Tensor([COUNT], given.map((value, i) => value + done[i]));
    const values = given.map((value, i) => value + done[i] + noise[i]);
    const { whole, change } = new ChangeComparison()
      .add(ours, bfloat16Tensor([COUNT], values), float32Tensor([COUNT], given));
    const verdict = judgeActivation(whole.likeness(), PUBLISHED_THRESHOLDS, change.likeness());
    assert.equal(verdict.reason, "passed", `the stage adds ${seed / 40}`);
  }
});
