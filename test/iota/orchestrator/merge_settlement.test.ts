import { assert } from "chai";
import { test } from "#test";
import { encodeElements } from "../../../core/iota/merging/elements.ts";
import type { ChunkData, Partition } from "../../../core/iota/api/schemas.ts";
import { parametersOfLayer } from "../../../core/iota/orchestrator/layer_vectors.ts";
import { MergeSwarm } from "./merge_swarm.ts";
import { refusal } from "./training_swarm.ts";

const THREE = ["a", "b", "c"];
/** Of what miners a, b and c upload, in these tests: all have the same weight. */
const MEAN = [0x00, 0x40];

async function merging(hotkeys: readonly string[]): Promise<MergeSwarm> {
  const swarm = await MergeSwarm.uploading([hotkeys, ["body"], ["tail"]]);
  for (const [at, hotkey] of hotkeys.entries()) await swarm.upload(hotkey, at + 1);
  return swarm;
}

/** What a new miner would load of layer 0: the bytes of all chunks, in order. */
async function weightsOf(swarm: MergeSwarm): Promise<number[]> {
  const partitions = await swarm.merging.weights(0);
  return partitions.flatMap(({ weight_path, weight_data }) => {
    const bytes = swarm.context.store.fetch(weight_path ?? "");
    const { chunk_start_byte, chunk_end_byte } = weight_data ?? {};
    return [...bytes.slice(chunk_start_byte ?? 0, chunk_end_byte ?? undefined)];
  });
}

/** All weights of layer 0 with one value. */
function allOf(swarm: MergeSwarm, [low, high]: readonly number[]): number[] {
  const count = parametersOfLayer(swarm.context.settings, 0);
  return Array.from({ length: count }, () => [low, high]).flat();
}

/** A miner merges, but its chunks hold something else. */
async function forge(swarm: MergeSwarm, hotkey: string, value: number): Promise<void> {
  const partitions = await swarm.partitions(hotkey);
  const { objects } = swarm.context.store;
  for (const { weight_path } of partitions) {
    const key = weight_path ?? "";
    const length = (objects.get(key)?.length ?? 0) / 2;
    objects.set(key, encodeElements(new Float32Array(length).fill(value), "bfloat16"));
  }
  await swarm.merging.takePartitions(hotkey, partitions);
}

/** Nobody merges any more, and the time for it is over. */
async function endMerge(swarm: MergeSwarm): Promise<void> {
  await swarm.pass(101_000);
  await swarm.merging.tick();
}

test("before the first merge there are no weights", async () => {
  const swarm = await MergeSwarm.make();
  assert.deepEqual(await swarm.merging.weights(0), []);
});

test("after a merge there is one partition of each chunk, which make up the mean", async () => {
  const swarm = await merging(THREE);
  for (const hotkey of THREE) await swarm.merge(hotkey);
  const chunks = (await swarm.merging.weights(0)).map(({ chunk_number }) => chunk_number);
  assert.deepEqual(chunks, [0, 1, 2]);
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, MEAN));
});

test("of a pair of which one forges a chunk, the other is believed", async () => {
  const swarm = await merging(THREE);
  await forge(swarm, "a", 99);
  await swarm.merge("b");
  await swarm.merge("c");
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, MEAN));
});

test("who forges a chunk is named, once for each, and nobody else is", async () => {
  const swarm = await merging(THREE);
  await swarm.merge("b");
  await swarm.merge("c");
  await forge(swarm, "a", 99);
  const events = await swarm.events("refused");
  assert.lengthOf(events, 2);
  assert.isTrue(events.every((event) => event.includes('"hotkey":"a"')));
});

test("of a pair that forges in different ways neither is believed", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", 98);
  await forge(swarm, "b", 99);
  // Of 1 and 2 with the same weight.
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0xc0, 0x3f]));
  assert.lengthOf(await swarm.events("refused"), 2);
});

test("of a pair of which one merges to NaN, the other is believed and the one is named", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", NaN);
  await swarm.merge("b");
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0xc0, 0x3f]));
  const events = await swarm.events("refused");
  assert.isNotEmpty(events);
  assert.isTrue(events.every((event) => event.includes('"hotkey":"a"')));
});

for (const value of [NaN, Infinity]) {
  test(`an upload of ${value} has no part in a chunk that is merged anew`, async () => {
    const swarm = await MergeSwarm.uploading([["a", "b", "c"], ["body"], ["tail"]]);
    await swarm.upload("a", value);
    await swarm.upload("b", 1);
    await swarm.upload("c", 2);
    // Each pair disagrees, so that no merged chunk is taken as it is.
    for (const [at, hotkey] of ["a", "b", "c"].entries()) await forge(swarm, hotkey, 90 + at);
    assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0xc0, 0x3f]), "of b and c alone");
  });
}

