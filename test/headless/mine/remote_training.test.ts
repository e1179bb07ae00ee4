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
import { parseFlags } from "../../../headless/flags.ts";
import type { SwarmTraining } from "../../../core/node/swarm_miner.ts";
import { remoteTraining } from "../../../headless/mine/remote_training.ts";
import { MINE_FLAGS } from "../../../headless/mine_settings.ts";
import type { SwarmFacts } from "../../../core/node/swarm_facts.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { withTempFolder } from "../temp_folder.ts";
import { BYTE_MODEL_JSON } from "./loopback_swarm.ts";

const TOLD_MODEL = tinyModel({ name: "told" });
const FACTS: SwarmFacts = {
  ...{ model: TOLD_MODEL, batch: 3, seq: 32, globalOptimizerSteps: 7, localOptimizerSteps: 2 },
  ...{ weightsDtype: "float32", maxCachedActivations: 5, seed: 9 },
};

async function training(
  args: readonly string[],
  facts?: SwarmFacts,
  { folder = ".", log = new KeptLog() } = {},
): Promise<SwarmTraining> {
  const { values } = parseFlags(MINE_FLAGS, { args, environment: {}, envFile: {} });
  return await remoteTraining(values, { folder, facts, log });
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

test("what the orchestrator tells needs no flag: model, numbers, dtype, seed", async () => {
  const log = new KeptLog();
  const { seed: _, ...told } = FACTS;
  assert.deepEqual(await training([], FACTS, { log }), {
    training: { ...told, cacheTimeoutMs: PUBLISHED_SWARM.cacheTimeoutMs },
    ...{ precision: "f32", seed: 9 },
  });
  assert.deepEqual(log.lines, []);
});

test("an orchestrator that tells no seed leaves the published one", async () => {
  assert.equal((await training([], { ...FACTS, seed: null })).seed, 42);
});

for (
  const [flag, value, pick] of [
    ["--local-steps", "1", ({ training }) => training.localOptimizerSteps],
    ["--weights-dtype", "bfloat16", ({ training }) => training.weightsDtype],
    ["--cache.size", "2", ({ training }) => training.maxCachedActivations],
    ["--seed", "0", ({ seed }) => seed],
  ] as readonly (readonly [string, string, (settings: SwarmTraining) => unknown])[]
) {
  test(`${flag} wins over what the orchestrator tells, with one line of warning`, async () => {
    const log = new KeptLog();
    assert.equal(`${pick(await training([flag, value], FACTS, { log }))}`, value);
    assert.lengthOf(log.lines, 1);
    assert.include(log.lines[0], `warn: ${flag} ${value} is used`);
  });
}

test("a model of as many layers wins, with one line of warning", async () => {
  const log = new KeptLog();
  const { training: { model } } = await training(["--model", "nano"], FACTS, { log });
  assert.equal(model.name, "nano");
  assert.lengthOf(log.lines, 1);
  assert.include(log.lines[0], "another model, told");
});

test("weights in float32 are computed in f32, unless told otherwise", async () => {
  const precision = async (...args: string[]): Promise<string> =>
    (await training(["--weights-dtype", "float32", ...args])).precision;
  assert.equal(await precision(), "f32");
  assert.equal(await precision("--dtype", "bf16"), "bf16");
  assert.equal((await training(["--no-master-weights"])).precision, "pure-bf16");
});

test("flags that are the orchestrator's own are welcome", async () => {
  const log = new KeptLog();
  const same = ["--batch", "3", "--seq", "32", "--batches-before-merging", "7", "--splits", "1,2"];
  assert.equal((await training(same, FACTS, { log })).training.batch, 3);
  assert.deepEqual(log.lines, []);
});

test("a flag that is not the orchestrator's is refused with both numbers", async () => {
  assert.equal(
    await refused(["--seq", "64"], FACTS),
    "--seq: 64 tokens are none of this swarm, whose orchestrator trains told with 32: leave the " +
      "flag out, or give what the orchestrator was started with",
  );
});

test("a model of another number of layers is refused: it has none for some of the work", async () => {
  assert.include(await refused(["--model", "15B"], FACTS), "--splits: 5 layers");
  assert.include(await refused(["--splits", "1"], FACTS), "--splits: 2 layers");
});

test("without facts a model comes from a file beside the user", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "bytes.json"), JSON.stringify(BYTE_MODEL_JSON));
    const { training: { model } } = await training(["--model", "bytes.json"], undefined, {
      folder: dir,
    });
    assert.deepEqual([model.name, model.V], ["bytes", 256]);
  });
});

test("--cache.size is the room for batches", async () => {
  assert.equal((await training(["--cache.size", "5"])).training.maxCachedActivations, 5);
});
