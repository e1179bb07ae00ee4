import { assert } from "chai";
import { test } from "#test";
import type { WeightsUploaded } from "../../../core/iota/api/schemas.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { GRACE_MS } from "../../../core/iota/orchestrator/merging.ts";
import {
  listRecords,
  MERGES,
  PARTITIONS,
  readRecord,
} from "../../../core/iota/orchestrator/records.ts";
import { FakeTime } from "../fake_time.ts";
import { MergeSwarm } from "./merge_swarm.ts";
import { KilledError, MortalState } from "./mortal_state.ts";
import { refusal } from "./training_swarm.ts";

const THREE = ["a", "b", "c"];
const FIVE = ["a", "b", "c", "d", "e"];

/** Longer than a phase may last; phases that begin in the same moment are a millisecond apart. */
const OVERDUE_MS = 101_000;

const uploading = (hotkeys: readonly string[]): Promise<MergeSwarm> =>
  MergeSwarm.uploading([hotkeys, ["body"], ["tail"]]);

async function merging(hotkeys: readonly string[]): Promise<MergeSwarm> {
  const swarm = await uploading(hotkeys);
  for (const [at, hotkey] of hotkeys.entries()) await swarm.upload(hotkey, at + 1);
  return swarm;
}

test("who is alone in a layer merges alone", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.mergeAll(["body"]);
  const { phase, merges } = await swarm.phases.layer(1);
  assert.deepEqual([phase, merges], ["is_training", 1]);
});

test("layers merge independently of each other", async () => {
  const swarm = await uploading(THREE);
  await swarm.mergeAll(["tail"]);
  await swarm.upload("a");
  assert.deepEqual(await swarm.phaseNames(), [
    "weights_uploading",
    "weights_uploading",
    "is_training",
  ]);
});

test("the next merge begins only when all layers train again", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.mergeAll(["tail"]);
  await swarm.train({ backwards: 2, hotkeys: ["tail"] });
  await swarm.merging.tick();
  assert.equal(await swarm.phase(2), "is_training");
});

test("when all have uploaded, chunks are dealt out at once", async () => {
  const swarm = await merging(THREE);
  assert.equal(await swarm.phase(), "miners_merging_partitions");
});

test("fewer than the wanted share of uploads are waited for", async () => {
  const swarm = await uploading(FIVE);
  for (const hotkey of THREE) await swarm.upload(hotkey);
  await swarm.pass(GRACE_MS * 2);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "weights_uploading");
});

test("with enough uploads the late get some time, and no more", async () => {
  const swarm = await uploading(FIVE);
  for (const hotkey of FIVE.slice(1)) await swarm.upload(hotkey);
  await swarm.pass(GRACE_MS - 1);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "weights_uploading");
  await swarm.pass(1);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "miners_merging_partitions");
});

test("an upload within the time for the late is taken", async () => {
  const swarm = await uploading(FIVE);
  for (const hotkey of FIVE.slice(1)) await swarm.upload(hotkey);
  await swarm.pass(GRACE_MS - 1);
  assert.equal(await swarm.upload("a"), "success");
  const [packets] = await swarm.merging.chunksFor("a");
  assert.lengthOf(packets, 5);
});

test("an upload after the time for the late is refused with the phase", async () => {
  const swarm = await uploading(FIVE);
  for (const hotkey of FIVE.slice(1)) await swarm.upload(hotkey);
  await swarm.pass(GRACE_MS);
  const files = await swarm.files("a");
  await swarm.merging.tick();
  const { status, message } = await refusal(swarm.merging.upload("a", files));
  assert.deepEqual([status, message], [409, "miners_merging_partitions"]);
});

