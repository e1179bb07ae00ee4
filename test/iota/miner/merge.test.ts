/**
 * A miner in the merge of its layer.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import {
  type Partition,
  type SubmittedWeights,
  WeightsUploaded,
} from "../../../core/iota/api/schemas.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { encodeElements } from "../../../core/iota/merging/elements.ts";
import { vectorMetadata, writeVectorMetadata } from "../../../core/iota/merging/vector_metadata.ts";
import { FakeSwarm, HOTKEY, urlOf } from "./fake_swarm.ts";
import { WEIGHTS } from "./fake_trainer.ts";

const OTHER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/** What our miner has uploaded, as others are told of it. */
function ours(swarm: FakeSwarm): SubmittedWeights {
  const [call] = swarm.of("weightsUploaded").slice(-1);
  const asked = v.parse(WeightsUploaded, call.query);
  return {
    weights_path: urlOf(asked.weights_path),
    weight_metadata_path: urlOf(asked.metadata_path),
    optimizer_state_path: urlOf(asked.optimizer_state_path),
    optimizer_state_metadata_path: urlOf(asked.optimizer_state_metadata_path),
    ...{ hotkey: HOTKEY, weighting_factor: 1 },
  };
}

/** Another miner's upload, all of one value. */
function another(swarm: FakeSwarm, value: number): SubmittedWeights {
  const put = (kind: string, count: number): readonly [string, string] => {
    const layout = { numElements: count, numSections: 1, dtype: "bfloat16" } as const;
    const bytes = encodeElements(new Float32Array(count).fill(value), "bfloat16");
    const metadata = writeVectorMetadata(vectorMetadata(layout));
    return [
      swarm.putBytes(`${kind}/other/1/0/x.pt`, bytes),
      swarm.putBytes(`${kind}/other/1/0/x.json`, metadata),
    ];
  };
  const [weights_path, weight_metadata_path] = put("weights", WEIGHTS);
  const [optimizer_state_path, optimizer_state_metadata_path] = put("state", 2 * WEIGHTS);
  return {
    ...{ weights_path, weight_metadata_path, optimizer_state_path, optimizer_state_metadata_path },
    ...{ hotkey: OTHER, weighting_factor: 1 },
  };
}

/** Offers what our miner has merged as the outcome, as the orchestrator does. */
function publish(swarm: FakeSwarm, epoch: number): Partition[] {
  const [call] = swarm.of("partitionsUploaded").slice(-1);
  const published = v.parse(ROUTES.partitionsUploaded.body, call.body).map((partition) => {
    const move = (key: string | null, kind: string): string => {
      const bytes = swarm.objects.get(key ?? "");
      if (bytes === undefined) throw new Error(`${key} was not uploaded`);
      return swarm.putBytes(`${kind}/merged/1/${epoch}/0.pt`, bytes);
    };
    return {
      ...partition,
      weight_path: move(partition.weight_path, "weights"),
      optimizer_state_path: move(partition.optimizer_state_path, "optimizer_state"),
    };
  });
  swarm.weights = published;
  return published;
}

/** Gives the miner one backward, and the time for it. */
async function trainOne(swarm: FakeSwarm, uid: string): Promise<void> {
  swarm.offerForward(uid);
  swarm.offerBackward(uid);
  await swarm.time.pass(3_000);
}

async function upload(swarm: FakeSwarm): Promise<void> {
  swarm.phase = "weights_uploading";
  await swarm.time.pass(15_000);
}

async function merge(swarm: FakeSwarm): Promise<void> {
  swarm.phase = "miners_merging_partitions";
  await swarm.time.pass(15_000);
}

async function trainAgain(swarm: FakeSwarm): Promise<void> {
  swarm.phase = "is_training";
  await swarm.time.pass(15_000);
}

/** A whole merge with nobody else, after one backward. */
async function mergeAlone(swarm: FakeSwarm): Promise<void> {
  await trainOne(swarm, "one");
  await upload(swarm);
  swarm.chunks = [[ours(swarm)], [0]];
  await merge(swarm);
  publish(swarm, 1);
  await trainAgain(swarm);
}

