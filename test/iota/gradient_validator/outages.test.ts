/**
 * A store that is not there is nobody's fault, and is asked again.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { bfloat16Tensor, tensorToFloat32 } from "../../../core/formats/dtype.ts";
import type { TrainingSettings } from "../../../core/iota/orchestrator/settings.ts";
import { asBf16, BODY, HEAD, newTrainer, TAIL, TestSwarm } from "./test_swarm.ts";
import { OUTAGES } from "./test_store.ts";

const UNJUDGED = { is_valid: true, score: 0, reason: "no-validation-possible" };
const KINDS = Object.keys(OUTAGES) as (keyof typeof OUTAGES)[];

/** A swarm whose body has done its round and its step. */
async function stepped(): Promise<TestSwarm> {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  return swarm;
}

for (const outage of KINDS) {
  test(`an upload in a store that ${outage} costs its miner nothing, and is judged later`, async () => {
    const swarm = await stepped();
    const upload = await swarm.upload(BODY);
    swarm.store.outage = outage;
    swarm.down.add("store");
    assert.deepEqual(await swarm.validator.upload(upload), UNJUDGED);
    assert.equal(swarm.validator.status.score, 0);
    swarm.down.delete("store");
    assert.equal((await swarm.validator.upload(upload)).reason, "passed");
    assert.equal(swarm.validator.status.score, 1);
    assert.lengthOf(swarm.asked.filter((name) => name === "learningRate"), 1, "one step for both");
  });
}

for (const file of ["weightsUrl", "metadataUrl", "optimizerStateUrl"] as const) {
  test(`one file that cannot be had, the ${file}, costs nothing either`, async () => {
    const swarm = await stepped();
    const upload = await swarm.upload(BODY);
    swarm.down.add(upload[file]);
    assert.deepEqual(await swarm.validator.upload(upload), UNJUDGED);
    swarm.down.clear();
    assert.equal((await swarm.validator.upload(upload)).reason, "passed");
  });
}

test("a bad upload does not get better by an outage", async () => {
  const swarm = await stepped();
  const upload = await swarm.upload(BODY, { weights: (bytes) => bytes.fill(0) });
  swarm.down.add("store");
  await swarm.validator.upload(upload);
  swarm.down.delete("store");
  await swarm.validator.upload(upload);
  assert.equal(swarm.validator.status.score, -3);
  swarm.down.add("store");
  assert.isFalse((await swarm.validator.upload(upload)).is_valid, "what was judged is kept");
});

test("no learning rate, no verdict; with one there is, after one step", async () => {
  const swarm = await stepped();
  const upload = await swarm.upload(BODY);
  swarm.down.add("learningRate");
  assert.deepEqual(await swarm.validator.upload(upload), UNJUDGED);
  swarm.down.delete("learningRate");
  assert.equal((await swarm.validator.upload(upload)).reason, "passed");
});

for (const [name, layer] of [["head", HEAD], ["body", BODY], ["tail", TAIL]] as const) {
  for (const direction of ["forward", "backward"] as const) {
    test(`a ${direction} of a ${name} that could not be looked at is asked anew`, async () => {
      const swarm = new TestSwarm();
      await swarm.track(layer);
      await swarm.run("a");
      if (direction === "backward") await swarm.validator.pass("a", "forward");
      swarm.down.add("store");
      assert.isFalse((await swarm.validator.pass("a", direction)).is_valid);
      swarm.down.delete("store");
      const { is_valid, reason } = await swarm.validator.pass("a", direction);
      const isJudged = direction === "backward" || layer !== TAIL;
      assert.deepEqual([is_valid, reason], [true, isJudged ? "passed" : "no-validation-possible"]);
      assert.equal(swarm.validator.status.score, 0);
    });
  }
}

test("a result that could not be had is compared later, with what was mirrored once", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  for (const uid of ["a", "b"]) {
    await swarm.run(uid);
    for (const [direction, target] of [["forward", TAIL], ["backward", HEAD]] as const) {
      const result = swarm.paths.get(`${direction} ${uid} ${target}`) ?? "";
      swarm.down.add(result);
      assert.isFalse((await swarm.validator.pass(uid, direction)).is_valid);
      swarm.down.delete(result);
      assert.equal((await swarm.validator.pass(uid, direction)).reason, "passed");
    }
  }
  await swarm.step();
  assert.equal((await swarm.validator.upload(await swarm.upload(BODY))).reason, "passed");
});

