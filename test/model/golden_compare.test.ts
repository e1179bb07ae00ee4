/**
 * The verdict on two tensors: each rule, and what must never pass.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { Comparison, type GroupReport, type Rule } from "../../core/model/golden_compare.ts";

const EXACT: Rule = { absolute: 0, relative: 0, share: 1 };

function compare(rule: Rule, actual: number[], expected: number[]): GroupReport {
  const comparison = new Comparison("group", rule);
  comparison.add(Float32Array.from(actual), Float32Array.from(expected));
  return comparison.report();
}

test("equal tensors pass every rule", () => {
  const rule = { ...EXACT, atMost: 0, errorNorm: 0, cosine: 0.999999, normRatio: 1e-6 };
  assert.isTrue(compare(rule, [1, -2, 3], [1, -2, 3]).passed);
});

test("a group without tensors fails and says so", () => {
  const report = new Comparison("group", { cosine: 0 }).report();
  assert.isFalse(report.passed);
  assert.include(report.reason, "the group has no tensors");
});

test("an expected tensor that is missing fails beside one that is right", () => {
  const comparison = new Comparison("group", EXACT);
  comparison.add(Float32Array.of(1), Float32Array.of(1));
  comparison.add(Float32Array.of(1, 2), undefined);
  const { passed, reason, tensors } = comparison.report();
  assert.deepEqual({ passed, tensors }, { passed: false, tensors: 1 });
  assert.include(reason, "none where 2 were computed");
});

test("an expected tensor of another size fails", () => {
  const report = compare(EXACT, [1, 2], [1]);
  assert.isFalse(report.passed);
  assert.include(report.reason, "1 values where 2 were computed");
});

const RULES: [string, Rule][] = [
  ["share", { absolute: 1, relative: 1, share: 1 }],
  ["atMost", { atMost: 1 }],
  ["errorNorm", { errorNorm: 1 }],
  ["cosine", { cosine: -1 }],
  ["normRatio", { normRatio: 1 }],
];

for (const [name, rule] of RULES) {
  test(`NaN that was computed breaks the rule ${name}`, () => {
    assert.isFalse(compare(rule, [1, NaN, 1], [1, 1, 1]).passed);
  });

  test(`infinity that was computed breaks the rule ${name}`, () => {
    assert.isFalse(compare(rule, [1, Infinity, 1], [1, 1, 1]).passed);
  });

  test(`NaN in the first of two tensors breaks the rule ${name}`, () => {
    const comparison = new Comparison("group", rule);
    comparison.add(Float32Array.of(NaN, 1), Float32Array.of(1, 1));
    comparison.add(Float32Array.of(1, 1), Float32Array.of(1, 1));
    assert.isFalse(comparison.report().passed);
  });

  test(`NaN in the file breaks the rule ${name}`, () => {
    assert.isFalse(compare(rule, [1, 1, 1], [1, NaN, 1]).passed);
  });
}

test("zeros in place of a tensor break cosine, norm ratio and error norm", () => {
  for (const rule of [{ cosine: 0.9 }, { normRatio: 0.1 }, { errorNorm: 0.1 }]) {
    assert.isFalse(compare(rule, [0, 0], [1, 2]).passed, JSON.stringify(rule));
  }
});

test("two tensors of zeros pass", () => {
  assert.isTrue(compare({ cosine: 0.9, normRatio: 0.1, errorNorm: 0.1 }, [0, 0], [0, 0]).passed);
});

test("an element is within absolute plus relative tolerance up to the border", () => {
  const rule = { absolute: 0.5, relative: 0.25, share: 1 };
  assert.isTrue(compare(rule, [5.5], [4]).passed);
  assert.isFalse(compare(rule, [5.75], [4]).passed);
});

test("a share lets as many elements be off, and no more", () => {
  const rule = { absolute: 0, relative: 0, share: 0.75 };
  assert.isTrue(compare(rule, [1, 2, 3, 9], [1, 2, 3, 4]).passed);
  assert.isFalse(compare(rule, [1, 2, 8, 9], [1, 2, 3, 4]).passed);
});

test("the worst tensor decides, not their mean", () => {
  const comparison = new Comparison("group", { cosine: 0.9 });
  comparison.add(Float32Array.of(1, 0), Float32Array.of(0, 1));
  for (let i = 0; i < 99; i++) comparison.add(Float32Array.of(1), Float32Array.of(1));
  const { passed, cosine } = comparison.report();
  assert.deepEqual({ passed, cosine }, { passed: false, cosine: 0 });
});

test("a report names the largest errors", () => {
  const { absoluteError, relativeError, elements } = compare(EXACT, [1, 2.5, 110], [1, 2, 100]);
  assert.deepEqual([absoluteError, relativeError, elements], [10, 0.25, 3]);
});
