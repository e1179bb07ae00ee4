import { test } from "#test";
import { assert } from "chai";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import { openRunner, type RacerName, raceSeals, type Runner } from "./race.ts";

/** Something that tries nonces one batch after another, on a clock that only it moves. */
class FakeTrier {
  readonly batches: SealBatch[] = [];
  now = 0;
  running = 0;
  most = 0;

  constructor(readonly perMs: number, readonly batchesInFlight = 2) {}

  async run(batch: SealBatch): Promise<number | undefined> {
    this.batches.push(batch);
    this.most = Math.max(this.most, ++this.running);
    await Promise.resolve();
    this.now += batch.count / this.perMs;
    this.running -= 1;
    return undefined;
  }
}

/** A runner whose rounds take what is listed, in turn. */
function listed(clock: { now: number }, perRun: number, roundsMs: readonly number[]): Runner {
  const left = [...roundsMs];
  const run = (): Promise<void> => Promise.resolve(void (clock.now += left.shift() ?? NaN));
  return { run, times: 1, perRun };
}

test("openRunner() makes batches of 20 ms and rounds of 600", async () => {
  for (const perMs of [1, 500, 30_000, 2_000_000]) {
    const trier = new FakeTrier(perMs);
    const { perRun, times } = await openRunner(trier, () => trier.now);
    assert.closeTo(perRun, 20 * perMs, 1, "rounded to whole nonces");
    assert.closeTo(times * perRun / perMs, 600, 100, "whole batches, and a margin");
  }
});

test("openRunner() keeps as many batches on their way as the engine likes", async () => {
  for (const inFlight of [1, 2, 3]) {
    const trier = new FakeTrier(100, inFlight);
    const { run } = await openRunner(trier, () => trier.now);
    const before = trier.batches.length;
    await run(20);
    assert.strictEqual(trier.batches.length - before, 20);
    assert.strictEqual(trier.most, inFlight);
  }
});

test("no batch is longer than an engine takes, or leaves the nonces of one high half", async () => {
  const trier = new FakeTrier(1e9);
  const { run } = await openRunner(trier, () => trier.now);
  await run(10);
  for (const { first, count } of trier.batches) {
    assert.isAtMost(count, 2 ** 31);
    assert.isTrue(first + BigInt(count) <= 2n ** 32n);
  }
});

test("raceSeals() compares rates of the same round: a slow round of all changes no ratio", async () => {
  const clock = { now: 0 };
  const runners = new Map<RacerName, Runner>([
    ["u64", listed(clock, 3000, [10, 100, 10])],
    ["noble", listed(clock, 100, [10, 100, 10])],
  ]);
  const bound = listed(clock, 1e6, [10, 100, 10]);
  const { rows } = await raceSeals(runners, bound, 100, 3, () => clock.now);
  const [u64, noble] = rows;
  assert.deepEqual(u64, { name: "u64", perSecond: 300_000, ratio: 30, share: 0.3 });
  assert.strictEqual(noble.ratio, 1);
});

test("raceSeals() takes the median of the rounds", async () => {
  const clock = { now: 0 };
  const runners = new Map<RacerName, Runner>([
    ["u32", listed(clock, 1000, [1, 2, 1000])],
    ["noble", listed(clock, 1000, [10, 10, 10])],
  ]);
  const bound = listed(clock, 1e6, [5, 4, 10]);
  const { rows, boundPerSecond } = await raceSeals(runners, bound, 1, 3, () => clock.now);
  assert.strictEqual(boundPerSecond, 2e8);
  assert.deepInclude(rows[0], { perSecond: 500_000, ratio: 5 });
});
