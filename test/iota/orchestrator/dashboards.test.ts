import { assert } from "chai";
import * as v from "valibot";
import { test } from "#test";
import { Dashboards } from "../../../core/iota/orchestrator/dashboards.ts";
import { modelFields, Overview } from "../../../core/iota/orchestrator/overview.ts";
import { changeRecord, type MergeRecord, MERGES } from "../../../core/iota/orchestrator/records.ts";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { parseModelConfig } from "../../../core/model/config.ts";
import { OWN_PRESETS, PUBLISHED_PRESETS } from "../../../core/model/presets.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { NOW_MS, SETTINGS, ShownSwarm } from "./shown_swarm.ts";
import { simulate } from "./simulated_pathways.ts";

function dashboardsOf(
  swarm: ShownSwarm,
  scores: Readonly<Record<string, number>> = {},
): Dashboards {
  return new Dashboards(swarm.context, { globalScores: () => Promise.resolve(scores) });
}

/** Records whose list fails while a test says so, and that count how often they are asked. */
function watched(state: SwarmState): { state: SwarmState; lists: number; isDown: boolean } {
  const seen = {
    lists: 0,
    isDown: false,
    state: {
      ...state,
      close: () => state.close(),
      records: {
        get: (name: string) => state.records.get(name),
        put: (...given: Parameters<SwarmState["records"]["put"]>) => state.records.put(...given),
        remove: (name: string, revision: number) => state.records.remove(name, revision),
        list: (prefix: string) => {
          seen.lists += 1;
          return seen.isDown
            ? Promise.reject(new Error("the state is away"))
            : state.records.list(prefix);
        },
      },
    },
  };
  return seen;
}

test("a swarm in which nothing has happened has all its layers", async () => {
  const overview = await dashboardsOf(new ShownSwarm()).overview();
  assert.deepEqual(overview.layers.map(({ layer, phase, miners }) => [layer, phase, miners]), [
    [0, "is_training", 0],
    [1, "is_training", 0],
    [2, "is_training", 0],
  ]);
});

test("an overview is what its schema says, and JSON", async () => {
  const swarm = new ShownSwarm();
  await swarm.miner("5A", 0);
  await swarm.loss(3);
  await swarm.pathway(["5A", "5B", "5C"], 3);
  await swarm.event({ kind: "registered", layer: 0, hotkey: "5A", text: "5A came" });
  const overview = await dashboardsOf(swarm).overview();
  assert.deepEqual(v.parse(Overview, JSON.parse(JSON.stringify(overview))), overview);
});

test("what a member must go by is told: steps, dtype, room for batches, seed", async () => {
  const told = {
    localOptimizerSteps: 3,
    weightsDtype: "float32",
    maxCachedActivations: 7,
    seed: 11,
  } as const;
  const swarm = new ShownSwarm();
  const context = { ...swarm.context, settings: { ...SETTINGS, ...told } };
  const dashboards = new Dashboards(context, { globalScores: () => Promise.resolve({}) });
  const { training } = await dashboards.overview();
  assert.deepEqual(training, { ...told, model: modelFields(SETTINGS.model) });
});

test("the told model is the same again when it is read, whatever its fields", async () => {
  const odd = tinyModel({
    ...{ name: "odd", totalGlobalParams: 12_345, K: null, splits: [[-1, 2], [2, -1]] },
    rope: {
      ...{ ropeBase: 1e4, contextLength: 11, origContextLength: 22, factor: 1.5 },
      ...{ lowFreqFactor: 0.5, highFreqFactor: 3.5, originalContextLength: 33 },
    },
  });
  const presets = [...OWN_PRESETS, ...PUBLISHED_PRESETS].map(({ model }) => model);
  for (const model of [odd, ...presets]) {
    const { training } = await dashboardsOf(new ShownSwarm({ model })).overview();
    const read = parseModelConfig(JSON.parse(JSON.stringify(training.model)), "overview");
    assert.deepEqual(read, model);
  }
});

test("a layer shows its work: queue, phase, uploads, the slowest miner", async () => {
  const swarm = new ShownSwarm();
  await swarm.miner("5A", 1, { backwards: 4, meanWorkMs: 500 });
  await swarm.miner("5B", 1, { backwards: 9, meanWorkMs: 250 });
  const weights = {
    ...{ weights_path: "w", weight_metadata_path: "m", weighting_factor: 5, hotkey: "5A" },
    ...{ optimizer_state_path: "o", optimizer_state_metadata_path: "p" },
  };
  await swarm.layer(1, { phase: "miners_merging_partitions" });
  const merge: MergeRecord = {
    ...{ layer: 1, merge: 0, trainedSinceMs: NOW_MS - 90_000, eligible: { "5A": 4, "5B": 9 } },
    ...{ submitted: [weights, weights], enoughSinceMs: null, assignments: {}, mergedBy: ["5A"] },
  };
  await changeRecord(swarm.state.records, MERGES, "1", () => merge);
  await swarm.waiting(1, 3);
  await swarm.state.queues.take("forward.1", 60_000);
  const { layers } = await dashboardsOf(swarm).overview();
  assert.deepInclude(layers[1], {
    ...{ phase: "miners_merging_partitions", waiting: 2, leased: 1, uploaded: 2, merged: 1 },
    ...{ miners: 2, backwards: 13, leastBackwards: 4, wantedBackwards: 10, perSecond: 6 },
  });
});

