/**
 * A validator's stages on a real device, against miners in plain loops.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Trainer } from "../../core/iota/miner/trainer.ts";
import type { PrecisionName } from "../../core/model/parameters.ts";
import { GpuTrainers } from "../../core/node/gpu_trainers.ts";
import { MemoryHost } from "../harness/memory_host.ts";
import { BODY, HEAD, newTrainer, TAIL, TestSwarm } from "../iota/gradient_validator/test_swarm.ts";
import { shared } from "../model/shared.ts";

/** Runs a body with trainers on the shared device. */
async function withTrainers(
  precision: PrecisionName,
  body: (trainers: GpuTrainers, host: MemoryHost) => Promise<void>,
): Promise<void> {
  const host = new MemoryHost(shared);
  const { training } = new TestSwarm();
  const trainers = new GpuTrainers({
    ...{ training, precision, seed: 5, slots: 4, backend: "wgpu", log: host.log },
    ...{ clock: host.clock, webgpu: () => host.webgpu() },
  });
  try {
    await body(trainers, host);
  } finally {
    trainers.close();
  }
}

for (const precision of ["f32", "bf16"] as const) {
  for (const [name, layer] of [["head", HEAD], ["body", BODY], ["tail", TAIL]] as const) {
    test(`a ${name} in ${precision} finds an honest miner's round right`, async () => {
      await withTrainers(precision, async (trainers) => {
        const swarm = new TestSwarm({
          trainerFor: async (layer) => {
            const trainer: Trainer = await trainers.trainerFor(layer);
            const weights = await newTrainer(layer).exportWeights("float32");
            await trainer.importWeights(weights, "float32");
            return trainer;
          },
        });
        await swarm.round(layer);
        await swarm.step();
        await swarm.validator.upload(await swarm.upload(layer));
        const found = swarm.events.flatMap((event) =>
          event.kind === "validation" ? [[event.event, event.reason]] : []
        );
        const forward = layer === TAIL ? "no-validation-possible" : "passed";
        assert.deepEqual(found, [
          ["activation", forward],
          ["activation", "passed"],
          ["activation", forward],
          ["activation", "passed"],
          ["optimizer", "passed"],
          ["weights", "passed"],
        ]);
      });
    });
  }
}

test("a layer begins with the weights of its seed, each time anew", async () => {
  await withTrainers("f32", async (trainers, host) => {
    const weightsOf = async (layer: number): Promise<Uint8Array> =>
      await (await trainers.trainerFor(layer)).exportWeights("float32");
    const first = await weightsOf(BODY);
    const tail = await weightsOf(TAIL);
    assert.deepEqual(await weightsOf(BODY), first);
    assert.notEqual(tail.length, first.length);
    assert.equal(host.opened, 1);
  });
});

test("a device that was lost is opened again for the next miner", async () => {
  await withTrainers("f32", async (trainers, host) => {
    await trainers.trainerFor(BODY);
    await shared.loseStandIns("unplugged");
    const trainer = await trainers.trainerFor(BODY);
    assert.isAbove((await trainer.exportWeights("float32")).length, 0);
    assert.equal(host.opened, 2);
  });
});
