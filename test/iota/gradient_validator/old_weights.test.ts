/**
 * Weights that were uploaded before, or that the round began with, once the miner has stepped.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { TrainingSettings } from "../../../core/iota/orchestrator/settings.ts";
import { BODY, HEAD, TAIL, TestSwarm } from "./test_swarm.ts";

const LAYERS = [["head", HEAD], ["body", BODY], ["tail", TAIL]] as const;

/** Batches that the validator mirrors. */
async function train(swarm: TestSwarm, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    await swarm.run(uid);
    await swarm.validator.pass(uid, "forward");
    await swarm.validator.pass(uid, "backward");
  }
}

/** What becomes of an upload. */
async function uploaded(
  swarm: TestSwarm,
  layer: number,
  weights?: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const changes = weights ? { weights: () => weights } : {};
  return (await swarm.validator.upload(await swarm.upload(layer, changes))).reason;
}

for (const [name, layer] of LAYERS) {
  test(`a ${name} that uploads the round's first weights after its step fails`, async () => {
    const swarm = new TestSwarm();
    const old = await swarm.miners[layer].exportWeights("bfloat16");
    await swarm.round(layer);
    await swarm.step();
    assert.equal(await uploaded(swarm, layer, old), "failed");
    assert.equal(swarm.validator.status.score, -3);
  });

  test(`a ${name} that uploads its last weights again after a further step fails`, async () => {
    const swarm = new TestSwarm();
    await swarm.round(layer);
    await swarm.step();
    assert.equal(await uploaded(swarm, layer), "passed");
    const old = await swarm.miners[layer].exportWeights("bfloat16");
    await train(swarm, ["c", "d"]);
    await swarm.step();
    assert.equal(await uploaded(swarm, layer, old), "failed");
    assert.equal(swarm.validator.status.score, -3);
  });

  test(`an honest ${name} passes after each of three steps`, async () => {
    const swarm = new TestSwarm();
    await swarm.track(layer);
    for (const uids of [["a", "b"], ["c", "d"], ["e"]]) {
      await train(swarm, uids);
      await swarm.step();
      assert.equal(await uploaded(swarm, layer), "passed");
    }
    assert.equal(swarm.validator.status.score, 1);
  });
}

test("weights of a later round that have not moved since its merge fail", async () => {
  const swarm = new TestSwarm();
  await swarm.run("x");
  await swarm.step();
  swarm.layerWeights = [await swarm.merged(BODY)];
  const merged = await swarm.miners[BODY].exportWeights("bfloat16");
  await swarm.round(BODY);
  await swarm.step();
  assert.equal(await uploaded(swarm, BODY, merged), "failed");
});

test("a miner that took no step since its last upload may upload the same weights again", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  for (let i = 0; i < 3; i++) assert.equal(await uploaded(swarm, BODY), "passed");
  assert.equal(swarm.validator.status.score, 1);
});

test("backwards that lead to no step yet move no weights", async () => {
  // The mirror steps where a forward finds its step due, not at the upload.
  const swarm = new TestSwarm({ training: { localOptimizerSteps: 2, globalOptimizerSteps: 3 } });
  await swarm.round(BODY, ["a", "b"]);
  await swarm.step();
  await train(swarm, ["c"]);
  assert.equal(await uploaded(swarm, BODY), "passed");
  assert.equal(await uploaded(swarm, BODY), "passed");
});

for (const rate of [0, 1e-9]) {
  // A billionth is far less than a place of a bfloat16, 2^-8 of a number at least.
  test(`where a rate of ${rate} moves our own weights by nothing, a miner's need not move`, async () => {
    const swarm = new TestSwarm({ learningRate: rate });
    const old = await swarm.miners[BODY].exportWeights("bfloat16");
    await swarm.round(BODY);
    await swarm.step();
    assert.equal(await uploaded(swarm, BODY, old), "passed");
  });
}

for (const factor of [0.1, 0.5, 2, 10]) {
  test(`an honest miner whose rate was ${factor} times ours passes`, async () => {
    // The schedule may give a validator the rate of the step before or after the miner's.
    const swarm = new TestSwarm();
    await swarm.round(BODY);
    await swarm.step(factor);
    assert.equal(await uploaded(swarm, BODY), "passed");
  });
}

test("an honest miner that steps in bfloat16 three times a round passes", async () => {
  const training: Partial<TrainingSettings> = { localOptimizerSteps: 1, globalOptimizerSteps: 3 };
  const swarm = new TestSwarm({ training });
  await swarm.track(BODY);
  const miner = swarm.miners[BODY];
  for (const uid of ["a", "b", "c"]) {
    await train(swarm, [uid]);
    await swarm.step();
    await miner.importWeights(await miner.exportWeights("bfloat16"), "bfloat16");
  }
  assert.equal(await uploaded(swarm, BODY), "passed");
});
