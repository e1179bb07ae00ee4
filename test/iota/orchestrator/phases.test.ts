import { assert } from "chai";
import { test } from "#test";
import { MERGES, readRecord } from "../../../core/iota/orchestrator/records.ts";
import { MergeSwarm } from "./merge_swarm.ts";
import { refusal } from "./training_swarm.ts";

const TRAINING = ["is_training", "is_training", "is_training"];
const UPLOADING = ["weights_uploading", "weights_uploading", "weights_uploading"];
/** Ten miners, of whom eight are enough. */
const TEN = [["h1", "h2", "h3", "h4"], ["b1", "b2", "b3"], ["t1", "t2", "t3"]];
const EIGHT = ["h1", "h2", "h3", "b1", "b2", "b3", "t1", "t2"];

const forever = (): AbortSignal => new AbortController().signal;

test("with fewer than the wanted share of miners ready, all go on training", async () => {
  const swarm = await MergeSwarm.make(TEN);
  await swarm.train({ backwards: 2, hotkeys: EIGHT.slice(1) });
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), TRAINING);
});

test("with the wanted share of miners ready, all layers begin to upload", async () => {
  const swarm = await MergeSwarm.make(TEN);
  await swarm.train({ backwards: 2, hotkeys: EIGHT });
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), UPLOADING);
});

test("one backward too few is not ready", async () => {
  const swarm = await MergeSwarm.make(TEN);
  await swarm.train({ backwards: 2, hotkeys: EIGHT });
  await swarm.train({ backwards: 1, hotkeys: ["h1"] });
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), TRAINING);
});

test("a layer of which nobody is ready holds a merge up, however many others are", async () => {
  const swarm = await MergeSwarm.make([["h1", "h2", "h3", "h4", "h5"], ["b1", "b2", "b3"], ["t"]]);
  await swarm.train({ backwards: 2 });
  await swarm.train({ backwards: 0, hotkeys: ["t"] });
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), TRAINING);
});

test("a swarm without miners does not merge", async () => {
  const swarm = await MergeSwarm.make([]);
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), TRAINING);
});

test("a look that waited ten seconds for the state does not put the next one off for longer", async () => {
  const swarm = await MergeSwarm.make(TEN);
  const { records } = swarm.context.state;
  const list = records.list.bind(records);
  records.list = async (prefix) => {
    await swarm.context.time.pass(10_000);
    return await list(prefix);
  };
  await swarm.phases.considerMerging();
  records.list = list;
  await swarm.train({ backwards: 2, hotkeys: EIGHT });
  await swarm.context.time.pass(2_000);
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), UPLOADING);
});

test("miners that have gone do not hold a merge up", async () => {
  const swarm = await MergeSwarm.make([["h1", "h2"], ["b1", "b2"], ["t1", "t2"]]);
  await swarm.train({ backwards: 2, hotkeys: ["h1", "b1", "t1"] });
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), TRAINING);
  await swarm.pass(300_001, ["h2", "b2", "t2"]);
  await swarm.phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), UPLOADING);
});

test("sections are counted by those who may upload", async () => {
  const swarm = await MergeSwarm.make(TEN);
  await swarm.train({ backwards: 2, hotkeys: EIGHT });
  await swarm.phases.considerMerging();
  const layers = await swarm.phases.all();
  assert.deepEqual(layers.map(({ numSections }) => numSections), [3, 3, 1]);
});

test("two processes begin a merge once", async () => {
  const one = await MergeSwarm.make(TEN);
  const two = await one.another();
  await one.train();
  await Promise.all([one.phases.considerMerging(), two.phases.considerMerging()]);
  assert.lengthOf(await one.events("phase"), 3);
});

test("of many who take a layer on at once, one does", async () => {
  const one = await MergeSwarm.make();
  const swarms = await Promise.all(Array.from({ length: 8 }, () => one.another()));
  const layer = await one.phases.layer(1);
  const moved = await Promise.all(
    swarms.map(({ phases }) => phases.move(layer, { phase: "weights_uploading" }, "test")),
  );
  assert.lengthOf(moved.filter((isMoved) => isMoved), 1);
});

test("who has looked long ago does not move a layer that is in the same phase again", async () => {
  const swarm = await MergeSwarm.make();
  const seen = await swarm.phases.layer(0);
  await swarm.phases.move(seen, { phase: "weights_uploading" }, "there");
  await swarm.phases.move(await swarm.phases.layer(0), { phase: "is_training" }, "and back");
  assert.isFalse(await swarm.phases.move(seen, { phase: "weights_uploading" }, "too late"));
});

