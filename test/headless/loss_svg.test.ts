import { test } from "#test";
import { assert } from "chai";
import type { LossPoint } from "../../headless/loss_points.ts";
import { lossSvg } from "../../headless/loss_svg.ts";

const OPTIONS = { title: "nano, f32", unigramLoss: 3.09, bigramLoss: 2.4 };

function point(step: number, loss: number, validationLoss?: number): LossPoint {
  return { step, loss, validationLoss };
}

/** The path of a curve; the legend's samples come later in the file. */
function pathOf(svg: string, kind: string): string {
  return new RegExp(`class="curve ${kind}" d="([^"]*)"`).exec(svg)?.[1] ?? assert.fail("no path");
}

/** Numbers that stand in the picture where no number was meant. */
function assertDrawable(svg: string): void {
  assert.notMatch(svg, /NaN|Infinity|undefined/);
}

test("lossSvg() draws axes and the two tables before the first step", () => {
  const svg = lossSvg([], OPTIONS);
  assertDrawable(svg);
  assert.include(svg, "unigram 3.090");
  assert.include(svg, "bigram 2.400");
});

test("lossSvg() draws a single step, and steps that are all alike", () => {
  assertDrawable(lossSvg([point(1, 5)], OPTIONS));
  assertDrawable(lossSvg([point(1, 2.4), point(2, 2.4)], { ...OPTIONS, unigramLoss: 2.4 }));
});

test("lossSvg() lifts the pen over losses that are not finite", () => {
  const losses = [5, NaN, 4, Infinity, 3, 2];
  const svg = lossSvg(losses.map((loss, at) => point(at + 1, loss, loss)), OPTIONS);
  assertDrawable(svg);
  assert.lengthOf(pathOf(svg, "training").match(/M/g) ?? [], 3);
  assert.lengthOf(svg.match(/<circle/g) ?? [], 4 + 1, "four losses and the legend's");
});

test("lossSvg() keeps inside the plot whatever the losses", () => {
  const svg = lossSvg([point(1, 80), point(50, -3), point(100, 0.001)], OPTIONS);
  const heights = [...pathOf(svg, "training").matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((m) => +m[1]);
  assert.lengthOf(heights, 3);
  for (const height of heights) assert.isTrue(height >= 84 && height <= 396, `${height}`);
});

test("lossSvg() keeps the peaks and gaps of a long run in a picture of bounded size", () => {
  const points = Array.from({ length: 100_000 }, (_, at) => point(at + 1, 2));
  points[61_234] = point(61_235, 9);
  points[31_234] = point(31_235, NaN);
  const svg = lossSvg(points, OPTIONS);
  assertDrawable(svg);
  assert.isBelow(svg.length, 100_000);
  const top = Math.min(
    ...[...pathOf(svg, "training").matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((match) => +match[1]),
  );
  assert.isBelow(top, 130, "9 of at most 10 nats");
  assert.lengthOf(pathOf(svg, "training").match(/M/g) ?? [], 2);
});

test("lossSvg() escapes a title from a model's file, and drops what XML cannot hold", () => {
  const svg = lossSvg([], { ...OPTIONS, title: 'a<script>&"\x00b' });
  assert.include(svg, '<title>a&lt;script&gt;&amp;"b</title>');
  assert.notInclude(svg, "<script");
});

test("lossSvg() names axes with units and follows light and dark", () => {
  const svg = lossSvg([point(1, 5)], OPTIONS);
  assert.include(svg, ">steps</text>");
  assert.include(svg, ">loss in nats/token</text>");
  assert.include(svg, "prefers-color-scheme: dark");
});

test("lossSvg() shows the last validation loss in its legend", () => {
  assert.include(lossSvg([point(1, 5, 4), point(2, 4, 3.21)], OPTIONS), "validation loss 3.210");
});

test("lossSvg() marks whole steps only", () => {
  const labels = [...lossSvg([point(3, 5)], OPTIONS).matchAll(/middle">([\d.]+)</g)];
  assert.deepEqual(labels.map((match) => match[1]), ["0", "1", "2", "3"]);
});
