import { test } from "#test";
import { assert } from "chai";
import { hashMode } from "../../core/hash/modes.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import { openWasmEngine } from "../../core/hash/wasm/engine.ts";
import type { Thread } from "../../core/host.ts";
import { denoThreads, startThread } from "../../headless/threads.ts";
import { isFound, keyspaceOf, plant, saltOf } from "../hash/wasm/planted.ts";

const THROWS = 'throw new Error("a planted error")';
const THROWS_AT_ONCE = new URL(`data:text/javascript,${THROWS}`);
const THROWS_WHEN_ASKED = new URL(`data:text/javascript,self.onmessage = () => { ${THROWS} }`);

/** A search of 40 outer indices. */
const PLANTED = plant(hashMode(610), keyspaceOf(20, 10, 8, 5), saltOf(3), 200n * 23n + 7n, 200);

/** Resolves with what the thread dies of. */
function deathOf(thread: Thread): Promise<string> {
  return new Promise((resolve) => thread.onError(resolve));
}

test("denoThreads() counts the cores and starts nothing by itself", () => {
  assert.equal(denoThreads().count, navigator.hardwareConcurrency);
});

test("the engine finds a password on Deno's workers, and close() ends them", async () => {
  const engine = openWasmEngine({ ...denoThreads(), count: 2 });
  const search = await engine.start(PLANTED.plan);
  const suspects = await search.run({ group: 0n, first: 0, count: 40 });
  assert.isTrue(isFound(PLANTED, suspects), JSON.stringify(suspects));
  search.end();
  engine.close();
});

test("close() ends workers that are in the middle of a slice", async () => {
  const engine = openWasmEngine({ ...denoThreads(), count: 2 });
  const keyspace = keyspaceOf(20, 20, 20, 20, 20);
  const { plan } = plant(hashMode(610), keyspace, saltOf(3), 0n, 400);
  const search = await engine.start(plan);
  const slice = search.run({ group: 0n, first: 1, count: plan.groupSize - 1 });
  engine.close();
  const error = await slice.catch((error: unknown) => error);
  assert.instanceOf(error, EngineLostError);
});

test("a thread that is sent nonsense dies, says why, and does not take the process along", async () => {
  const thread = denoThreads().startHashThread();
  const death = deathOf(thread);
  thread.post({ kind: "nonsense" });
  assert.match(await death, /Invalid type/);
  thread.stop();
});

test("an error in a thread is the loss of its engine", async () => {
  const threads = { count: 2, startHashThread: () => startThread(THROWS_WHEN_ASKED) };
  const engine = openWasmEngine(threads);
  const error = await engine.start(PLANTED.plan).catch((error: unknown) => error);
  assert.instanceOf(error, EngineLostError);
  assert.match(String(error), /thread [12] of 2 died: .*a planted error/);
  engine.close();
});

test("a thread whose program cannot start dies", async () => {
  const thread = startThread(THROWS_AT_ONCE);
  assert.match(await deathOf(thread), /a planted error/);
  thread.stop();
});
