/**
 * The device is lost under a search.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import { rejection } from "../gpu/dispatch.ts";
import { assertTiled, type GivenSlice, rangesOf } from "./fake_engine.ts";
import { decimal, endless, fakeSetup } from "./solver_setup.ts";

test("after a loss a new engine repeats the lost slices, and no others", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 300_000n);
  const job = solve(challenge);
  await engines.finish(5);
  const lost = engines.waiting;
  assert.strictEqual(lost.length, 3);
  const repeated = rangesOf(lost);
  await engines.lose();
  assert.deepEqual(rangesOf(engines.given.slice(8, 11)), repeated);
  const result = await engines.run(job);
  assert.deepEqual(result.password, challenge.password);
  const ended = engines.given.toSpliced(5, 3);
  assertTiled(rangesOf(ended), 0n, ended.at(-1)?.end ?? 0n);
  assert.strictEqual(result.tried, BigInt(ended.length - 2) * 15_000n);
  assert.strictEqual(engines.discarded.length, 1);
  const [[old], [next]] = [engines.given, engines.given.slice(8)].map((each) =>
    each.map(({ engine }) => engine)
  );
  assert.strictEqual(engines.discarded[0], old);
  assert.notStrictEqual(next, old);
});

test("a password in a lost slice is found by the next engine", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 20_000n);
  const job = solve(challenge);
  await engines.lose();
  const result = await engines.run(job);
  assert.deepEqual(result.password, challenge.password);
  assert.strictEqual(result.tried, 30_000n);
});

test("losses with a slice between them do not end a job", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 200_000n);
  const job = solve(challenge);
  const ended: GivenSlice[] = [];
  for (let i = 0; i < 10; i++) {
    await engines.finish(0);
    ended.push(engines.waiting[0]);
    await engines.finish(1);
    await engines.lose();
  }
  assertTiled(rangesOf(ended), 0n, 150_000n);
  assert.deepEqual((await engines.run(job)).password, challenge.password);
  assert.strictEqual(engines.discarded.length, 10);
});

test("three losses in a row end a job in one line, and the next one runs", async () => {
  const { engines, solve } = fakeSetup();
  const job = rejection(solve(endless()));
  const next = solve(decimal(8, 20_000n));
  for (let i = 0; i < 3; i++) await engines.lose("it fell off the bus");
  const error = await job;
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /^the device was lost 3 times in a row \(it fell off the bus\): .*$/);
  assert.instanceOf(error.cause, EngineLostError);
  assert.strictEqual((await engines.run(next)).outcome, "cracked");
});

test("losses while a search starts count too", async () => {
  let starts = 0;
  const { engines, solve } = fakeSetup({
    onStart: () => {
      starts += 1;
      if (starts % 3 !== 0) throw new EngineLostError("gone");
    },
  });
  assert.strictEqual((await engines.run(solve(decimal(8, 1n)))).outcome, "cracked");
  assert.strictEqual(starts, 3);
  starts = 0;
  engines.options.onStart = () => {
    starts += 1;
    throw new EngineLostError("gone");
  };
  engines.discard(engines.given[0].engine);
  assert.instanceOf(await rejection(solve(endless())), WeftError);
  assert.strictEqual(starts, 3);
});

test("an engine that wants other tables goes on with the job's own, without a gap", async () => {
  const { engines, solve } = fakeSetup({ leastInner: 50 });
  const challenge = decimal(8, 300_000n);
  const job = solve(challenge);
  await engines.finish(5);
  engines.options.leastInner = 1000;
  await engines.lose();
  assert.deepEqual((await engines.run(job)).password, challenge.password);
  const ended = engines.given.toSpliced(5, 3);
  assertTiled(rangesOf(ended), 0n, ended.at(-1)?.end ?? 0n);
  for (const { plan } of engines.given) assert.strictEqual(plan.inner.length, 100);
});

test("a slower engine gets the lost slices in shorter pieces", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 44_999n);
  const job = solve(challenge);
  await engines.finish(0);
  engines.options.perMs = 100;
  await engines.lose();
  assert.deepEqual((await engines.run(job)).password, challenge.password);
  const repeated = engines.given.slice(3);
  for (const { first, end } of repeated) assert.isTrue(end - first <= 1_500n);
  assertTiled(rangesOf(repeated.filter(({ first }) => first < 45_000n)), 0n, 45_000n);
});

test("a job that was cancelled before the loss stays cancelled", async () => {
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const job = solve(endless(), { signal: controller.signal });
  await engines.finish(1);
  controller.abort();
  await engines.lose();
  assert.strictEqual((await job).outcome, "aborted");
  assert.isEmpty(engines.waiting);
  assert.strictEqual(engines.openSearches, 0);
});

test("a job that was cancelled after the loss, while the new engine starts, ends", async () => {
  const opened = Promise.withResolvers<void>();
  const { engines, solve } = fakeSetup();
  const controller = new AbortController();
  const job = solve(endless(), { signal: controller.signal });
  await engines.finish(1);
  engines.options.onStart = () => opened.promise;
  await engines.lose();
  controller.abort();
  assert.strictEqual((await job).outcome, "aborted");
  opened.resolve();
  await engines.finish(0);
  assert.isEmpty(engines.waiting);
  assert.strictEqual(engines.openSearches, 0);
});

test("jobs that wait behind the one that met the loss go on too", async () => {
  const { engines, solve } = fakeSetup();
  const challenges = [decimal(8, 60_000n), decimal(8, 61_000n), decimal(8, 62_000n)];
  const jobs = challenges.map((each) => solve(each));
  await engines.finish(1);
  await engines.lose();
  const results = await engines.run(Promise.all(jobs));
  results.forEach(({ password }, i) => assert.deepEqual(password, challenges[i].password));
  await engines.finish(engines.waiting.length);
  assert.strictEqual(engines.openSearches, 0);
});

test("an error that is no loss ends the job with that error", async () => {
  const { engines, solve } = fakeSetup();
  const failing = rejection(solve(endless()));
  const next = solve(decimal(8, 1n));
  await engines.fail(new Error("64 suspects in one slice"));
  assert.strictEqual((await failing).message, "64 suspects in one slice");
  assert.strictEqual((await engines.run(next)).outcome, "cracked");
  assert.isEmpty(engines.discarded);
});