test("a miner that has not asked for a minute is not active", async () => {
  const swarm = new ShownSwarm();
  await swarm.miner("5Here", 0, { seenMs: NOW_MS - 59_000 });
  await swarm.miner("5Away", 0, { seenMs: NOW_MS - 61_000 });
  const { miners, totals } = await dashboardsOf(swarm).overview();
  assert.deepEqual(miners.map(({ hotkey, isActive }) => [hotkey, isActive]), [
    ["5Away", false],
    ["5Here", true],
  ]);
  assert.equal(totals.activeMiners, 1);
});

test("scores are those of the miner's uid; without a uid there is none", async () => {
  const swarm = new ShownSwarm();
  await swarm.miner("5A", 0, { uid: 7 });
  await swarm.miner("5B", 0, { uid: 8 });
  await swarm.miner("5C", 0);
  const { miners } = await dashboardsOf(swarm, { "7": 3.5 }).overview();
  assert.deepEqual(miners.map(({ score }) => score), [3.5, 0, null]);
});

test("merges are counted when every layer has done them", async () => {
  const swarm = new ShownSwarm();
  await swarm.layer(0, { merges: 3 });
  await swarm.layer(1, { merges: 2 });
  const dashboards = dashboardsOf(swarm);
  assert.equal((await dashboards.overview()).totals.merges, 0);
  await swarm.layer(2, { merges: 3 });
  swarm.clock.advance(1000);
  assert.equal((await dashboards.overview()).totals.merges, 2);
});

test("the learning rate is that of the next merge", async () => {
  const swarm = new ShownSwarm();
  for (const layer of [0, 1, 2]) await swarm.layer(layer, { merges: 4 });
  // The fifth of ten steps up to 1e-3.
  assert.closeTo((await dashboardsOf(swarm).overview()).totals.learningRate, 5e-4, 1e-12);
});

test("a harmful miner is first among the miners, and in the list of outliers", async () => {
  const swarm = new ShownSwarm();
  for (const layer of [0, 1, 2]) {
    for (let i = 0; i < 4; i++) await swarm.miner(`${layer}-${i}`, layer);
  }
  const pathways = simulate(
    { layers: 3, perLayer: 4, pathways: 600, effects: { "2-3": 1 } },
    1,
  );
  for (const { hotkeys, loss } of pathways) await swarm.pathway(hotkeys, loss);
  const { miners, credit } = await dashboardsOf(swarm).overview();
  assert.equal(miners[0].hotkey, "2-3");
  assert.equal(miners[0].credit?.outlier, "harmful");
  assert.deepEqual(credit.outliers.map(({ hotkey, layer }) => [hotkey, layer]), [["2-3", 2]]);
});

test("losses of a long past are caught up with over several looks", async () => {
  const swarm = new ShownSwarm();
  for (let i = 0; i < 6000; i++) await swarm.loss(3);
  const dashboards = dashboardsOf(swarm);
  assert.equal((await dashboards.overview()).totals.batches, 5000);
  swarm.clock.advance(60_000);
  assert.equal((await dashboards.overview()).totals.batches, 6000);
});

test("the latest events come first, and those that cannot be read are left out", async () => {
  const swarm = new ShownSwarm();
  await swarm.event({ kind: "gone", layer: 1, hotkey: "5A", text: "first" });
  await swarm.state.journals.append("events", { of: "another version" });
  await swarm.event({ kind: "weights", text: "second" });
  const { events } = await dashboardsOf(swarm).overview();
  assert.deepEqual(events.map(({ text, layer }) => [text, layer]), [
    ["second", null],
    ["first", 1],
  ]);
});

test("events that came while nobody looked are not lost, nor told twice", async () => {
  const swarm = new ShownSwarm();
  const dashboards = dashboardsOf(swarm);
  await swarm.event({ kind: "a", text: "1" });
  await dashboards.overview();
  swarm.clock.advance(1000);
  await swarm.event({ kind: "a", text: "2" });
  const { events } = await dashboards.overview();
  assert.deepEqual(events.map(({ text }) => text), ["2", "1"]);
});

test("however many ask at once, the swarm is looked at once", async () => {
  const swarm = new ShownSwarm();
  const seen = watched(swarm.state);
  const dashboards = new Dashboards({ ...swarm.context, state: seen.state }, {
    globalScores: () => Promise.resolve({}),
  });
  await Promise.all(Array.from({ length: 50 }, () => dashboards.overview()));
  // Miners, layers and validators.
  assert.equal(seen.lists, 3);
});

test("within a second the same overview is shown, then a newer one", async () => {
  const swarm = new ShownSwarm();
  const dashboards = dashboardsOf(swarm);
  const first = await dashboards.overview();
  swarm.clock.advance(999);
  assert.strictEqual(await dashboards.overview(), first);
  swarm.clock.advance(1);
  assert.notStrictEqual(await dashboards.overview(), first);
});

test("a look that failed is told, and tried again by who asks next", async () => {
  const swarm = new ShownSwarm();
  const seen = watched(swarm.state);
  const dashboards = new Dashboards({ ...swarm.context, state: seen.state }, {
    globalScores: () => Promise.resolve({}),
  });
  seen.isDown = true;
  const told = await dashboards.overview().then(() => "", (error: Error) => error.message);
  assert.equal(told, "the state is away");
  seen.isDown = false;
  assert.lengthOf((await dashboards.overview()).layers, 3);
});

test("of very many miners a thousand are listed, and all are counted", async () => {
  const swarm = new ShownSwarm();
  for (let i = 0; i < 1001; i++) await swarm.miner(`5M${i}`, i % 3);
  const { miners, totals } = await dashboardsOf(swarm).overview();
  assert.deepEqual([miners.length, totals.miners], [1000, 1001]);
});
