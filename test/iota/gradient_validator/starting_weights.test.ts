/**
 * A validator begins a round with what its miner began with.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { ChunkData, Partition } from "../../../core/iota/api/schemas.ts";
import { BODY, TestSwarm } from "./test_swarm.ts";

/** A swarm whose layers have trained and merged. */
async function mergedSwarm(): Promise<TestSwarm> {
  const swarm = new TestSwarm();
  await swarm.run("x");
  await swarm.step();
  swarm.layerWeights = [await swarm.merged(BODY)];
  return swarm;
}

async function failure(swarm: TestSwarm): Promise<unknown> {
  return await swarm.track(BODY).then(() => undefined, (error: unknown) => error);
}

test("before the first merge the stage keeps its fresh weights", async () => {
  for (const none of [null, []]) {
    const swarm = new TestSwarm();
    swarm.layerWeights = none;
    await swarm.track(BODY);
    const [trainer] = swarm.trainers;
    assert.deepEqual(trainer.params, swarm.miners[BODY].params);
  }
});

test("after a merge it has the merged weights and moments", async () => {
  const swarm = await mergedSwarm();
  await swarm.track(BODY);
  const [trainer] = swarm.trainers;
  const miner = swarm.miners[BODY];
  assert.deepEqual(await trainer.exportWeights("bfloat16"), await miner.exportWeights("bfloat16"));
  assert.deepEqual(
    await trainer.exportOptimizerState("bfloat16"),
    await miner.exportOptimizerState("bfloat16"),
  );
});

test("chunks that lie within larger files are read by their bytes", async () => {
  const swarm = new TestSwarm();
  await swarm.run("x");
  await swarm.step();
  swarm.layerWeights = await swarm.mergedInChunks(BODY, 3);
  await swarm.track(BODY);
  const miner = swarm.miners[BODY];
  assert.deepEqual(
    await swarm.trainers[0].exportWeights("bfloat16"),
    await miner.exportWeights("bfloat16"),
  );
});

test("what a merge has left out stays as it was", async () => {
  const swarm = await mergedSwarm();
  const fresh = await new TestSwarm().miners[BODY].exportWeights("bfloat16");
  swarm.layerWeights = (await swarm.mergedInChunks(BODY, 2)).slice(0, 1);
  const end = swarm.layerWeights[0].weight_data?.chunk_end_idx ?? 0;
  await swarm.track(BODY);
  const loaded = await swarm.trainers[0].exportWeights("bfloat16");
  assert.deepEqual(loaded.subarray(2 * end), fresh.subarray(2 * end));
  assert.notDeepEqual(loaded.subarray(0, 2 * end), fresh.subarray(0, 2 * end));
});

const BROKEN: readonly [string, (partition: Partition) => Partition][] = [
  ["without a path", (partition) => ({ ...partition, weight_path: null })],
  ["without a place", (partition) => ({ ...partition, optimizer_state_data: null })],
  ["of another dtype", (partition) => withData(partition, { chunk_dtype: "float16" })],
  ["beyond the layer", (partition) => withData(partition, { chunk_end_idx: 1_000_000 })],
  ["that ends before it begins", (partition) => withData(partition, { chunk_start_idx: 999 })],
  ["whose bytes are others", (partition) => withData(partition, { chunk_end_byte: 8 })],
];

function withData(partition: Partition, changes: Partial<ChunkData>): Partition {
  const { weight_data } = partition;
  return { ...partition, weight_data: weight_data && { ...weight_data, ...changes } };
}

for (const [what, broken] of BROKEN) {
  test(`a chunk ${what} is left out, as its miners leave it out`, async () => {
    const swarm = await mergedSwarm();
    const [first, second] = await swarm.mergedInChunks(BODY, 2);
    swarm.layerWeights = [broken(first), second];
    await swarm.track(BODY);
    assert.include(swarm.messages.at(-1), "chunk 0 of layer 1 is left out");
    const end = 2 * (first.weight_data?.chunk_end_idx ?? 0);
    const loaded = await swarm.trainers[0].exportWeights("bfloat16");
    const fresh = await new TestSwarm().miners[BODY].exportWeights("bfloat16");
    const merged = await swarm.miners[BODY].exportWeights("bfloat16");
    assert.deepEqual(loaded.subarray(0, end), fresh.subarray(0, end));
    assert.deepEqual(loaded.subarray(end), merged.subarray(end));
  });
}

for (
  const [what, change] of [
    ["with a NaN", (bytes: Uint8Array) => bytes.fill(0xff, 0, 2)],
    ["that was cut short", (bytes: Uint8Array) => bytes.slice(2)],
  ] as const
) {
  test(`a file ${what} is left out with its chunk`, async () => {
    const swarm = await mergedSwarm();
    const { weight_path } = swarm.layerWeights?.[0] ?? {};
    const bytes = swarm.files.get(weight_path ?? "") ?? new Uint8Array();
    swarm.files.set(weight_path ?? "", new Uint8Array(change(bytes)));
    await swarm.track(BODY);
    const fresh = await new TestSwarm().miners[BODY].exportWeights("bfloat16");
    assert.deepEqual(await swarm.trainers[0].exportWeights("bfloat16"), fresh);
  });
}

test("a store that is down begins no tracking, and the next try does", async () => {
  const swarm = await mergedSwarm();
  swarm.down.add("store");
  assert.instanceOf(await failure(swarm), WeftError);
  swarm.down.delete("store");
  await swarm.track(BODY);
  assert.equal(swarm.validator.status.layer, BODY);
});

test("asked twice at once for the same miner, it begins once", async () => {
  const swarm = await mergedSwarm();
  await Promise.all([swarm.track(BODY), swarm.track(BODY)]);
  assert.lengthOf(swarm.trainers, 1);
});

test("asked again later for the same miner, it begins anew", async () => {
  const swarm = await mergedSwarm();
  await swarm.track(BODY);
  await swarm.track(BODY);
  assert.lengthOf(swarm.trainers, 2);
});
