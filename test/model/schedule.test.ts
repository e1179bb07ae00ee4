/**
 * The learning rate at the borders of its phases.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { learningRateAt, PUBLISHED_SCHEDULE, type Schedule } from "../../core/model/schedule.ts";

const SCHEDULE: Schedule = { peak: 2e-4, warmupSteps: 20, ...PUBLISHED_SCHEDULE };
const PLATEAU_END = 520;
const FINAL_START = 98_000;
const END = 100_000;
/** Rounding of a product of three factors in double. */
const ROUNDING = 1e-18;

function rate(step: number, changes: Partial<Schedule> = {}): number {
  return learningRateAt(step, { ...SCHEDULE, ...changes });
}

/** The cosine from the peak to its tenth that the saw-tooth rides on. */
function slow(step: number): number {
  const progress = (step - PLATEAU_END) / (FINAL_START - PLATEAU_END);
  return 0.1 + 0.9 * (1 + Math.cos(Math.PI * progress)) / 2;
}

test("warm-up rises by a twentieth of the peak each step", () => {
  for (let step = 1; step <= 20; step++) {
    assert.closeTo(rate(step), 2e-4 * step / 20, ROUNDING);
  }
});

test("the first step after warm-up and the last of the plateau have the peak", () => {
  for (const step of [20, 21, 519, PLATEAU_END]) assert.equal(rate(step), 2e-4);
});

test("without warm-up the first step has the peak", () => {
  assert.equal(rate(1, { warmupSteps: 0 }), 2e-4);
});

test("the first step after the plateau falls, but hardly", () => {
  const step = rate(PLATEAU_END + 1);
  assert.isBelow(step, 2e-4);
  assert.isAbove(step, 2e-4 * 0.99999);
});

test("a tooth ends near a tenth of the slow cosine, and the next begins at it", () => {
  const end = PLATEAU_END + 999;
  assert.closeTo(rate(end) / (2e-4 * slow(end)), 0.1, 1e-5);
  const next = PLATEAU_END + 1000;
  assert.closeTo(rate(next), 2e-4 * slow(next), ROUNDING);
});

test("a tooth is at 0.55 of the slow cosine in its middle", () => {
  const middle = PLATEAU_END + 5500;
  assert.closeTo(rate(middle), 2e-4 * slow(middle) * 0.55, ROUNDING);
});

test("the slow cosine has come down to a tenth where the last part begins", () => {
  assert.closeTo(slow(FINAL_START), 0.1, 1e-15);
  const since = (FINAL_START - PLATEAU_END) % 1000 / 1000;
  const saw = 0.1 + 0.9 * (1 + Math.cos(Math.PI * since)) / 2;
  assert.closeTo(rate(FINAL_START), 2e-5 * saw, ROUNDING);
});

test("the last 2% go from a tenth of the peak to zero", () => {
  assert.closeTo(rate(FINAL_START + 1), 2e-5, 1e-10);
  assert.closeTo(rate(FINAL_START + 1000), 1e-5, ROUNDING);
  assert.closeTo(rate(END), 0, ROUNDING);
});

test("steps beyond the schedule's end stay at zero", () => {
  for (const step of [END + 1, END + 1000, 10 * END]) assert.closeTo(rate(step), 0, ROUNDING);
});

test("the rate is never negative and never above the peak", () => {
  for (let step = 1; step <= END + 500; step += 37) {
    assert.isTrue(rate(step) >= 0 && rate(step) <= 2e-4, `step ${step}`);
  }
});

test("the rate is in proportion to the peak", () => {
  for (const step of [5, 300, 700, 1519, 99_000]) {
    assert.closeTo(rate(step, { peak: 2e-2 }), 100 * rate(step), 100 * ROUNDING);
  }
});