function epochs(swarm: FakeSwarm): number[] {
  return swarm.events.flatMap((event) => event.kind === "weights loaded" ? [event.epoch] : []);
}

test("a merge of two miners gives the mean of their weights, which the miner takes over", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => {
    await trainOne(swarm, "one");
    await upload(swarm);
    swarm.chunks = [[ours(swarm), another(swarm, 4)], [0]];
    await merge(swarm);
    const [{ weight_data }] = publish(swarm, 1);
    assert.equal(weight_data?.chunk_length, WEIGHTS);
    await trainAgain(swarm);
    assert.isEmpty(swarm.logged("warn"));
    // The miner's own step moved its ones by the learning rate of a half.
    assert.deepEqual([...swarm.trainer.weights], Array(WEIGHTS).fill(2.75));
  });
  assert.deepEqual(epochs(swarm), [2]);
});

test("the phases of a merge are told once each", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(() => mergeAlone(swarm));
  const phases = swarm.events.flatMap((event) => event.kind === "phase" ? [event.phase] : []);
  assert.deepEqual(phases, ["train", "sync", "train"]);
});

test("a miner alone merges what it has uploaded without asking for it again", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => {
    await trainOne(swarm, "one");
    await upload(swarm);
    swarm.chunks = [[ours(swarm)], [0]];
    const before = swarm.transfers.length;
    await merge(swarm);
    publish(swarm, 1);
    const after = swarm.transfers.slice(before);
    assert.isEmpty(after.filter((transfer) => transfer.startsWith("GET weights/")));
    await trainAgain(swarm);
    assert.deepEqual([...swarm.trainer.weights], Array(WEIGHTS).fill(1.5));
  });
});

test("a merge that came to nothing leaves the weights and the epoch of the one before", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => {
    await mergeAlone(swarm);
    await trainOne(swarm, "two");
    await upload(swarm);
    await trainAgain(swarm);
    assert.deepEqual([...swarm.trainer.weights], Array(WEIGHTS).fill(1.5));
  });
  assert.deepEqual(epochs(swarm), [2, 2]);
});

test("who uploads too late says so in one line, and trains on with the merged weights", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.weightsUploaded = () => ({ message: "", success: "too late" });
  await swarm.mine(async () => {
    await trainOne(swarm, "one");
    await upload(swarm);
    await merge(swarm);
    await trainAgain(swarm);
    await trainOne(swarm, "two");
  });
  const lines = swarm.lines.filter((line) => line.includes("too late"));
  assert.deepEqual(lines, ["info: this merge goes without our weights: too late"]);
  assert.include(swarm.trainer.calls, "backward two");
});

test("a miner without a backward uploads nothing, and does not merge", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => {
    await upload(swarm);
    await merge(swarm);
    await trainAgain(swarm);
  });
  assert.notInclude(swarm.asked, "weightsUploaded");
  assert.notInclude(swarm.asked, "chunksForMiner");
});

test("each round's weights are uploaded, not those of the round before again", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => {
    for (const uid of ["one", "two"]) {
      await trainOne(swarm, uid);
      await upload(swarm);
      swarm.chunks = [[ours(swarm)], [0]];
      await merge(swarm);
      publish(swarm, swarm.of("weightsUploaded").length);
      await trainAgain(swarm);
    }
  });
  const uploaded = swarm.of("weightsUploaded").map(({ query }) => query.weights_path);
  assert.lengthOf(new Set(uploaded), 2);
  assert.deepEqual(epochs(swarm), [2, 3]);
});

test("a merge that the orchestrator refuses leaves a line, and the miner trains on", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.chunksForMiner = () => {
    throw new Refusal(400, "no chunks of yours");
  };
  await swarm.mine(async () => {
    await trainOne(swarm, "one");
    await upload(swarm);
    await merge(swarm);
    await trainAgain(swarm);
    await trainOne(swarm, "two");
  });
  assert.lengthOf(swarm.logged("warn").filter((line) => /took no full part/.test(line)), 1);
  assert.include(swarm.trainer.calls, "backward two");
});
