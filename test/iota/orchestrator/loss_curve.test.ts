import { assert } from "chai";
import { test } from "#test";
import { LossCurve } from "../../../core/iota/orchestrator/loss_curve.ts";

function curveOf(losses: readonly number[], maxBins?: number): LossCurve {
  const curve = new LossCurve(maxBins);
  losses.forEach((loss, i) => curve.add(i * 1000, loss));
  return curve;
}

test("few losses are shown one by one", () => {
  assert.deepEqual(curveOf([5, 4]).points(), [
    { timeMs: 0, upTo: 1, mean: 5, least: 5, most: 5 },
    { timeMs: 1000, upTo: 2, mean: 4, least: 4, most: 4 },
  ]);
});

test("a million losses stay within the points that are allowed", () => {
  const curve = new LossCurve(100);
  for (let i = 0; i < 1_000_000; i++) curve.add(i, 3);
  assert.isAtMost(curve.points().length, 100);
  assert.isAbove(curve.points().length, 40);
});

test("points that were joined keep mean, peaks and time", () => {
  assert.deepEqual(curveOf([1, 3, 5, 9, 2], 4).points(), [
    { timeMs: 1000, upTo: 2, mean: 2, least: 1, most: 3 },
    { timeMs: 3000, upTo: 4, mean: 7, least: 5, most: 9 },
    { timeMs: 4000, upTo: 5, mean: 2, least: 2, most: 2 },
  ]);
});

test("the last point ends with the last loss, however often points were joined", () => {
  const points = curveOf(Array.from({ length: 12_345 }, () => 1), 64).points();
  assert.equal(points.at(-1)?.upTo, 12_345);
});

test("the present loss is the mean of the last 32", () => {
  assert.equal(curveOf([...Array(100).fill(9), ...Array(32).fill(3)]).latest, 3);
});

test("before the first loss there is none", () => {
  assert.isNull(new LossCurve().latest);
});

test("a run that has just begun tells its rate since the first loss", () => {
  // Eleven losses, a second apart, told when the last one comes.
  assert.closeTo(curveOf(Array(11).fill(3)).perMinute(10_000), 66, 1e-9);
});

test("a long run tells the rate of the last five minutes", () => {
  assert.closeTo(curveOf(Array(1000).fill(3)).perMinute(999_000), 60, 1e-9);
});

test("a run that has stopped has no rate any more", () => {
  assert.equal(curveOf(Array(1000).fill(3)).perMinute(2_000_000), 0);
});
