import { test } from "#test";
import { assert } from "chai";
import { matmul } from "../../../core/reference/matmul.ts";
import type { ProductShape } from "../../../core/bench/train/product.ts";
import { operandsOf, spread, wrongProduct } from "../../../core/bench/train/product_check.ts";

function shape(sizes: [M: number, N: number, K: number], transposed = ""): ProductShape {
  const [M, N, K] = sizes;
  return { M, N, K, transposeA: transposed.includes("a"), transposeB: transposed.includes("b") };
}

function product(of: ProductShape): Float32Array {
  const out = new Float32Array(of.M * of.N);
  const { a, b } = operandsOf(of);
  matmul(out, a, b, of.M, of.N, of.K, of);
  return out;
}

for (const transposed of ["", "a", "b", "ab"]) {
  test(`wrongProduct() finds nothing wrong with a right product, transposed "${transposed}"`, () => {
    const of = shape([5, 7, 3], transposed);
    assert.isUndefined(wrongProduct(of, operandsOf(of), product(of)));
  });
}

test("wrongProduct() sees one wrong value of a small product, and says where", () => {
  const of = shape([5, 7, 3]);
  const y = product(of);
  y[2 * 7 + 4] += 1e-3;
  assert.match(wrongProduct(of, operandsOf(of), y) ?? "", /^row 2, column 4 is /);
});

test("wrongProduct() sees NaN", () => {
  const of = shape([5, 7, 3]);
  const y = product(of).fill(NaN, 34);
  assert.match(wrongProduct(of, operandsOf(of), y) ?? "", /NaN/);
});

test("wrongProduct() sees a product of the wrong size", () => {
  const of = shape([5, 7, 3]);
  assert.match(wrongProduct(of, operandsOf(of), new Float32Array(34)) ?? "", /34 values/);
});

test("wrongProduct() looks at the last value of a product too large to check whole", () => {
  const of = shape([3000, 3000, 8]);
  const y = new Float32Array(3000 * 3000);
  const { a, b } = operandsOf(of);
  matmul(y, a, b, 3000, 3000, 8);
  y[y.length - 1] = 99;
  assert.match(wrongProduct(of, operandsOf(of), y) ?? "", /^row 2999, column 2999 is 99/);
});

test("spread() has the first and the last, and no number twice", () => {
  const chosen = spread(1000, 7);
  assert.deepEqual([chosen[0], chosen.at(-1), new Set(chosen).size], [0, 999, 7]);
});

test("spread() of few is all of them", () => {
  assert.deepEqual(spread(3, 3), [0, 1, 2]);
});