test("an upload that is looked at while chunks are dealt out is not slipped in", async () => {
  const swarm = await uploading(FIVE);
  for (const hotkey of FIVE.slice(1)) await swarm.upload(hotkey);
  await swarm.pass(GRACE_MS);
  const files = await swarm.files("a");
  const slow = await swarm.another();
  const { store } = slow.context;
  const size = store.size.bind(store);
  let isDealt = false;
  store.size = async (key) => {
    if (!isDealt) {
      isDealt = true;
      await swarm.merging.tick();
    }
    return await size(key);
  };
  assert.equal((await refusal(slow.merging.upload("a", files))).status, 409);
  const [packets] = await swarm.merging.chunksFor("b");
  assert.notInclude(packets.map(({ hotkey }) => hotkey), "a");
});

test("a miner that has gone is not waited for with its upload", async () => {
  const swarm = await uploading(["a", "b"]);
  await swarm.upload("a");
  await swarm.pass(99_000);
  assert.equal(await swarm.phase(), "weights_uploading");
  await swarm.registry.change("b", (now) => ({ ...now, seenMs: now.seenMs - 300_001 }));
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "miners_merging_partitions");
});

test("if nobody uploads in time, training goes on without a merge", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  const layers = await swarm.phases.all();
  assert.deepEqual(layers.map(({ phase, merges }) => [phase, merges]), [
    ["is_training", 0],
    ["is_training", 0],
    ["is_training", 0],
  ]);
});

test("if all miners have gone before they upload, training goes on at once", async () => {
  const swarm = await MergeSwarm.uploading();
  for (const hotkey of ["head", "body", "tail"]) {
    await swarm.registry.change(hotkey, (now) => ({ ...now, seenMs: 0 }));
  }
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "is_training");
});

test("when time is up, those merge who have uploaded", async () => {
  const swarm = await uploading(FIVE);
  await swarm.upload("a");
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  const [packets, chunks] = await swarm.merging.chunksFor("a");
  assert.deepEqual([packets.length, chunks.length], [1, 10]);
});

test("if nobody merges in time, training goes on with the old weights", async () => {
  const swarm = await uploading(["a"]);
  await swarm.mergeAll(["a"]);
  const before = await swarm.merging.weights(0);
  await swarm.mergeAll(["body"]);
  await swarm.mergeAll(["tail"]);
  await swarm.train();
  await swarm.merging.tick();
  await swarm.upload("a", 9);
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  const { phase, merges } = await swarm.phases.layer(0);
  assert.deepEqual([phase, merges], ["is_training", 1]);
  const keys = (await swarm.merging.weights(0)).map(({ weight_path }) =>
    weight_path?.split("?")[0]
  );
  assert.deepEqual(keys, before.map(({ weight_path }) => weight_path?.split("?")[0]));
});

test("a merge that comes to nothing leaves no objects behind", async () => {
  const swarm = await merging(THREE);
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "is_training");
  assert.deepEqual([...swarm.context.store.objects.keys()], []);
});

test("after a merge that came to nothing the next one is possible", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  await swarm.train();
  await swarm.merging.tick();
  await swarm.mergeAll(["head"]);
  assert.equal((await swarm.phases.layer(0)).merges, 1);
});

test("backwards are counted anew after a merge, and nothing is kept of before", async () => {
  const swarm = await MergeSwarm.uploading();
  await swarm.registry.change("body", (now) => ({
    ...now,
    cached: [{ uid: "u", sinceMs: 0, gradientKey: null, leasedUntilMs: 0 }],
  }));
  await swarm.mergeAll(["body"]);
  const { backwards, cached, lastMerge } = await swarm.registry.find("body");
  assert.deepEqual({ backwards, cached, lastMerge }, { backwards: 0, cached: [], lastMerge: 1 });
});

test("a slow process does not take from miners what they have done since the merge", async () => {
  const swarm = await merging(["a"]);
  const slow = await swarm.another();
  const partitions = await swarm.partitions("a");
  const all = slow.registry.all.bind(slow.registry);
  let looks = 0;
  slow.registry.all = async () => {
    const seen = await all();
    // The second look is that of the miners whose backwards are to be counted anew.
    if (++looks === 2) {
      await swarm.merging.tick();
      await swarm.train({ backwards: 1, hotkeys: ["a"] });
    }
    return seen;
  };
  await slow.merging.takePartitions("a", partitions);
  assert.equal((await swarm.registry.find("a")).backwards, 1);
});