test("a result that was wrong is wrong after an outage too", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a", (result, name) => {
    const turned = bfloat16Tensor(result.shape, tensorToFloat32(result).map((value) => -value));
    return name.layer === BODY ? turned : asBf16(result, name);
  });
  const result = swarm.paths.get(`forward a ${TAIL}`) ?? "";
  swarm.down.add(result);
  await swarm.validator.pass("a", "forward");
  swarm.down.delete(result);
  assert.isFalse((await swarm.validator.pass("a", "forward")).is_valid);
});

test("of many results that could not be had the oldest are given up, and cost nothing", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  const uids = Array.from({ length: 17 }, (_, index) => `${index}`);
  for (const uid of uids) {
    await swarm.run(uid);
    swarm.down.add(swarm.paths.get(`forward ${uid} ${TAIL}`) ?? "");
    await swarm.validator.pass(uid, "forward");
    await swarm.validator.pass(uid, "backward");
  }
  swarm.down.clear();
  const reasons = [];
  for (const uid of uids) reasons.push((await swarm.validator.pass(uid, "forward")).reason);
  assert.deepEqual(reasons, ["no-validation-possible", ...uids.slice(1).map(() => "passed")]);
  await swarm.step();
  assert.equal((await swarm.validator.upload(await swarm.upload(BODY))).reason, "passed");
});

test("a pass that was made good does not keep the weights from being judged", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  swarm.down.add("store");
  await swarm.validator.pass("a", "forward");
  await swarm.validator.pass("a", "backward");
  swarm.down.delete("store");
  await swarm.validator.pass("a", "forward");
  assert.equal((await swarm.validator.pass("a", "backward")).reason, "passed");
  await swarm.run("b");
  await swarm.validator.pass("b", "forward");
  await swarm.validator.pass("b", "backward");
  await swarm.step();
  assert.equal((await swarm.validator.upload(await swarm.upload(BODY))).reason, "passed");
});

/** A batch that was missed is made good after another one. @returns what becomes of the upload */
async function madeGoodLate(
  training: Partial<TrainingSettings>,
  between: (swarm: TestSwarm) => Promise<void>,
): Promise<string> {
  const swarm = new TestSwarm({ training });
  await swarm.track(BODY);
  const pass = async (uid: string): Promise<void> => {
    await swarm.validator.pass(uid, "forward");
    await swarm.validator.pass(uid, "backward");
  };
  for (const uid of ["a", "b", "c"]) await swarm.run(uid);
  swarm.down.add("store");
  await pass("a");
  swarm.down.delete("store");
  await pass("b");
  await pass("c");
  await between(swarm);
  await pass("a");
  await swarm.step();
  return (await swarm.validator.upload(await swarm.upload(BODY))).reason;
}

const atOnce = (): Promise<void> => Promise.resolve();

test("a pass may be made good after others of the same step", async () => {
  assert.equal(await madeGoodLate({}, atOnce), "passed");
});

test("a pass made good after others, where the miner steps in between, is none", async () => {
  const training = { localOptimizerSteps: 1, globalOptimizerSteps: 2 };
  assert.equal(await madeGoodLate(training, atOnce), "no-validation-possible");
});

test("a miner is not judged for a pass that nobody made good", async () => {
  const swarm = await stepped();
  await swarm.run("c");
  swarm.down.add("store");
  await swarm.validator.pass("c", "forward");
  swarm.down.delete("store");
  assert.deepEqual(await swarm.validator.upload(await swarm.upload(BODY)), UNJUDGED);
});

test("a mirror whose own step failed judges nobody, however often it is asked", async () => {
  const swarm = new TestSwarm({
    trainerFor: (layer) => {
      const trainer = newTrainer(layer);
      trainer.step = () => Promise.resolve({ step: 0, applied: false, norm: NaN });
      return Promise.resolve(trainer);
    },
  });
  await swarm.round(BODY);
  await swarm.step();
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await swarm.validator.upload(await swarm.upload(BODY)), UNJUDGED);
  }
  assert.equal(swarm.validator.status.score, 0);
});

test("a step that broke off is not taken again, and the mirror judges nobody", async () => {
  const swarm = new TestSwarm({
    trainerFor: (layer) => {
      const trainer = newTrainer(layer);
      const step = trainer.step.bind(trainer);
      trainer.step = async (rate) => {
        trainer.step = step;
        await step(rate);
        throw new WeftError("the device is lost");
      };
      return Promise.resolve(trainer);
    },
  });
  await swarm.round(BODY);
  await swarm.step();
  const upload = await swarm.upload(BODY);
  for (let i = 0; i < 2; i++) assert.deepEqual(await swarm.validator.upload(upload), UNJUDGED);
});
