import { test } from "#test";
import { assert } from "chai";
import { FakeTime } from "./fake_time.ts";

test("sleepers wake in the order in which their sleeps end, each at its time", async () => {
  const time = new FakeTime();
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await time.sleep(ms);
    woken.push([name, time.nowMs()]);
  };
  void sleep("late", 20);
  void sleep("soon", 10).then(() => sleep("again", 5));
  await time.pass(30);
  assert.deepEqual(woken, [["soon", 10], ["again", 15], ["late", 20]]);
  assert.equal(time.nowMs(), 30);
});

test("a sleep that is given up ends at once and leaves no sleeper", async () => {
  const time = new FakeTime();
  const stop = new AbortController();
  const sleeping = time.sleep(1000, stop.signal);
  stop.abort();
  await sleeping;
  await time.sleep(1000, stop.signal);
  assert.deepEqual([time.sleepers, time.nowMs()], [0, 0]);
});

test("setting the time of day moves no clock and wakes nobody", () => {
  const time = new FakeTime();
  void time.sleep(10);
  const before = time.unixMs();
  time.skew(-60_000);
  assert.deepEqual([time.unixMs(), time.nowMs(), time.sleepers], [before - 60_000, 0, 1]);
});
