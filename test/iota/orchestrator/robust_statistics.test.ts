import { assert } from "chai";
import { test } from "#test";
import {
  discoveries,
  median,
  normalOfStudent,
  scaleOf,
  spreadWithin,
  twoSidedTail,
} from "../../../core/iota/orchestrator/robust_statistics.ts";
import { normal, seededRandom } from "./simulated_pathways.ts";

test("the median sorts by number, not by text", () => {
  assert.equal(median([10, 9, 1]), 9);
});

test("the median of an even count is between the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("the median does not change what it is given", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test("a scale is that of the values that are not wild", () => {
  const random = seededRandom(1);
  const values = Array.from({ length: 4000 }, (_, i) => i % 10 === 0 ? 1e9 : normal(random));
  // A tenth of wild ones raises it by a seventh at most (quantile 0.556 in place of 0.5).
  assert.closeTo(scaleOf(values, 0), 1.07, 0.1);
});

test("a scale is told by the mean where most values are the middle", () => {
  assert.equal(scaleOf([0, 0, 0, 8], 0), 2);
});

test("the spread within groups does not see what groups differ by", () => {
  const random = seededRandom(2);
  const groups = Array.from(
    { length: 200 },
    (_, group) => Array.from({ length: 4 }, () => group * 100 + 2 * normal(random)),
  );
  // 1200 pairs of 800 values know it to about 4%; three of those.
  assert.closeTo(spreadWithin(groups), 2, 0.25);
});

test("one wild value in each group of four makes the spread some times as large, not more", () => {
  const random = seededRandom(3);
  const groups = Array.from(
    { length: 200 },
    () => [1e9, normal(random), normal(random), normal(random)],
  );
  assert.isBelow(spreadWithin(groups), 3);
});

test("groups of one have no spread", () => {
  assert.equal(spreadWithin([[1], [5], []]), 0);
});

test("two-sided tails are those of the normal table", () => {
  // Relative error of the approximation: 1.2e-7.
  assert.closeTo(twoSidedTail(1.959964), 0.05, 1e-7);
  assert.closeTo(twoSidedTail(-3.290527), 0.001, 1e-9);
  assert.equal(twoSidedTail(Infinity), 0);
});

test("a value of Student's distribution becomes the normal one of the same tail", () => {
  // t = 2.228 with 10 degrees of freedom has a tail of 0.05, t = 4.587 one of 0.001.
  assert.closeTo(normalOfStudent(2.228, 10), 1.96, 0.005);
  assert.closeTo(normalOfStudent(-4.587, 10), -3.29, 0.01);
});

test("with all freedom a value stays what it is", () => {
  assert.equal(normalOfStudent(3, Infinity), 3);
});

test("a find must be rarer the more tests there are", () => {
  assert.deepEqual(discoveries([0.004], 0.01), [true]);
  assert.deepEqual(discoveries([0.004, 0.5, 0.6, 0.7], 0.01), [false, false, false, false]);
});

test("many finds make each of them easier, and order does not matter", () => {
  assert.deepEqual(discoveries([0.9, 0.02, 0.03, 0.01], 0.04), [false, true, true, true]);
});

test("without tests there is no find", () => {
  assert.deepEqual(discoveries([], 0.01), []);
});