test("weights count one more than the backwards of their miner", async () => {
  const swarm = await MergeSwarm.make([["a", "b"], ["body"], ["tail"]]);
  await swarm.train();
  await swarm.train({ backwards: 7, hotkeys: ["b"] });
  await swarm.merging.tick();
  for (const hotkey of ["a", "b"]) await swarm.upload(hotkey);
  const [packets] = await swarm.merging.chunksFor("a");
  assert.deepEqual(packets.map((packet) => [packet.hotkey, packet.weighting_factor]), [
    ["a", 3],
    ["b", 8],
  ]);
});

test("the published miner finds the number of sections in the address", async () => {
  const swarm = await merging(THREE);
  const [packets] = await swarm.merging.chunksFor("b");
  assert.deepEqual(packets.map(({ weights_path }) => weights_path.split("/").at(-3)), [
    "3",
    "3",
    "3",
  ]);
});

test("all addresses of an upload can be fetched", async () => {
  const swarm = await merging(THREE);
  const [packets] = await swarm.merging.chunksFor("b");
  for (const packet of packets) {
    const addresses = [
      packet.weights_path,
      packet.weight_metadata_path,
      packet.optimizer_state_path,
      packet.optimizer_state_metadata_path,
    ];
    for (const address of addresses) assert.isAbove(swarm.context.store.fetch(address).length, 0);
  }
});

test("chunks are not told while weights are uploaded", async () => {
  const swarm = await uploading(THREE);
  await swarm.upload("a");
  const { status, message } = await refusal(swarm.merging.chunksFor("a"));
  assert.deepEqual([status, message], [409, "weights_uploading"]);
});

test("who has too few backwards is told so", async () => {
  const swarm = await MergeSwarm.make([FIVE, ["body"], ["tail"]]);
  await swarm.train();
  await swarm.train({ backwards: 1, hotkeys: ["e"] });
  await swarm.merging.tick();
  assert.equal(await swarm.upload("e"), "only 1 of 2 backwards were done");
});

test("who was away when the merge began is told so", async () => {
  const swarm = await MergeSwarm.make([["a", "b"], ["body"], ["tail"]]);
  await swarm.train();
  await swarm.pass(300_001, ["b"]);
  await swarm.merging.tick();
  assert.include(await swarm.upload("b"), "began without you");
});

test("the same upload told twice is a success twice, and passed on once", async () => {
  const swarm = await uploading(THREE);
  const files = await swarm.files("a");
  assert.equal(await swarm.merging.upload("a", files), "success");
  assert.equal(await swarm.merging.upload("a", files), "success");
  assert.deepEqual(swarm.uploaded, ["a"]);
});

test("a second upload is not taken in place of the first", async () => {
  const swarm = await uploading(THREE);
  await swarm.upload("a", 1);
  assert.include(await swarm.upload("a", 2), "already");
  const merge = await readRecord(swarm.context.state.records, MERGES, "0");
  assert.lengthOf(merge?.submitted ?? [], 1);
});

test("weights are not taken while a layer trains", async () => {
  const swarm = await MergeSwarm.make();
  const { status, message } = await refusal(swarm.upload("head"));
  assert.deepEqual([status, message], [409, "is_training"]);
});

test("weights of a stranger are not taken", async () => {
  const swarm = await MergeSwarm.uploading();
  const files = await swarm.files("head");
  assert.equal((await refusal(swarm.merging.upload("stranger", files))).status, 404);
});

/** What is wrong with an upload of miner `a`, and what the refusal must speak of. */
const WRONG_UPLOADS: Record<
  string,
  [spoil: (files: WeightsUploaded, swarm: MergeSwarm) => WeightsUploaded, says: RegExp]
