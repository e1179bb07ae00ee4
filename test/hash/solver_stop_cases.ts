/**
 * Searches that end before their time: cancelled, past their deadline, or with the solver.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import { rejection } from "../gpu/dispatch.ts";
import { decimal, endless, fakeSetup, SLICE } from "./solver_setup.ts";

test("a cancelled job ends at once and is given no further slice", async () => {
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const job = solve(endless(), { signal: controller.signal });
  await engines.finish(4);
  controller.abort();
  const result = await job;
  assert.deepInclude(result, { outcome: "aborted", password: undefined, tried: 4n * SLICE });
  assert.strictEqual(engines.given.length, 7);
  await engines.finish(3);
  assert.strictEqual(engines.given.length, 7);
  assert.strictEqual(engines.openSearches, 0);
});

test("the next job starts within one slice of a cancelled one", async () => {
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const job = solve(endless(), { signal: controller.signal });
  const next = solve(decimal(8, 1n));
  await engines.finish(2);
  controller.abort();
  await job;
  const { outcome, waitedMs } = await engines.run(next);
  assert.strictEqual(outcome, "cracked");
  assert.strictEqual(waitedMs, 45, "two slices before the end of the other, one after it");
});

test("a password that comes after the cancelling is not told", async () => {
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const job = solve(decimal(8, 1n), { signal: controller.signal });
  await engines.finish(0);
  controller.abort();
  await engines.finish(3);
  assert.deepInclude(await job, { outcome: "aborted", password: undefined, tried: 0n });
});

test("a job that is cancelled before the call never starts", async () => {
  const { engines, solve } = fakeSetup();
  const result = await solve(endless(), { signal: AbortSignal.abort() });
  assert.deepInclude(result, { outcome: "aborted", tried: 0n, elapsedMs: 0, rate: 0, waitedMs: 0 });
  assert.isEmpty(engines.given);
});

test("a job that is cancelled while it waits has tried nothing", async () => {
  const { engines, solve } = fakeSetup();
  const running = solve(decimal(8, 100_000n));
  const controller = new AbortController();
  const waiting = solve(endless(), { signal: controller.signal });
  await engines.finish(3);
  assert.strictEqual(engines.openSearches, 2);
  controller.abort();
  assert.deepInclude(await waiting, { outcome: "aborted", tried: 0n, waitedMs: 45 });
  assert.strictEqual(engines.openSearches, 1, "what it held is freed now");
  assert.strictEqual((await engines.run(running)).outcome, "cracked");
});

test("a job that is cancelled while its kernel compiles ends at once and frees it later", async () => {
  const compiled = Promise.withResolvers<void>();
  const { engines, solve } = fakeSetup({ onStart: () => compiled.promise });
  const controller = new AbortController();
  const job = solve(endless(), { signal: controller.signal });
  await engines.finish(0);
  controller.abort();
  assert.deepInclude(await job, { outcome: "aborted", tried: 0n });
  compiled.resolve();
  await engines.finish(0);
  assert.isEmpty(engines.given);
  assert.strictEqual(engines.openSearches, 0);
});

test("cancelling a job that is done changes nothing", async () => {
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const result = await engines.run(solve(decimal(8, 1n), { signal: controller.signal }));
  controller.abort();
  assert.strictEqual(result.outcome, "cracked");
});

test("a deadline that has passed, or is now, is a UsageError", async () => {
  const { engines, solve } = fakeSetup();
  engines.clock.advance(1000);
  for (const deadlineMs of [-Infinity, 0, 999, 1000]) {
    const error = await rejection(solve(endless(), { deadlineMs }));
    assert.instanceOf(error, UsageError);
    assert.match(error.message, /deadline has already passed/);
  }
  assert.isEmpty(engines.given);
});

test("a job ends at its deadline, to within one slice", async () => {
  const { engines, solve } = fakeSetup();
  const job = solve(endless(), { deadlineMs: 100 });
  const result = await engines.run(job);
  assert.deepInclude(result, { outcome: "expired", password: undefined, elapsedMs: 105 });
  assert.strictEqual(result.tried, 7n * SLICE);
});

test("a password found in the slice that ends after the deadline counts", async () => {
  const { engines, solve } = fakeSetup();
  const result = await engines.run(solve(decimal(8, 7n * SLICE - 1n), { deadlineMs: 100 }));
  assert.deepInclude(result, { outcome: "cracked", elapsedMs: 105 });
});

test("a job that waits behind another expires at its deadline too", async () => {
  const { engines, solve } = fakeSetup();
  const running = solve(decimal(8, 150_000n));
  const waiting = solve(endless(), { deadlineMs: 50 });
  await engines.finish(4);
  assert.deepInclude(await waiting, { outcome: "expired", tried: 0n, waitedMs: 60 });
  assert.strictEqual((await engines.run(running)).outcome, "cracked");
});

test("a deadline that passes while the kernel compiles ends the job before its first slice", async () => {
  const { engines, solve } = fakeSetup({
    onStart: () => engines.clock.advance(200),
  });
  const result = await solve(endless(), { deadlineMs: 100 });
  assert.deepInclude(result, { outcome: "expired", tried: 0n, waitedMs: 200, elapsedMs: 0 });
  assert.isEmpty(engines.given);
  assert.strictEqual(engines.openSearches, 0);
});

test("close() cancels all jobs, waits for their slices and frees the engines", async () => {
  const { engines, solver, solve } = fakeSetup();
  const jobs = [endless(), endless(), decimal(4, 1n)].map((each) => solve(each));
  await engines.finish(2);
  const closing = solver.close();
  for (const job of jobs) assert.strictEqual((await job).outcome, "aborted");
  assert.isFalse(engines.isClosed, "slices still run");
  await engines.finish(3);
  await closing;
  assert.isTrue(engines.isClosed);
  assert.strictEqual(engines.openSearches, 0);
});

test("close() of a solver without jobs frees the engines", async () => {
  const { engines, solver } = fakeSetup();
  await solver.close();
  assert.isTrue(engines.isClosed);
});

test("a closed solver takes no more jobs", async () => {
  const { solver, solve } = fakeSetup();
  await solver.close();
  const error = await rejection(solve(endless()));
  assert.instanceOf(error, WeftError);
  assert.include(error.message, "closed");
});