test("chunks that one of a pair alone has merged are looked at, and not believed if forged", async () => {
  const swarm = await merging(["a", "b", "c", "d"]);
  await forge(swarm, "a", 99);
  await swarm.merge("b");
  await endMerge(swarm);
  // Of 1 to 4 with the same weight. The first half is what a had to merge.
  const expected = allOf(swarm, [0x20, 0x40]);
  const half = Math.floor(expected.length / 2);
  assert.deepEqual((await weightsOf(swarm)).slice(0, half), expected.slice(0, half));
  const events = await swarm.events("refused");
  assert.lengthOf(events, 3, "all that a has merged");
  assert.isTrue(events.every((event) => event.includes('"hotkey":"a"')));
});

test("nobody is named for chunks that one of a pair alone has merged as it should be", async () => {
  const swarm = await merging(["a", "b", "c", "d"]);
  for (const hotkey of ["a", "b"]) await swarm.merge(hotkey);
  await endMerge(swarm);
  assert.isEmpty(await swarm.events("refused"));
});

test("a pair that agrees on NaN is not believed, and both are named", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", NaN);
  await forge(swarm, "b", NaN);
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0xc0, 0x3f]));
  const events = (await swarm.events("refused")).join();
  assert.include(events, '"hotkey":"a"');
  assert.include(events, '"hotkey":"b"');
});

test("a chunk that nobody has merged is not taken from an upload of NaN", async () => {
  const swarm = await MergeSwarm.make([["a", "b", "c", "d"], ["body"], ["tail"]]);
  await swarm.train();
  await swarm.train({ backwards: 9, hotkeys: ["d"] });
  await swarm.merging.tick();
  for (const [at, hotkey] of ["a", "b", "c"].entries()) await swarm.upload(hotkey, at + 1);
  await swarm.upload("d", NaN);
  for (const hotkey of ["a", "b"]) await swarm.merge(hotkey);
  await endMerge(swarm);
  const partitions = await swarm.merging.weights(0);
  assert.equal(partitions[5].miner_hotkey, "a");
  assert.deepEqual((await weightsOf(swarm)).slice(-2), [0x80, 0x3f], "1, as a has it");
});

test("a mean that overflows is no mean: the chunk stays as whoever did the most has it", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", 98);
  const partitions = await swarm.partitions("b");
  const { objects } = swarm.context.store;
  for (const [key, bytes] of objects) {
    // The largest bfloat16: two of them, each with its weight, add up to infinity in f32.
    if (/^(weights|optimizer_state)\/[ab]\/.*\/file-/.test(key)) {
      objects.set(key, new Uint8Array(bytes.length).fill(0x7f));
    }
  }
  await swarm.merging.takePartitions("b", partitions);
  assert.equal(await swarm.phase(), "is_training");
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0x7f, 0x7f]));
  assert.deepEqual(await swarm.events("refused"), [], "nobody could have known better");
});

test("a chunk that vanishes from the store is that of the other of its pair", async () => {
  const swarm = await merging(["a", "b"]);
  const partitions = await swarm.partitions("a");
  await swarm.merging.takePartitions("a", partitions);
  swarm.context.store.objects.delete(partitions[0].weight_path ?? "");
  await swarm.merge("b");
  assert.equal(await swarm.phase(), "is_training");
  assert.deepEqual(await weightsOf(swarm), allOf(swarm, [0xc0, 0x3f]));
});

test("a disagreement over uploads that have vanished does not hold the merge up", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", 99);
  const partitions = await swarm.partitions("b");
  for (const key of swarm.context.store.objects.keys()) {
    if (key.startsWith("metadata/weights")) swarm.context.store.objects.set(key, new Uint8Array(1));
  }
  await swarm.merging.takePartitions("b", partitions);
  assert.equal(await swarm.phase(), "is_training");
});

test("while the store is out of order nobody is blamed, and the merge waits", async () => {
  const swarm = await merging(["a", "b"]);
  await forge(swarm, "a", 99);
  await swarm.merge("b").catch(() => {});
  const other = await merging(["a", "b"]);
  await forge(other, "a", 99);
  const partitions = await other.partitions("b");
  const { store } = other.context;
  const read = store.read.bind(store);
  store.read = () => Promise.reject(new Error("out of order"));
  await other.merging.takePartitions("b", partitions).catch(() => {});
  assert.equal(await other.phase(), "miners_merging_partitions");
  assert.deepEqual(await other.events("refused"), []);
  store.read = read;
  await other.merging.tick();
  assert.equal(await other.phase(), "is_training");
});