> = {
  "one byte too short": [(files, { context: { store } }) => {
    const bytes = store.objects.get(files.weights_path);
    store.objects.set(files.weights_path, bytes?.slice(1) ?? new Uint8Array());
    return files;
  }, /bytes, expected \d+$/],
  "optimizer state of the length of the weights": [(files, { context: { store } }) => {
    const bytes = store.objects.get(files.weights_path);
    store.objects.set(files.optimizer_state_path, bytes ?? new Uint8Array());
    return files;
  }, /optimizer_state.* bytes, expected \d+$/],
  "not there": [(files, { context: { store } }) => {
    store.objects.delete(files.optimizer_state_path);
    return files;
  }, /has no bytes/],
  "without metadata": [(files, { context: { store } }) => {
    store.objects.delete(files.metadata_path);
    return files;
  }, /metadata\/weights.* is not there/],
  "those of another miner": [(files, { context: { store } }) => {
    const theirs = files.weights_path.replace("/a/", "/b/");
    store.objects.set(theirs, store.objects.get(files.weights_path) ?? new Uint8Array());
    return { ...files, weights_path: theirs };
  }, /must lie in weights\/a\//],
  "with the metadata of another miner": [
    (files) => ({ ...files, metadata_path: files.metadata_path.replace("/a/", "/b/") }),
    /must lie in weights\/a\//,
  ],
  "with the optimizer state as weights": [
    (files) => ({ ...files, weights_path: files.optimizer_state_path }),
    /must lie in weights\/a\//,
  ],
  "no key at all": [
    (files) => ({ ...files, weights_path: "../../etc/passwd" }),
    /must lie in weights\/a\//,
  ],
  "cut into another number of sections": [(files, { context: { store } }) => {
    const other = files.weights_path.replace("/3/", "/4/");
    store.objects.set(other, store.objects.get(files.weights_path) ?? new Uint8Array());
    return { ...files, weights_path: other };
  }, /not cut into 3 sections/],
};

for (const [what, [spoil, says]] of Object.entries(WRONG_UPLOADS)) {
  test(`weights are refused that are ${what}`, async () => {
    const swarm = await uploading(THREE);
    const files = spoil(await swarm.files("a"), swarm);
    const { status, message } = await refusal(swarm.merging.upload("a", files));
    assert.equal(status, 422);
    assert.match(message, says);
    const merge = await readRecord(swarm.context.state.records, MERGES, "0");
    assert.deepEqual(merge?.submitted, []);
  });
}

test("a layer with its merged partitions trains, and whoever asked is told once", async () => {
  const swarm = await merging(THREE);
  for (const hotkey of THREE) await swarm.merge(hotkey);
  assert.equal(await swarm.phase(), "is_training");
  assert.deepEqual(swarm.ended, [[0, 1]]);
});

test("two processes end a merge once", async () => {
  const one = await merging(THREE);
  const two = await one.another();
  await one.merge("a");
  await one.merge("b");
  const last = await one.partitions("c");
  await Promise.all([
    one.merging.takePartitions("c", last),
    two.merging.takePartitions("c", last),
    one.merging.tick(),
    two.merging.tick(),
  ]);
  assert.deepEqual([...one.ended, ...two.ended], [[0, 1]]);
});

test("with all chunks merged the late get some time, and no more", async () => {
  const swarm = await merging(THREE);
  await swarm.merge("a");
  await swarm.merge("b");
  await swarm.pass(GRACE_MS - 1);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "miners_merging_partitions");
  await swarm.pass(1);
  await swarm.merging.tick();
  assert.equal(await swarm.phase(), "is_training");
});

test("a share of partitions that is not above the wanted one is not accepted", async () => {
  const swarm = await MergeSwarm.uploading([["a", "b", "c", "d"], ["body"], ["tail"]], {
    settings: { mergedShare: 0.25 },
  });
  for (const hotkey of ["a", "b", "c", "d"]) await swarm.upload(hotkey);
  await swarm.merge("a");
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  const { phase, merges } = await swarm.phases.layer(0);
  assert.deepEqual([phase, merges], ["is_training", 0]);
});

