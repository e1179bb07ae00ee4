import { assert } from "chai";
import { test } from "#test";
import { bigramLoss, unigramLoss } from "../../core/data/ngram.ts";

const ids = (...tokens: number[]): Int32Array => Int32Array.from(tokens);

test("an untrained table is a uniform guess", () => {
  assert.closeTo(unigramLoss(ids(), ids(0, 3, 7), 8), Math.log(8), 1e-12);
  assert.closeTo(bigramLoss(ids(), ids(0, 3, 7), 8), Math.log(8), 1e-12);
});

test("unigramLoss() is the mean of -log((count + 1) / (total + V))", () => {
  const expected = -(Math.log(3 / 6) + Math.log(1 / 6)) / 2;
  assert.closeTo(unigramLoss(ids(0, 0, 1), ids(0, 2), 3), expected, 1e-12);
});

test("bigramLoss() is the mean of -log((pair count + 1) / (count before + V))", () => {
  // Pairs in training: 0 1 twice, 1 0 once; measured: 0 1, then 1 2.
  const expected = -(Math.log(3 / 5) + Math.log(1 / 4)) / 2;
  assert.closeTo(bigramLoss(ids(0, 1, 0, 1), ids(0, 1, 2), 3), expected, 1e-12);
});

test("a strict alternation is nearly free for pairs and a coin for single tokens", () => {
  const stream = Int32Array.from({ length: 20000 }, (_, i) => i % 2);
  // Smoothing leaves (n + 1) / (n + 2) to the right token.
  assert.closeTo(bigramLoss(stream, stream, 2), 0, 1e-3);
  assert.closeTo(unigramLoss(stream, stream, 2), Math.log(2), 1e-6);
});

test("a vocabulary whose table of pairs would need 64 GB works", () => {
  const V = 128256;
  const loss = bigramLoss(ids(V - 1, V - 2, V - 1, V - 2), ids(V - 1, V - 2), V);
  assert.closeTo(loss, -Math.log(3 / (2 + V)), 1e-12);
});

test("a validation part with nothing to measure is a RangeError", () => {
  assert.throws(() => unigramLoss(ids(1), ids(), 4), RangeError);
  assert.throws(() => bigramLoss(ids(1), ids(1), 4), RangeError);
});
