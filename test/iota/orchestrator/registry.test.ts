import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { EventEntry } from "../../../core/iota/orchestrator/journal_entries.ts";
import { EVENTS, type MinerRecord } from "../../../core/iota/orchestrator/records.ts";
import { Registry } from "../../../core/iota/orchestrator/registry.ts";
import { type TestContext, testContext } from "./context.ts";
import { refusal } from "./training_swarm.ts";

async function layersOf(registry: Registry): Promise<number[]> {
  const counts = [0, 0, 0];
  for (const { layer } of await registry.all()) counts[layer] += 1;
  return counts;
}

async function kinds(context: TestContext): Promise<string[]> {
  const entries = await context.state.journals.last(EVENTS, 100);
  return entries.map(({ value }) => v.parse(EventEntry, value).kind);
}

/** Gives a miner's record other values. */
async function set(registry: Registry, hotkey: string, given: Partial<MinerRecord>): Promise<void> {
  await registry.change(hotkey, (now) => ({ ...now, ...given }));
}

test("a new miner has a layer, and nothing behind it", async () => {
  const context = await testContext();
  const miner = await new Registry(context).register("a");
  assert.deepEqual(miner, {
    ...{ hotkey: "a", layer: 0, uid: null, cached: [], backwards: 0, forwardsEver: 0 },
    ...{ backwardsEver: 0, meanWorkMs: 0, lastMerge: null },
    ...{ registeredMs: context.time.unixMs(), seenMs: context.time.unixMs() },
  });
  assert.deepEqual(await kinds(context), ["registered"]);
});

test("a miner that is not registered is not found", async () => {
  const registry = new Registry(await testContext());
  const { status, message } = await refusal(registry.find("a"));
  assert.deepEqual([status, message], [404, "Miner not found in registry"]);
  assert.isUndefined(await registry.get("a"));
});

test("miners that register at once are spread over all layers", async () => {
  const registry = new Registry(await testContext());
  await Promise.all(Array.from({ length: 9 }, (_, index) => registry.register(`m${index}`)));
  assert.deepEqual(await layersOf(registry), [3, 3, 3]);
});

test("miners that register at once with two processes are spread over all layers", async () => {
  const context = await testContext();
  const registries = [new Registry(context), new Registry(context)];
  await Promise.all(
    Array.from({ length: 12 }, (_, index) => registries[index % 2].register(`m${index}`)),
  );
  assert.deepEqual(await layersOf(registries[0]), [4, 4, 4]);
});

test("miners that register over a long time are spread over all layers", async () => {
  const context = await testContext();
  const registries = [new Registry(context), new Registry(context)];
  for (let index = 0; index < 12; index++) {
    await registries[index % 2].register(`m${index}`);
    await context.time.pass(index % 3 * 3700);
  }
  assert.deepEqual(await layersOf(registries[0]), [4, 4, 4]);
});

test("a newcomer goes to the layer that is slowest as measured", async () => {
  const registry = new Registry(await testContext());
  for (const hotkey of ["a", "b", "c"]) await registry.register(hotkey);
  await set(registry, "a", { meanWorkMs: 100 });
  await set(registry, "b", { meanWorkMs: 900 });
  await set(registry, "c", { meanWorkMs: 100 });
  assert.equal((await registry.register("d")).layer, 1);
});

test("one that registers anew keeps its layer and its history, and loses what it kept", async () => {
  const context = await testContext();
  const registry = new Registry(context);
  for (const hotkey of ["a", "b"]) await registry.register(hotkey);
  const entry = { uid: "u", sinceMs: 1, gradientKey: null, leasedUntilMs: 0 };
  await set(registry, "b", {
    ...{ cached: [entry], backwards: 4, backwardsEver: 14, forwardsEver: 15 },
    ...{ meanWorkMs: 70, lastMerge: 3 },
  });
  const lost: string[] = [];
  registry.onLeft((uids) => Promise.resolve(void lost.push(...uids)));
  assert.deepInclude(await registry.register("b"), {
    ...{ layer: 1, cached: [], backwards: 0, backwardsEver: 14, forwardsEver: 15 },
    ...{ meanWorkMs: 70, lastMerge: 3 },
  });
  assert.deepEqual(lost, ["u"]);
});

test("one that registers anew with another layer begins without a speed or a merge", async () => {
  const registry = new Registry(await testContext());
  for (const hotkey of ["a", "b", "c", "d"]) await registry.register(hotkey);
  await set(registry, "b", { layer: 0, meanWorkMs: 50, lastMerge: 2 });
  assert.deepInclude(await registry.register("b"), { layer: 1, meanWorkMs: 0, lastMerge: null });
});

test("a miner whose layer there is no more gets another", async () => {
  const registry = new Registry(await testContext());
  await registry.register("a");
  await set(registry, "a", { layer: 7 });
  assert.equal((await registry.register("a")).layer, 0);
});

test("a miner that asks is seen, and written down only from time to time", async () => {
  const context = await testContext();
  const registry = new Registry(context);
  await registry.register("a");
  const startMs = context.time.unixMs();
  const seenAfter = async (ms: number): Promise<number> => {
    await context.time.pass(ms);
    await registry.admit("a", "miner");
    return (await registry.find("a")).seenMs - startMs;
  };
  assert.deepEqual([await seenAfter(10_000), await seenAfter(25_000)], [0, 35_000]);
  assert.deepEqual([await seenAfter(29_000), await seenAfter(1_000)], [35_000, 65_000]);
});

test("a miner that has not asked for long is removed, and what it kept is given up", async () => {
  const context = await testContext();
  const registry = new Registry(context);
  for (const hotkey of ["here", "gone"]) await registry.register(hotkey);
  const entry = { uid: "u", sinceMs: 1, gradientKey: null, leasedUntilMs: 0 };
  await set(registry, "gone", { cached: [entry] });
  const lost: string[] = [];
  registry.onLeft((uids) => Promise.resolve(void lost.push(...uids)));
  await context.time.pass(250_000);
  await registry.admit("here", "miner");
  await context.time.pass(50_000);
  await registry.removeGone();
  assert.lengthOf(await registry.all(), 2, "not before the time is over");
  await context.time.pass(1);
  await registry.removeGone();
  assert.deepEqual((await registry.all()).map(({ hotkey }) => hotkey), ["here"]);
  assert.deepEqual(lost, ["u"]);
  assert.include(await kinds(context), "gone");
});

test("an orchestrator that was away itself for long removes nobody when it comes back", async () => {
  const context = await testContext();
  await new Registry(context).register("a");
  await context.time.pass(86_400_000);
  const registry = new Registry(context);
  await registry.removeGone();
  assert.lengthOf(await registry.all(), 1);
  await registry.admit("a", "miner");
  await context.time.pass(300_000);
  await registry.removeGone();
  assert.lengthOf(await registry.all(), 1);
});

test("a miner that asks another process is not gone", async () => {
  const context = await testContext();
  const [one, other] = [new Registry(context), new Registry(context)];
  await one.register("a");
  for (let i = 0; i < 10; i++) {
    await context.time.pass(60_000);
    await other.admit("a", "miner");
  }
  await one.removeGone();
  assert.lengthOf(await one.all(), 1);
});

test("one that is not registered leaves no record by asking", async () => {
  const registry = new Registry(await testContext());
  await registry.admit("stranger", "miner");
  assert.isEmpty(await registry.all());
});

test("miners of each layer are counted", async () => {
  const registry = new Registry(await testContext());
  for (const hotkey of ["a", "b", "c", "d"]) await registry.register(hotkey);
  assert.deepEqual(await registry.countByLayer(), [2, 1, 1]);
});
