import { test } from "#test";
import { assert } from "chai";
import {
  bestHash,
  bestProduct,
  chartsOf,
  memoryRate,
  shareOf,
} from "../../../web/bench/comparison.ts";
import { BANDWIDTH_CARDS, HASH_CARDS, PRODUCT_CARDS } from "../../../web/bench/known_cards.ts";
import { emptyResult, isEmpty, withFinding } from "../../../web/bench/result.ts";
import { fullResult } from "./results.ts";

const NOTHING = emptyResult({ startedMs: 1.7e12, browser: "Firefox 150", cores: 4, rounds: 1 });

test("shareOf() a bound that was not measured is none, not infinity", () => {
  assert.equal(shareOf(3, 12), 0.25);
  for (const bound of [null, undefined, 0]) assert.isUndefined(shareOf(3, bound));
});

test("bestProduct() takes the fastest of all, and the step's kernel among them", () => {
  assert.equal(bestProduct(fullResult()), 21e12);
  assert.equal(bestProduct({ ...fullResult(), step: null }), 9e12);
  assert.isUndefined(bestProduct(NOTHING));
});

test("memoryRate() is that of the largest buffer, however fast caches are", () => {
  assert.equal(memoryRate(fullResult()), 3.1e12);
  assert.isUndefined(memoryRate(NOTHING));
});

test("bestHash() looks at one mode only", () => {
  assert.equal(bestHash(fullResult(), 610)?.variant, "u32");
  assert.isUndefined(bestHash(fullResult(), 1400));
});

test("chartsOf() nothing is no chart", () => {
  assert.deepEqual(chartsOf(undefined, undefined), []);
  assert.deepEqual(chartsOf(NOTHING, undefined), []);
});

test("chartsOf() has the fastest bar first, with one's own and the sent one among the cards", () => {
  const sent = { ...fullResult(), adapter: { name: "apple metal-3", isSoftware: false } };
  for (const { bars } of chartsOf(fullResult(), sent)) {
    assert.deepEqual(bars, bars.toSorted((x, y) => y.perSecond - x.perSecond));
    assert.equal(bars.filter(({ of }) => of === "own").length, 1);
    assert.equal(bars.find(({ of }) => of === "sent")?.label, "Sent to you: apple metal-3");
  }
});

test("chartsOf() names the processor where its cores were the fastest", () => {
  const { hashes: [, wasm], ...rest } = fullResult();
  const [chart] = chartsOf(
    { ...rest, hashes: [wasm], products: [], bandwidth: [], step: null },
    undefined,
  );
  const own = chart.bars.find(({ of }) => of === "own");
  assert.equal(own?.label, "Yours: the processor, 16 cores");
});

test("no card stands twice in a chart, for its name is the row's", () => {
  for (const { figures } of [PRODUCT_CARDS, BANDWIDTH_CARDS, ...HASH_CARDS.values()]) {
    const names = figures.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  }
});

test("every table of cards says where it is from, and has the order of magnitude of its unit", () => {
  const tables: [table: typeof PRODUCT_CARDS, least: number, most: number][] = [
    [PRODUCT_CARDS, 5e12, 100e12],
    [BANDWIDTH_CARDS, 200e9, 10e12],
    ...[...HASH_CARDS.values()].map((table): [typeof table, number, number] => [table, 1e9, 50e9]),
  ];
  for (const [{ source, figures }, least, most] of tables) {
    assert.isNotEmpty(source);
    assert.isTrue(figures.every(({ perSecond }) => perSecond > least && perSecond < most));
  }
});

test("withFinding() adds rows in their order and keeps bounds of earlier parts", () => {
  const { hashes } = fullResult();
  const findings = hashes.map((row) => ({ kind: "hash", row }) as const);
  const filled = [...findings].reduce(withFinding, NOTHING);
  assert.deepEqual(filled.hashes, hashes);
  const bounded = [{ operationsPerSecond: 1 }, { flopsPerSecond: 2 }]
    .map((bounds) => ({ kind: "bounds", bounds }) as const).reduce(withFinding, filled);
  assert.deepEqual(bounded.bounds, { operationsPerSecond: 1, flopsPerSecond: 2 });
});

test("isEmpty() until the first figure: an adapter's name is none", () => {
  const named = withFinding(NOTHING, { kind: "adapter", adapter: { name: "x", isSoftware: true } });
  assert.isTrue(isEmpty(named));
  const [row] = fullResult().bandwidth;
  assert.isFalse(isEmpty(withFinding(named, { kind: "bandwidth", row })));
});
