/**
 * Searches for a seal that end before one is found: stopped, closed, or without their device.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import type { SealProgress } from "../../core/hash/seal_search.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeSealEngines, turns } from "./fake_seal_engine.ts";
import { taskOf } from "./seal_vectors.ts";

test("a search that is stopped ends at once, and gives no further batch", async () => {
  const engines = new FakeSealEngines();
  const stop = new AbortController();
  const job = engines.search.search(taskOf(), { signal: stop.signal });
  await engines.finish(3);
  const given = engines.given.length;
  stop.abort();
  assert.isUndefined(await job);
  await engines.finish(2);
  assert.lengthOf(engines.given, given);
});

test("a seal that comes after the stop is not told", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(0n);
  const stop = new AbortController();
  const progress: SealProgress[] = [];
  const job = engines.search.search(taskOf({ difficulty: 1n }), {
    signal: stop.signal,
    onProgress: (each) => progress.push(each),
  });
  await turns();
  stop.abort();
  await engines.finish(2);
  assert.isUndefined(await job);
  assert.isEmpty(progress);
});

test("a search that is stopped before it begins opens nothing", async () => {
  const engines = new FakeSealEngines();
  assert.isUndefined(await engines.search.search(taskOf(), { signal: AbortSignal.abort() }));
  assert.strictEqual(engines.opened, 0);
});

test("a search that is stopped while the device opens ends at once; the next one has it", async () => {
  const opening = Promise.withResolvers<void>();
  const engines = new FakeSealEngines({ onOpen: () => opening.promise });
  const stop = new AbortController();
  const job = engines.search.search(taskOf(), { signal: stop.signal });
  await turns();
  stop.abort();
  assert.isUndefined(await job);
  opening.resolve();
  await turns();
  assert.isEmpty(engines.given);
  engines.suspects.add(3n);
  const next = engines.search.search(taskOf({ difficulty: 1n, startNonce: 3n }));
  assert.strictEqual((await engines.run(next))?.nonce, 3n);
  assert.deepEqual([engines.opened, engines.closed], [1, 0]);
});

test("close() stops all searches and frees the engine", async () => {
  const engines = new FakeSealEngines();
  const jobs = [taskOf(), taskOf()].map((task) => engines.search.search(task));
  await turns();
  engines.search.close();
  assert.deepEqual(await Promise.all(jobs), [undefined, undefined]);
  await engines.lose();
  assert.strictEqual(engines.closed, 1);
});

test("close() frees an engine that was being opened", async () => {
  const opening = Promise.withResolvers<void>();
  const engines = new FakeSealEngines({ onOpen: () => opening.promise });
  const job = engines.search.search(taskOf());
  await turns();
  engines.search.close();
  assert.isUndefined(await job);
  opening.resolve();
  await turns();
  assert.strictEqual(engines.closed, 1);
  assert.isEmpty(engines.given);
});

test("a closed search takes no more tasks", async () => {
  const engines = new FakeSealEngines();
  engines.search.close();
  const error = await rejection(engines.search.search(taskOf()));
  assert.instanceOf(error, WeftError);
  assert.include(error.message, "closed");
});

test("a device that is lost ends the search as a loss; the next one opens it anew", async () => {
  const engines = new FakeSealEngines();
  const job = rejection(engines.search.search(taskOf()));
  await engines.finish(2);
  await engines.lose();
  assert.instanceOf(await job, EngineLostError);
  assert.strictEqual(engines.closed, 1);
  engines.suspects.add(0n);
  const next = engines.search.search(taskOf({ difficulty: 1n }));
  assert.strictEqual((await engines.run(next))?.nonce, 0n);
  assert.deepEqual([engines.opened, engines.closed], [2, 1]);
});

test("a device that is lost under two searches is opened and closed once for both", async () => {
  const engines = new FakeSealEngines();
  const jobs = [taskOf(), taskOf({ startNonce: 9n })].map((task) =>
    rejection(engines.search.search(task))
  );
  await turns();
  await engines.lose();
  for (const error of await Promise.all(jobs)) assert.instanceOf(error, EngineLostError);
  assert.deepEqual([engines.opened, engines.closed], [1, 1]);
});

test("an error that is no loss keeps the engine", async () => {
  const engines = new FakeSealEngines();
  const job = rejection(engines.search.search(taskOf()));
  await engines.fail(new Error("out of luck"));
  assert.strictEqual((await job).message, "out of luck");
  assert.strictEqual(engines.closed, 0);
});

test("after an engine that does not open the next search tries again", async () => {
  let tries = 0;
  const engines = new FakeSealEngines({
    onOpen: () => {
      tries += 1;
      if (tries === 1) throw new WeftError("no adapter");
    },
  });
  assert.strictEqual((await rejection(engines.search.search(taskOf()))).message, "no adapter");
  engines.suspects.add(0n);
  const next = engines.search.search(taskOf({ difficulty: 1n }));
  assert.strictEqual((await engines.run(next))?.nonce, 0n);
});
