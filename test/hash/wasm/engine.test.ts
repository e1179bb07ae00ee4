import { assert } from "chai";
import { test } from "#test";
import { hashMode } from "../../../core/hash/modes.ts";
import { EngineLostError, type SearchEngine } from "../../../core/hash/search_engine.ts";
import { openWasmEngine } from "../../../core/hash/wasm/engine.ts";
import { FakeThreads } from "./fake_threads.ts";
import { isFound, keyspaceOf, plant, type Planted, saltOf } from "./planted.ts";

const BLAKE2B = hashMode(610);
const SHA256 = hashMode(1410);

/** An engine on threads that a test controls. */
function openFake(count: number): { threads: FakeThreads; engine: SearchEngine } {
  const threads = new FakeThreads(count);
  return { threads, engine: openWasmEngine(threads) };
}

/** A password in the middle of 40 outer indices. */
function planted(mode = BLAKE2B): Planted {
  return plant(mode, keyspaceOf(20, 10, 8, 5), saltOf(3), 200n * 23n + 7n, 200);
}

/** The error that a promise fails with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("nothing failed");
}

/** Says that a promise fails as the loss of an engine does. */
async function assertLost(promise: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await failureOf(promise);
  assert.instanceOf(error, EngineLostError);
  assert.match(String(error), message);
}

/** How many slices or parts of them a thread was told to run. */
function runsOf(messages: readonly unknown[]): number {
  return messages.filter((message) => JSON.stringify(message, noBigInt).includes('"run"')).length;
}

