import * as v from "valibot";
import { test } from "#test";
import { assert } from "chai";
import { WeightsUploaded } from "../../../core/iota/api/schemas.ts";
import { FakeSwarm, unreachable } from "./fake_swarm.ts";
import type { FakeTrainer } from "./fake_trainer.ts";

/** As StageTrainer does. */
function strict(trainer: FakeTrainer): void {
  const { forward } = trainer;
  trainer.forward = (uid, activation) => {
    if (trainer.inFlight.has(uid)) {
      return Promise.reject(new RangeError(`${uid} is in flight already`));
    }
    return forward.call(trainer, uid, activation);
  };
}

test("a forward whose report met an outage is handed out again and worked on", async () => {
  const swarm = new FakeSwarm();
  swarm.prepare = strict;
  swarm.offerForward("one");
  swarm.instead.updateStatus = unreachable;
  await swarm.mine(async () => {
    await swarm.time.pass(60_000);
    delete swarm.instead.updateStatus;
    swarm.offerForward("one");
    await swarm.time.pass(30_000);
    assert.deepEqual(swarm.statuses.at(-1)?.activation_uid, "one");
    assert.equal(swarm.trainer.inFlight.size, 1);
  });
});

test("with a full cache, one of it that is handed out again has room", async () => {
  const swarm = new FakeSwarm();
  swarm.prepare = strict;
  for (const uid of ["one", "two", "one"]) swarm.offerForward(uid);
  await swarm.mine(async () => {
    await swarm.time.pass(10_000);
    assert.deepEqual(swarm.statuses.map((s) => s.activation_uid), ["one", "two", "one"]);
    assert.equal(swarm.trainer.inFlight.size, 2);
  });
});

for (const sections of [1e12, 1e300]) {
  test(`${sections} sections do not end the miner`, async () => {
    const swarm = new FakeSwarm();
    swarm.offerForward("one");
    swarm.offerBackward("one");
    await swarm.mine(async () => {
      await swarm.time.pass(3_000);
      swarm.numSections = sections;
      swarm.phase = "weights_uploading";
      await swarm.time.pass(30_000);
      swarm.phase = "is_training";
      await swarm.time.pass(30_000);
    });
  });
}

test("a weight beyond all numbers does not end the miner", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.offerBackward("one");
  await swarm.mine(async () => {
    await swarm.time.pass(3_000);
    swarm.numSections = 1;
    swarm.instead.chunksForMiner = () => {
      const q = v.parse(WeightsUploaded, swarm.of("weightsUploaded")[0].query);
      return [[{
        weights_path: q.weights_path,
        weight_metadata_path: q.metadata_path,
        optimizer_state_path: q.optimizer_state_path,
        optimizer_state_metadata_path: q.optimizer_state_metadata_path,
        hotkey: "h",
        weighting_factor: 1e300,
      }], [0]];
    };
    swarm.phase = "weights_uploading";
    await swarm.time.pass(15_000);
    swarm.phase = "miners_merging_partitions";
    await swarm.time.pass(30_000);
    swarm.phase = "is_training";
    await swarm.time.pass(30_000);
  });
});