test("a process that was away for a whole merge does not undo the next one", async () => {
  const swarm = await MergeSwarm.make();
  const slow = await swarm.another();
  await swarm.train();
  // It reads the miners before the merge, and goes on after it.
  let goOn = (): void => {};
  const all = slow.registry.all.bind(slow.registry);
  slow.registry.all = async () => {
    const seen = await all();
    await new Promise<void>((resolve) => goOn = resolve);
    return seen;
  };
  const late = slow.phases.considerMerging();
  await swarm.context.time.settle();
  await swarm.merging.tick();
  for (const hotkey of ["head", "body", "tail"]) await swarm.mergeAll([hotkey]);
  await swarm.train();
  await swarm.merging.tick();
  const before = await readRecord(swarm.context.state.records, MERGES, "0");
  goOn();
  await late;
  assert.deepEqual(await readRecord(swarm.context.state.records, MERGES, "0"), before);
});

test("layers that a dead process has left behind follow", async () => {
  const swarm = await MergeSwarm.make();
  await swarm.train();
  await swarm.context.time.pass(1000);
  await swarm.phases.move(await swarm.phases.layer(0), { phase: "weights_uploading" }, "and died");
  await (await swarm.another()).phases.considerMerging();
  assert.deepEqual(await swarm.phaseNames(), UPLOADING);
});

test("a layer that is done does not follow the first layer a second time", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.context.time.pass(1000);
  await swarm.mergeAll(["body"]);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(1), "is_training");
  await swarm.upload("head");
  await swarm.merging.tick();
  assert.deepEqual([await swarm.phase(0), await swarm.phase(1)], [
    "miners_merging_partitions",
    "is_training",
  ]);
});

test("the wrong phase is refused by naming the right one", async () => {
  const swarm = await MergeSwarm.uploading();
  const { status, message } = await refusal(swarm.phases.guard(1, "is_training"));
  assert.deepEqual([status, message], [409, "weights_uploading"]);
});

test("there is no phase of a layer that there is not", async () => {
  const swarm = await MergeSwarm.make();
  assert.equal((await refusal(swarm.phases.info(3, undefined, 0, forever()))).status, 404);
});

test("who does not wait is told the phase at once", async () => {
  const swarm = await MergeSwarm.uploading();
  const info = await swarm.phases.info(0, "weights_uploading", 0, forever());
  assert.deepEqual(info, { status: "weights_uploading", num_sections: 1 });
});

test("who knows another phase is told at once", async () => {
  const swarm = await MergeSwarm.uploading();
  const info = await swarm.phases.info(0, "is_training", 20_000, forever());
  assert.equal(info.status, "weights_uploading");
});

test("who waits is told of a change in the moment of it", async () => {
  const swarm = await MergeSwarm.make();
  const waiting = swarm.phases.info(2, "is_training", 20_000, forever());
  await swarm.context.time.pass(5000);
  await swarm.train();
  await (await swarm.another()).phases.considerMerging();
  assert.equal((await waiting).status, "weights_uploading");
});

test("who waits in vain is told after the time that it gave, and not before", async () => {
  const swarm = await MergeSwarm.make();
  let told: string | undefined;
  const waiting = swarm.phases.info(0, "is_training", 20_000, forever())
    .then(({ status }) => told = status);
  await swarm.context.time.pass(19_999);
  assert.isUndefined(told);
  await swarm.context.time.pass(1);
  assert.equal(await waiting, "is_training");
});

test("a change of another layer wakes nobody", async () => {
  const swarm = await MergeSwarm.make();
  let isTold = false;
  const waiting = swarm.phases.info(0, "is_training", 20_000, forever())
    .then(() => isTold = true);
  const other = await swarm.phases.layer(1);
  await swarm.phases.move(other, { phase: "weights_uploading" }, "test");
  await swarm.context.time.settle();
  assert.isFalse(isTold);
  await swarm.context.time.pass(20_000);
  await waiting;
});

test("waiting ends when who waits has left", async () => {
  const swarm = await MergeSwarm.make();
  const left = new AbortController();
  const waiting = swarm.phases.info(0, "is_training", 20_000, left.signal);
  await swarm.context.time.settle();
  left.abort();
  assert.equal((await waiting).status, "is_training");
  assert.equal(swarm.context.time.sleepers, 0);
});

test("nothing sleeps on once the answer is given", async () => {
  const swarm = await MergeSwarm.make();
  await swarm.phases.info(0, undefined, 20_000, forever());
  assert.equal(swarm.context.time.sleepers, 0);
});
