import { test } from "#test";
import { assert } from "chai";
import { TimeIsUpError, TimeLimit, within } from "../../../headless/doctor/time_limit.ts";
import { ManualClock } from "./manual_clock.ts";

const NEVER = new Promise<never>(() => {});

/** What a promise comes to. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then((value) => value, (error) => error);
}

test("within() gives what the work comes to", async () => {
  assert.equal(await within(new ManualClock(), 1000, Promise.resolve(7)), 7);
});

test("within() rejects with the work's own error", async () => {
  const error = new Error("no");
  assert.equal(await outcome(within(new ManualClock(), 1000, Promise.reject(error))), error);
});

test("within() ends work that hangs, at its limit and not before", async () => {
  const clock = new ManualClock();
  let end: unknown;
  const ended = outcome(within(clock, 1000, NEVER)).then((value) => end = value);
  clock.advance(999);
  await Promise.resolve();
  assert.isUndefined(end);
  clock.advance(1);
  assert.instanceOf(await ended, TimeIsUpError);
});

test("a TimeLimit stands still while its work waits for what is shared", async () => {
  const clock = new ManualClock();
  const time = new TimeLimit(clock, 1000);
  const shared = clock.sleep(5000).then(() => "shared");
  const work = async (): Promise<string> => {
    await clock.sleep(900);
    const value = await time.waitFor(shared);
    await clock.sleep(90);
    return value;
  };
  assert.equal(await clock.drive(time.cover(work())), "shared");
});

test("a TimeLimit ends after the rest of its time when what is shared has come", async () => {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const time = new TimeLimit(clock, 1000);
  const work = async (): Promise<void> => {
    await clock.sleep(900);
    await time.waitFor(clock.sleep(5000));
    await clock.sleep(200);
  };
  assert.instanceOf(await clock.drive(outcome(time.cover(work()))), TimeIsUpError);
  assert.equal(clock.nowMs() - startMs, 6000);
});

test("a TimeLimit counts the time of several waits once where they overlap", async () => {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const time = new TimeLimit(clock, 1000);
  const work = async (): Promise<never> => {
    await Promise.all([time.waitFor(clock.sleep(3000)), time.waitFor(clock.sleep(2000))]);
    return await NEVER;
  };
  assert.instanceOf(await clock.drive(outcome(time.cover(work()))), TimeIsUpError);
  assert.equal(clock.nowMs() - startMs, 4000);
});

test("a TimeLimit runs on when what is shared was not to be had", async () => {
  const clock = new ManualClock();
  const time = new TimeLimit(clock, 1000);
  const work = async (): Promise<never> => {
    await outcome(time.waitFor(clock.sleep(3000).then(() => Promise.reject(new Error("no")))));
    return await NEVER;
  };
  assert.instanceOf(await clock.drive(outcome(time.cover(work()))), TimeIsUpError);
});
