/**
 * Several searches at once: which one is served, in slices of what length.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { rejection } from "../gpu/dispatch.ts";
import { challengeAt } from "./challenge.ts";
import { assertTiled, type FakeEngines, rangesOf } from "./fake_engine.ts";
import { decimal, endless, fakeSetup, SLICE } from "./solver_setup.ts";

/** The plans' target words tell jobs apart. */
function targetWordsOf(engines: FakeEngines): number[] {
  return engines.given.map(({ plan }) => plan.targetWord);
}

test("a job of higher priority gets the next slice, before a long one that runs", async () => {
  const { engines, solver, solve } = fakeSetup();
  const long = solve(endless());
  await engines.finish(5);
  const before = engines.given.length;
  const urgent = decimal(8, 100_000n);
  const result = await engines.run(solve(urgent, { priority: 1 }));
  assert.deepEqual(result.password, urgent.password);
  // Three slices of the long job were on their way.
  assert.strictEqual(result.waitedMs, 15, "it waited for the end of one slice");
  const words = targetWordsOf(engines).slice(before);
  const taken = words.filter((word) => word === words[0]).length;
  assert.isTrue(words.slice(0, taken).every((word) => word === words[0]), "no slice between them");
  await finishAll(engines, solver.close());
  assert.strictEqual((await long).outcome, "aborted");
});

test("the long job goes on where it was, once the urgent one is done", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 300_000n);
  const long = solve(challenge);
  await engines.finish(5);
  const word = engines.given[0].plan.targetWord;
  await engines.run(solve(decimal(8, 100_000n), { priority: 1 }));
  assert.deepEqual((await engines.run(long)).password, challenge.password);
  const own = engines.given.filter(({ plan }) => plan.targetWord === word);
  assertTiled(rangesOf(own), 0n, own.at(-1)?.end ?? 0n);
});

test("a job of lower priority starts when there is nothing else to give", async () => {
  const { engines, solve } = fakeSetup();
  const first = solve(decimal(6, 60_000n));
  const low = solve(decimal(6, 61_000n), { priority: -1 });
  const second = solve(decimal(6, 62_000n));
  const ends: string[] = [];
  const noting = [["first", first], ["low", low], ["second", second]] as const;
  for (const [name, result] of noting) result.then(() => ends.push(name));
  await engines.run(Promise.all([first, low, second]));
  assert.deepEqual(ends, ["first", "second", "low"]);
});

test("jobs of one priority are served in the order in which they came", async () => {
  const { engines, solve } = fakeSetup();
  const challenges = [0, 1, 2, 3].map((i) => decimal(6, 20_000n + BigInt(i)));
  const jobs = challenges.map((challenge) => solve(challenge, { priority: 3 }));
  const results = await engines.run(Promise.all(jobs));
  results.forEach(({ password }, i) => assert.deepEqual(password, challenges[i].password));
  const words = targetWordsOf(engines);
  const order = [...new Set(words)];
  assert.strictEqual(order.length, 4);
  const sorted = words.toSorted((x, y) => order.indexOf(x) - order.indexOf(y));
  assert.deepEqual(words, sorted);
  const waited = results.map(({ waitedMs }) => waitedMs);
  assert.deepEqual(waited, waited.toSorted((x, y) => x - y));
  assert.strictEqual(waited[0], 0);
});

test("a hit ends its job at once: the next job gets the next slice", async () => {
  const { engines, solve } = fakeSetup();
  const first = solve(decimal(18, 5n));
  const second = solve(decimal(17, 5n));
  await engines.finish(1);
  assert.strictEqual((await first).outcome, "cracked");
  assert.strictEqual((await first).tried, SLICE);
  const words = targetWordsOf(engines);
  assert.deepEqual(words.slice(0, 3), [words[0], words[0], words[0]]);
  assert.deepEqual(words.slice(3), words.slice(3).filter((word) => word !== words[0]));
  assert.strictEqual((await engines.run(second)).outcome, "cracked");
});

test("what a job held is freed when its last slice has ended, not before", async () => {
  const { engines, solve } = fakeSetup();
  const job = solve(decimal(18, 5n));
  await engines.finish(1);
  await job;
  assert.strictEqual(engines.waiting.length, 2);
  assert.strictEqual(engines.openSearches, 1);
  await engines.finish(2);
  assert.strictEqual(engines.openSearches, 0);
});

test("jobs of both algorithms share the queue", async () => {
  const { engines, solve } = fakeSetup();
  const keyspace = decimal(7, 0n).keyspace;
  const challenges = [610, 1410, 600, 1400, 620].map((mode, i) =>
    challengeAt(mode, keyspace, 50_000n + BigInt(i))
  );
  const results = await engines.run(Promise.all(challenges.map((each) => solve(each))));
  results.forEach(({ password }, i) => assert.deepEqual(password, challenges[i].password));
});

test("never more slices are on their way than the engine asks for", async () => {
  for (const slicesInFlight of [1, 2, 5]) {
    const { engines, solver, solve } = fakeSetup({ slicesInFlight });
    const jobs = [solve(endless()), solve(endless(), { priority: 1 })];
    for (let i = 0; i < 200; i++) {
      await engines.finish();
      assert.strictEqual(engines.waiting.length, slicesInFlight);
    }
    assert.strictEqual(engines.given.length, 200 + slicesInFlight);
    await finishAll(engines, solver.close());
    for (const job of jobs) assert.strictEqual((await job).outcome, "aborted");
  }
});

