/**
 * A miner's stages on a real device: what is told of them, and of their loss.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { PUBLISHED_SWARM } from "../../core/iota/orchestrator/settings.ts";
import { countParameters } from "../../core/model/presets.ts";
import { GpuStages } from "../../core/node/gpu_stages.ts";
import type { StageFacts } from "../../core/node/trainers.ts";
import { MemoryHost } from "../harness/memory_host.ts";
import { shared } from "../model/shared.ts";
import { tinyModel } from "../model/tiny_model.ts";

/** What a test plays with. */
interface Setup {
  readonly stages: GpuStages;
  readonly host: MemoryHost;
  readonly told: StageFacts[];
  readonly losses: string[];
}

async function withStages(body: (setup: Setup) => Promise<void>): Promise<void> {
  const host = new MemoryHost(shared);
  const [told, losses]: [StageFacts[], string[]] = [[], []];
  const stages = new GpuStages({
    training: { ...PUBLISHED_SWARM, model: tinyModel(), batch: 2, seq: 8 },
    ...{ precision: "f32", seed: 5, slots: 2, backend: "wgpu", log: host.log },
    ...{ clock: host.clock, webgpu: () => host.webgpu() },
    onStage: (facts) => void told.push(facts),
    onLost: (reason) => void losses.push(reason),
  });
  try {
    await body({ stages, host, told, losses });
  } finally {
    stages.close();
  }
}

test("each stage is told with its layer's parameters and the device", async () => {
  await withStages(async ({ stages, told }) => {
    for (const layer of [0, 1, 2]) await stages.trainerFor(layer);
    assert.deepEqual(told.map(({ layer }) => layer), [0, 1, 2]);
    const parameters = told.reduce((sum, facts) => sum + facts.parameters, 0);
    assert.equal(parameters, countParameters(tinyModel()));
    assert.equal(told[0].backend, "test");
    assert.isAbove(told[0].memoryBytes, 4 * told[0].parameters);
  });
});

test("a lost device is told once, however many stages it had, and the next is a new one", async () => {
  await withStages(async ({ stages, host, losses }) => {
    await stages.trainerFor(0);
    await stages.trainerFor(1);
    await shared.loseStandIns("unplugged");
    const trainer = await stages.trainerFor(1);
    assert.deepEqual(losses, ["unplugged"]);
    assert.equal(host.opened, 2);
    assert.isAbove((await trainer.exportWeights("float32")).length, 0);
  });
});

test("closing is no loss", async () => {
  await withStages(async ({ stages, losses }) => {
    await stages.trainerFor(0);
    stages.close();
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(losses, []);
  });
});
