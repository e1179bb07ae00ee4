/**
 * What a miner of a swarm elsewhere trains: from flags, the orchestrator, or as published.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import { PUBLISHED_SWARM } from "../../../core/iota/orchestrator/settings.ts";
import { countParameters, findPreset } from "../../../core/model/presets.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { type RemoteTraining, remoteTraining } from "../../../headless/mine/remote_training.ts";
import type { SwarmFacts } from "../../../headless/mine/swarm_facts.ts";
import { MINE_FLAGS } from "../../../headless/mine_settings.ts";
import { withTempFolder } from "../temp_folder.ts";
import { BYTE_MODEL_JSON } from "./loopback_swarm.ts";

const NANO = findPreset("nano");
const FACTS: SwarmFacts = {
  ...{ version: "1", name: "nano", parameters: countParameters(NANO.model), layers: 3 },
  ...{ batch: 3, seq: 32, batchesBeforeMerging: 7 },
};

async function training(
  args: readonly string[],
  facts?: SwarmFacts,
  folder = ".",
): Promise<RemoteTraining> {
  const { values } = parseFlags(MINE_FLAGS, { args, environment: {}, envFile: {} });
  return await remoteTraining(values, folder, facts);
}

async function refused(args: readonly string[], facts?: SwarmFacts): Promise<string> {
  const error: unknown = await training(args, facts).then(() => undefined, (thrown) => thrown);
  if (error instanceof UsageError) return error.message;
  throw error ?? new Error("it was taken");
}

test("without a flag it is the published swarm, computed in bf16 from its seed", async () => {
  const { training: { model, ...rest }, ...other } = await training([]);
  assert.equal(model.name, "15B");
  assert.deepEqual(rest, {
    ...{ batch: 1, seq: 800, globalOptimizerSteps: 10, localOptimizerSteps: 10 },
    ...{ weightsDtype: "bfloat16", maxCachedActivations: 2 },
    cacheTimeoutMs: PUBLISHED_SWARM.cacheTimeoutMs,
  });
  assert.deepEqual(other, { precision: "bf16", seed: 42 });
});

test("with --mock it is the published one of that kind", async () => {
  const { training: { model, globalOptimizerSteps } } = await training(["--mock"]);
  assert.deepEqual([model.name, globalOptimizerSteps], ["100M", 2]);
});

test("what the orchestrator tells needs no flag", async () => {
  const { training: told } = await training([], FACTS);
  assert.equal(told.model, NANO.model);
  assert.deepEqual([told.batch, told.seq, told.globalOptimizerSteps], [3, 32, 7]);
});

test("weights in float32 are computed in f32, unless told otherwise", async () => {
  const precision = async (...args: string[]): Promise<string> =>
    (await training(["--weights-dtype", "float32", ...args])).precision;
  assert.equal(await precision(), "f32");
  assert.equal(await precision("--dtype", "bf16"), "bf16");
  assert.equal((await training(["--no-master-weights"])).precision, "pure-bf16");
});

test("flags that are the orchestrator's own are welcome", async () => {
  const same = ["--batch", "3", "--seq", "32", "--batches-before-merging", "7", "--model", "nano"];
  assert.equal((await training(same, FACTS)).training.batch, 3);
});

test("a flag that is not the orchestrator's is refused with both numbers", async () => {
  assert.equal(
    await refused(["--seq", "64"], FACTS),
    "--seq: 64 tokens are none of this swarm, whose orchestrator trains nano with 32: leave the " +
      "flag out, or give what the orchestrator was started with",
  );
});

test("another model of the same name is refused by its parameters", async () => {
  assert.include(await refused([], { ...FACTS, parameters: 5 }), "--model:");
});

test("without facts a model comes from a file beside the user", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "bytes.json"), JSON.stringify(BYTE_MODEL_JSON));
    const { training: { model } } = await training(["--model", "bytes.json"], undefined, dir);
    assert.deepEqual([model.name, model.V], ["bytes", 256]);
  });
});

test("--cache.size is the room for batches", async () => {
  assert.equal((await training(["--cache.size", "5"])).training.maxCachedActivations, 5);
});