test("a share of partitions above the wanted one is accepted when time is up", async () => {
  const swarm = await MergeSwarm.uploading([["a", "b", "c", "d"], ["body"], ["tail"]], {
    settings: { mergedShare: 0.24 },
  });
  for (const hotkey of ["a", "b", "c", "d"]) await swarm.upload(hotkey);
  await swarm.merge("a");
  await swarm.pass(OVERDUE_MS);
  await swarm.merging.tick();
  assert.equal((await swarm.phases.layer(0)).merges, 1);
});

test("miners that die while they merge are not waited for", async () => {
  const swarm = await merging(THREE);
  await swarm.merge("a");
  for (const hotkey of ["b", "c"]) {
    await swarm.registry.change(hotkey, (now) => ({ ...now, seenMs: 0 }));
  }
  await swarm.merging.tick();
  assert.equal((await swarm.phases.layer(0)).merges, 1);
});

test("partitions told twice are heard once", async () => {
  const swarm = await merging(THREE);
  await swarm.merge("a");
  const [first] = await listRecords(swarm.context.state.records, PARTITIONS);
  await swarm.merge("a");
  assert.deepEqual(await listRecords(swarm.context.state.records, PARTITIONS), [first]);
});

test("nothing is kept of partitions once the merge is over", async () => {
  const swarm = await merging(THREE);
  for (const hotkey of THREE) await swarm.merge(hotkey);
  assert.deepEqual(await listRecords(swarm.context.state.records, PARTITIONS), []);
});

test("a killed process leaves a merge that another one brings to its end", async () => {
  const calls = await mergeWithDeath(Infinity, false);
  assert.isAbove(calls, 20);
  for (const isCarriedOut of [false, true]) {
    for (let call = 1; call <= calls; call++) await mergeWithDeath(call, isCarriedOut);
  }
});

/** Merges all layers while a process dies at a call of the state; the number of its calls. */
async function mergeWithDeath(call: number, isCarriedOut: boolean): Promise<number> {
  const time = new FakeTime();
  const state = new MemoryState(time);
  const miners = [["a", "b"], ["body"], ["tail"]];
  const healthy = await MergeSwarm.make(miners, { state, time });
  await healthy.train();
  const mortal = new MortalState(state, { call, isCarriedOut });
  let process = await healthy.another(mortal);
  const request = async (ask: (swarm: MergeSwarm) => Promise<unknown>): Promise<void> => {
    try {
      await ask(process);
    } catch (error) {
      if (!(error instanceof KilledError)) throw error;
      process = await healthy.another();
      // Who is not answered asks again; by then the phase may be another one.
      await ask(process).catch(() => {});
    }
  };
  await request(({ merging }) => merging.tick());
  await request(({ merging }) => merging.tick());
  for (const hotkey of miners.flat()) {
    const files = await healthy.files(hotkey);
    await request(({ merging }) => merging.upload(hotkey, files));
  }
  for (const hotkey of miners.flat()) {
    const { layer } = await healthy.registry.find(hotkey);
    if (await healthy.phase(layer) !== "miners_merging_partitions") continue;
    const partitions = await healthy.partitions(hotkey);
    await request(({ merging }) => merging.takePartitions(hotkey, partitions));
  }
  for (let turn = 0; turn < 3; turn++) {
    time.skew(GRACE_MS);
    await request(({ merging }) => merging.tick());
  }
  const layers = await healthy.phases.all();
  assert.deepEqual(
    layers.map(({ phase, merges }) => [phase, merges]),
    [["is_training", 1], ["is_training", 1], ["is_training", 1]],
    `after a death at call ${call}`,
  );
  for (const { backwards } of await healthy.registry.all()) assert.equal(backwards, 0);
  return mortal.calls;
}