test("a keyspace of 2^63 hands out slice after slice and keeps none", async () => {
  const { engines, solver, solve } = fakeSetup();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const keyspace = new Keyspace([...Array<Uint8Array>(7).fill(bytes), bytes.slice(128)]);
  const job = solve(challengeAt(600, keyspace, keyspace.size - 1n));
  for (let i = 0; i < 1000; i++) {
    await engines.finish();
    assert.isAtMost(engines.waiting.length, 3);
  }
  assertTiled(rangesOf(engines.given), 0n, engines.given.at(-1)?.end ?? 0n);
  await finishAll(engines, solver.close());
  assert.strictEqual((await job).outcome, "aborted");
});

test("slices take 15 ms of an engine that is faster or slower than was expected", async () => {
  for (const perMs of [50, 1_000, 40_000]) {
    const { engines, solver, solve } = fakeSetup({ perMs, expectedPerMs: 1_000 });
    const job = solve(endless());
    await engines.finish(200);
    const last = engines.waiting.at(-1);
    const ms = last && Number(last.end - last.first) / perMs;
    // Slices are whole inner tables of 100 candidates.
    assert.closeTo(ms ?? 0, 15, 100 / perMs);
    await finishAll(engines, solver.close());
    assert.strictEqual((await job).outcome, "aborted");
  }
});

test("slices of an engine so slow that one table is too long are one table", async () => {
  const { engines, solver, solve } = fakeSetup({ perMs: 0.1 });
  const job = solve(endless());
  await engines.finish(10);
  assert.isTrue(engines.given.every(({ slice }) => slice.count === 1));
  await finishAll(engines, solver.close());
  assert.strictEqual((await job).outcome, "aborted");
});

test("slices have the length that the solver was made with", async () => {
  const { engines, solver, solve } = fakeSetup({}, 40);
  const job = solve(endless());
  await engines.finish(1);
  assert.strictEqual(engines.given[0].end, 40_000n);
  await finishAll(engines, solver.close());
  assert.strictEqual((await job).outcome, "aborted");
});

test("short slices keep a device busy whose host looks for their end every 10 ms", async () => {
  for (const sliceMs of [0.1, 1, 4, 15]) {
    const { engines, solver, solve } = fakeSetup({ pollMs: 10, expectedPerMs: 300 }, sliceMs);
    const job = solve(endless());
    await engines.finish(300);
    const startMs = engines.clock.nowMs();
    const { end } = engines.given[299];
    await engines.finish(300);
    const perMs = Number(engines.given[599].end - end) / (engines.clock.nowMs() - startMs);
    // It is 1,000 where the device is never idle.
    assert.isAbove(perMs, 950, `${sliceMs} ms`);
    await finishAll(engines, solver.close());
    assert.strictEqual((await job).outcome, "aborted");
  }
});

test("many small jobs do not make the slices of a long one short", async () => {
  const { engines, solver, solve } = fakeSetup({ pollMs: 10 });
  for (let i = 0; i < 50; i++) await engines.run(solve(decimal(3, 999n)));
  const job = solve(endless());
  await engines.finish(1);
  const { first, end } = engines.given.at(-4) ?? assert.fail();
  assert.strictEqual(end - first, SLICE);
  await finishAll(engines, solver.close());
  assert.strictEqual((await job).outcome, "aborted");
});

test("a keyspace shorter than a slice still tells of an engine slower than was expected", async () => {
  const { engines, solve } = fakeSetup({ perMs: 1, expectedPerMs: 1_000 });
  await engines.run(solve(decimal(3, 999n)));
  await engines.run(solve(decimal(4, 9_999n)));
  assert.deepEqual(engines.given.map(({ first, end }) => Number(end - first)).slice(0, 2), [
    1_000,
    100,
  ]);
});

test("an engine that cannot start a search fails that job alone", async () => {
  const broken = decimal(6, 1n);
  const { engines, solve } = fakeSetup({
    onStart: ({ messageBytes }) => {
      if (messageBytes === 6) throw new Error("this does not compile");
    },
  });
  const before = solve(decimal(7, 40_000n));
  const failure = rejection(solve(broken));
  const after = solve(decimal(8, 40_000n));
  const results = await engines.run(Promise.all([before, after]));
  assert.deepEqual(results.map(({ outcome }) => outcome), ["cracked", "cracked"]);
  assert.strictEqual((await failure).message, "this does not compile");
  await engines.finish(engines.waiting.length);
  assert.strictEqual(engines.openSearches, 0);
});

test("no engine at all fails the job, and the next one is tried anew", async () => {
  const { engines, solve } = fakeSetup();
  const { engineFor } = engines;
  engines.engineFor = () => Promise.reject(new WeftError("there is no GPU"));
  const error = await rejection(solve(decimal(6, 1n)));
  assert.instanceOf(error, WeftError);
  engines.engineFor = engineFor;
  assert.strictEqual((await engines.run(solve(decimal(6, 1n)))).outcome, "cracked");
});

/** Ends slices until `done`. */
async function finishAll(engines: FakeEngines, done: Promise<void>): Promise<void> {
  await engines.finish(engines.waiting.length);
  await done;
}
