/**
 * Lengths and directions of two vectors.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  int64Tensor,
} from "../../../core/formats/dtype.ts";
import {
  ChangeComparison,
  Comparison,
  type Likeness,
} from "../../../core/iota/gradient_validator/comparison.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";
import { float16Tensor } from "./float16.ts";

const COUNT = 1000;
const VALUES = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i));
const OTHERS = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i) + 0.3 * Math.cos(3 * i));

/** `torch.norm`, the published ratio and `cosine_similarity` of PyTorch 2.13, in f32. */
const TORCH = {
  f32: [22.349693298339844, 23.33602523803711, 0.9577335119247437, 0.9577255249023438],
  bf16: [22.349882125854492, 23.339250564575195, 0.957609236240387, 0.9576754570007324],
  f16: [22.34968376159668, 23.33527946472168, 0.9577637314796448, 0.9577275514602661],
};

function likeness(ours: readonly number[], theirs: readonly number[]): Likeness {
  const comparison = new Comparison();
  comparison.add(Float32Array.from(ours), Float32Array.from(theirs));
  return comparison.likeness();
}

function compare(ours: HostTensor, theirs: HostTensor): Comparison {
  return new ChangeComparison().add(ours, theirs).whole;
}

for (
  const [dtype, make] of [
    ["f32", float32Tensor],
    ["bf16", bfloat16Tensor],
    ["f16", float16Tensor],
  ] as const
) {
  test(`norms, ratio and cosine of ${dtype} are PyTorch's`, () => {
    const [ours, theirs] = [VALUES, OTHERS].map((values) => make([COUNT], values));
    const found = compare(ours, theirs).likeness();
    const actual = [found.ourNorm, found.theirNorm, found.ratio, found.cosine];
    // PyTorch adds up in f32: 1e-6 of the value, and the platform's sine may differ in the last bit.
    actual.forEach((value, i) => assert.closeTo(value / TORCH[dtype][i], 1, 1e-6));
  });
}

test("a vector is wholly like itself", () => {
  const { ratio, cosine } = likeness([1, -2, 3], [1, -2, 3]);
  assert.closeTo(ratio, 1, 1e-8, "the epsilon of the definition takes a little");
  assert.equal(cosine, 1);
});

test("a vector turned about has a cosine of -1", () => {
  assert.closeTo(likeness([1, 2], [-1, -2]).cosine, -1, 1e-15);
});

test("the ratio is the same whichever is the longer", () => {
  assert.equal(likeness([3, 4], [6, 8]).ratio, likeness([6, 8], [3, 4]).ratio);
});

test("two vectors of zeros are wholly alike", () => {
  assert.deepEqual(likeness([0, 0], [0, 0]), { ourNorm: 0, theirNorm: 0, ratio: 1, cosine: 1 });
});

test("zeros are nothing like anything else", () => {
  for (const [ours, theirs] of [[[0, 0], [1, 1]], [[1, 1], [0, 0]]]) {
    const { ratio, cosine } = likeness(ours, theirs);
    assert.deepEqual([ratio, cosine], [0, 0]);
  }
});

for (const wrong of [NaN, Infinity, -Infinity]) {
  test(`one ${wrong} among good numbers makes all unlike, on either side`, () => {
    for (const [ours, theirs] of [[[1, wrong], [1, 1]], [[1, 1], [1, wrong]]]) {
      const { ratio, cosine } = likeness(ours, theirs);
      assert.deepEqual([ratio, cosine], [0, 0]);
    }
  });
}

test("NaN on both sides is not alike either", () => {
  assert.equal(likeness([NaN], [NaN]).cosine, 0);
});

test("our own NaN is told apart from theirs", () => {
  const own = new Comparison();
  own.add(Float32Array.of(NaN), Float32Array.of(1));
  const other = new Comparison();
  other.add(Float32Array.of(1), Float32Array.of(NaN));
  assert.deepEqual([own.isOursFinite, other.isOursFinite], [false, true]);
});

test("squares beyond f32 do not overflow", () => {
  const { ratio, cosine } = likeness([3e38, 3e38], [3e38, 3e38]);
  assert.closeTo(ratio, 1, 1e-8);
  assert.closeTo(cosine, 1, 1e-15);
});

test("blocks give what the whole gives", () => {
  const random = seededRandom(1);
  const [ours, theirs] = [randomArray(70_001, random), randomArray(70_001, random)];
  const whole = new Comparison();
  whole.add(ours, theirs);
  const tensor = (values: Float32Array): HostTensor => float32Tensor([values.length], values);
  const found = compare(tensor(ours), tensor(theirs)).likeness();
  // Sums of two halves differ from one sum in the last bits of f64.
  assert.closeTo(found.cosine, whole.likeness().cosine, 1e-12);
  assert.closeTo(found.ourNorm, whole.likeness().ourNorm, 1e-9);
});

test("tensors of different dtypes are compared by value", () => {
  const values = Float32Array.of(1, -0.5, 2);
  const found = compare(bfloat16Tensor([3], values), float16Tensor([3], values)).likeness();
  assert.equal(found.ourNorm, found.theirNorm);
  assert.closeTo(found.cosine, 1, 1e-15);
});

test("tensors of different lengths are refused, whichever is the longer", () => {
  const long = float32Tensor([65_537], new Float32Array(65_537));
  const short = float32Tensor([65_536], new Float32Array(65_536));
  assert.throws(() => compare(long, short), RangeError);
  assert.throws(() => compare(short, long), RangeError);
});

test("tokens can be compared too", () => {
  assert.equal(
    compare(int64Tensor([2], [3, 4]), int64Tensor([2], [3, 4])).likeness().ourNorm,
    5,
  );
});

test("a change is what both are beyond where they began", () => {
  const [from, ours, theirs] = [[1, 1], [1, 3], [4, 1]].map((values) =>
    float32Tensor([2], Float32Array.from(values))
  );
  const { ourNorm, theirNorm, cosine } = new ChangeComparison().add(ours, theirs, from).change
    .likeness();
  assert.deepEqual([ourNorm, theirNorm, cosine], [2, 3, 0]);
});

test("a beginning of another length is refused", () => {
  const [two, three] = [2, 3].map((count) => float32Tensor([count], new Float32Array(count)));
  assert.throws(() => new ChangeComparison().add(two, two, three), RangeError);
});