test("a chunk that nobody has merged is that of whoever did the most", async () => {
  const swarm = await MergeSwarm.make([["a", "b", "c", "d"], ["body"], ["tail"]]);
  await swarm.train();
  await swarm.train({ backwards: 9, hotkeys: ["d"] });
  await swarm.merging.tick();
  for (const [at, hotkey] of ["a", "b", "c", "d"].entries()) await swarm.upload(hotkey, at + 1);
  for (const hotkey of ["a", "b"]) await swarm.merge(hotkey);
  await endMerge(swarm);
  const partitions = await swarm.merging.weights(0);
  assert.deepEqual(partitions.map(({ chunk_number }) => chunk_number), [0, 1, 2, 3, 4, 5]);
  assert.equal(partitions[5].miner_hotkey, "d");
  assert.lengthOf(await weightsOf(swarm), allOf(swarm, MEAN).length);
  assert.deepEqual((await weightsOf(swarm)).slice(-2), [0x80, 0x40], "4, as d has it");
});

/** What is wrong with one of the partitions of miner `a`. */
const WRONG_PARTITIONS: Record<
  string,
  (partitions: Partition[], swarm: MergeSwarm) => Partition[]
> = {
  "one too few": (partitions) => partitions.slice(1),
  "none": () => [],
  "one of them twice": ([first]) => [first, first],
  "one of them twice, and all others": (partitions) => [...partitions, partitions[0]],
  "somebody else's chunk": ([first, second]) => [first, { ...second, chunk_number: 2 }],
  "a chunk that there is not": ([first, second]) => [first, { ...second, chunk_number: 3 }],
  "a chunk without a number": ([first, second]) => [{ ...first, chunk_number: null }, second],
  "all at once": ([first, second]) => [first, { ...second, chunk_number: "all" }],
  "those of another layer": (partitions) => partitions.map((p) => ({ ...p, layer: 1 })),
  "those of another miner": (partitions) => partitions.map((p) => ({ ...p, miner_hotkey: "b" })),
  "an index out of bounds": ([first, second]) => [
    first,
    { ...second, weight_data: place(second, { chunk_end_idx: 1_000_000_000 }) },
  ],
  "elements missing between two chunks": ([first, second]) => [
    { ...first, weight_data: place(first, { chunk_start_idx: 1 }) },
    second,
  ],
  "no place": ([first, second]) => [first, { ...second, optimizer_state_data: null }],
  "another dtype": ([first, second]) => [
    first,
    { ...second, weight_data: place(second, { chunk_dtype: "float32" }) },
  ],
  "no file": ([first, second]) => [{ ...first, optimizer_state_path: null }, second],
  "somebody else's file": ([first, second]) => [
    { ...first, weight_path: first.weight_path?.replace("/a/", "/b/") ?? null },
    second,
  ],
  "a file of another size": (partitions, { context: { store } }) => {
    const key = partitions[0].weight_path ?? "";
    store.objects.set(key, store.objects.get(key)?.slice(2) ?? new Uint8Array());
    return partitions;
  },
};

function place({ weight_data }: Partition, changes: Partial<ChunkData>): ChunkData {
  if (!weight_data) throw new Error("a merged chunk has its place");
  return { ...weight_data, ...changes };
}

for (const [what, spoil] of Object.entries(WRONG_PARTITIONS)) {
  test(`merged partitions are refused with ${what}`, async () => {
    const swarm = await merging(THREE);
    const partitions = spoil(await swarm.partitions("a"), swarm);
    const { status, message } = await refusal(swarm.merging.takePartitions("a", partitions));
    assert.equal(status, 422);
    assert.isAbove(message.length, 10);
  });
}

test("partitions of who has not uploaded are refused", async () => {
  const swarm = await merging(["a"]);
  await swarm.join("late", 0);
  const { status, message } = await refusal(swarm.merging.takePartitions("late", []));
  assert.deepEqual([status, message], [422, "No chunk fell to you"]);
});

test("partitions are refused in any other phase", async () => {
  const swarm = await MergeSwarm.uploading();
  const { status, message } = await refusal(swarm.merging.takePartitions("head", []));
  assert.deepEqual([status, message], [409, "weights_uploading"]);
});

test("objects of a merge stay until the merge after the next, and go then", async () => {
  const swarm = await MergeSwarm.make();
  const { objects } = swarm.context.store;
  const kept: number[] = [];
  let first: string[] = [];
  for (let merge = 0; merge < 4; merge++) {
    await swarm.train();
    await swarm.merging.tick();
    for (const hotkey of ["head", "body", "tail"]) await swarm.mergeAll([hotkey]);
    if (merge === 0) first = [...objects.keys()];
    kept.push(first.filter((key) => objects.has(key)).length);
  }
  assert.deepEqual(kept, [first.length, first.length, 0, 0]);
});

test("the store does not grow from merge to merge", async () => {
  const swarm = await MergeSwarm.make();
  const sizes: number[] = [];
  for (let merge = 0; merge < 5; merge++) {
    await swarm.train();
    await swarm.merging.tick();
    for (const hotkey of ["head", "body", "tail"]) await swarm.mergeAll([hotkey]);
    sizes.push(swarm.context.store.objects.size);
  }
  assert.deepEqual(sizes.slice(2), [sizes[1], sizes[1], sizes[1]]);
});