function noBigInt(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

test("openWasmEngine() starts no thread before it is needed, and then each once", async () => {
  const { threads, engine } = openFake(3);
  assert.lengthOf(threads.started, 0);
  const search = await engine.start(planted().plan);
  search.end();
  (await engine.start(planted(SHA256).plan)).end();
  assert.lengthOf(threads.started, 3);
  engine.close();
});

test("openWasmEngine() says what it is", () => {
  const { engine } = openFake(3);
  assert.equal(engine.variant, "wasm");
  assert.equal(engine.deviceName, "3 threads");
  assert.equal(openFake(1).engine.deviceName, "1 thread");
});

test("run() finds the password with any number of threads", async () => {
  for (const count of [1, 2, 3, 64]) {
    for (const mode of [BLAKE2B, SHA256]) {
      const { engine } = openFake(count);
      const password = planted(mode);
      const search = await engine.start(password.plan);
      const suspects = await search.run({ group: 0n, first: 0, count: password.plan.groupSize });
      assert.isTrue(isFound(password, suspects), `${count} threads: ${JSON.stringify(suspects)}`);
      engine.close();
    }
  }
});

test("run() tries each outer index of a slice once, and no other", async () => {
  const { engine } = openFake(2);
  const password = planted();
  const search = await engine.start(password.plan);
  for (
    const [first, count, hits] of [[0, 23, 0], [23, 1, 1], [24, 16, 0], [1, 39, 1], [20, 7, 1]]
  ) {
    const suspects = await search.run({ group: 0n, first, count });
    assert.lengthOf(suspects, hits, `${count} from ${first}`);
  }
  engine.close();
});

test("a slice of nothing has no suspects", async () => {
  const { engine } = openFake(2);
  const search = await engine.start(planted().plan);
  assert.deepEqual(await search.run({ group: 0n, first: 23, count: 0 }), []);
  engine.close();
});

test("slices that are given at once end in their order, each with its own suspects", async () => {
  const { engine } = openFake(2);
  const password = planted();
  const search = await engine.start(password.plan);
  const ended: number[] = [];
  await Promise.all([0, 10, 20, 30].map(async (first) => {
    const suspects = await search.run({ group: 0n, first, count: 10 });
    assert.lengthOf(suspects, first === 20 ? 1 : 0);
    ended.push(first);
  }));
  assert.deepEqual(ended, [0, 10, 20, 30]);
  engine.close();
});

test("searches at the same time do not disturb one another", async () => {
  const { engine } = openFake(2);
  const passwords = [planted(BLAKE2B), planted(SHA256), planted(BLAKE2B)];
  const results = await Promise.all(passwords.map(async ({ plan }) => {
    const search = await engine.start(plan);
    const suspects = await search.run({ group: 0n, first: 0, count: plan.groupSize });
    search.end();
    return suspects;
  }));
  results.forEach((suspects, index) => assert.isTrue(isFound(passwords[index], suspects)));
  engine.close();
});

test("a thread that is held up does not hold up the others", async () => {
  const { threads, engine } = openFake(2);
  const { plan } = planted();
  const search = await engine.start(plan);
  const [held, free] = threads.started;
  held.isHeld = true;
  const slices = [0, 10, 20, 30].map((first) => search.run({ group: 0n, first, count: 10 }));
  // The last slices do not need the thread that is held up.
  await slices[3];
  assert.isBelow(runsOf(held.received), 3);
  assert.isAbove(runsOf(free.received), 12);
  held.release();
  assert.lengthOf((await Promise.all(slices)).flat(), 1);
  engine.close();
});

test("the death of a thread fails all that runs and all that comes, and stops the others", async () => {
  const { threads, engine } = openFake(2);
  const { plan } = planted();
  const search = await engine.start(plan);
  for (const thread of threads.started) thread.isHeld = true;
  const slices = [0, 10].map((first) => search.run({ group: 0n, first, count: 10 }));
  const opening = engine.start(plan);
  threads.started[1].die("out of memory");
  for (const promise of [...slices, opening]) {
    await assertLost(promise, /thread 2 of 2 died: out of memory/);
  }
  await assertLost(search.run({ group: 0n, first: 0, count: 1 }), /out of memory/);
  await assertLost(engine.start(plan), /out of memory/);
  assert.isTrue(threads.started.every(({ isStopped }) => isStopped));
  search.end();
  engine.close();
});

test("an answer that no thread gives is the loss of the engine", async () => {
  for (const nonsense of [undefined, "done", { kind: "done", search: 1 }, { kind: "found" }]) {
    const { threads, engine } = openFake(2);
    const search = await engine.start(planted().plan);
    for (const thread of threads.started) thread.isHeld = true;
    const slice = search.run({ group: 0n, first: 0, count: 1 });
    threads.started[0].answer(nonsense);
    await assertLost(slice, /thread 1 of 2/);
    engine.close();
  }
});

test("close() stops the threads and fails what still runs", async () => {
  const { threads, engine } = openFake(2);
  const search = await engine.start(planted().plan);
  const slice = search.run({ group: 0n, first: 0, count: 40 });
  engine.close();
  await assertLost(slice, /closed/);
  await assertLost(search.run({ group: 0n, first: 0, count: 1 }), /closed/);
  assert.isTrue(threads.started.every(({ isStopped }) => isStopped));
});

test("close() of an engine that was never used is no error", () => {
  const { threads, engine } = openFake(2);
  engine.close();
  engine.close();
  assert.lengthOf(threads.started, 0);
});

test("end() makes the threads forget a search", async () => {
  const { threads, engine } = openFake(2);
  const search = await engine.start(planted().plan);
  search.end();
  await assertLost(search.run({ group: 0n, first: 0, count: 1 }), /search 1 is not open/);
  assert.isTrue(threads.started.every(({ isStopped }) => isStopped));
});

test("warmUp() has every thread find its fastest kernel, so that a search starts settled", async () => {
  for (const algorithm of ["blake2b", "sha256"] as const) {
    const { threads, engine } = openFake(2);
    // The clock of the fake threads makes a slice of any length take 5 ms.
    await engine.warmUp(algorithm);
    assert.lengthOf(threads.started, 2);
    for (const { received } of threads.started) assert.isAbove(runsOf(received), 10);
    engine.close();
  }
});
