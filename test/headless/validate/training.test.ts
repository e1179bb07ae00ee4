/**
 * What a swarm trains, from flags and model files.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import type { TrainingSettings } from "../../../core/iota/orchestrator/settings.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { VALIDATE_IOTA_FLAGS } from "../../../headless/validate/flags.ts";
import type { SwarmFacts } from "../../../core/node/swarm_facts.ts";
import { trainingSettings } from "../../../headless/validate/training.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { withTempFolder } from "../temp_folder.ts";
import { TINY_MODEL_JSON } from "./tiny_model_json.ts";

const FACTS: SwarmFacts = {
  ...{ model: tinyModel(), batch: 3, seq: 32, globalOptimizerSteps: 6, localOptimizerSteps: 2 },
  ...{ weightsDtype: "float32", maxCachedActivations: 5, seed: 9 },
};

async function settings(
  args: readonly string[],
  folder?: string,
  facts?: SwarmFacts,
): Promise<TrainingSettings> {
  const source = { args, environment: {}, envFile: {} };
  const { values } = parseFlags(VALIDATE_IOTA_FLAGS, source);
  return await trainingSettings(values, folder ?? ".", facts);
}

async function refused(args: readonly string[], folder?: string): Promise<string> {
  const error: unknown = await settings(args, folder).then(() => undefined, (thrown) => thrown);
  if (error instanceof UsageError) return error.message;
  throw error ?? new Error("it was taken");
}

test("without a flag it is the published swarm", async () => {
  const { model, ...rest } = await settings([]);
  assert.deepEqual([model.name, model.splits.length], ["15B", 5]);
  assert.deepInclude(rest, {
    ...{ batch: 1, seq: 800, globalOptimizerSteps: 10, localOptimizerSteps: 10 },
    ...{ weightsDtype: "bfloat16", maxCachedActivations: 2, cacheTimeoutMs: 1_200_000 },
  });
});

test("without a flag it is what the orchestrator tells, model and all", async () => {
  const { seed: _, ...told } = FACTS;
  assert.deepEqual(await settings([], ".", FACTS), { ...told, cacheTimeoutMs: 1_200_000 });
});

for (
  const [flag, value, expected] of [
    ["--batch", "4", { batch: 4 }],
    ["--seq", "64", { seq: 64 }],
    ["--batches-before-merging", "8", { globalOptimizerSteps: 8, localOptimizerSteps: 2 }],
    ["--local-steps", "3", { localOptimizerSteps: 3 }],
    ["--weights-dtype", "bfloat16", { weightsDtype: "bfloat16" }],
  ] as const
) {
  test(`${flag} goes before what the orchestrator tells`, async () => {
    assert.deepInclude(await settings([flag, value], ".", FACTS), expected);
  });
}

test("another model, or other cuts, go before the told ones, and the rest stays told", async () => {
  const other = await settings(["--model", "nano"], ".", FACTS);
  assert.deepEqual([other.model.name, other.batch, other.seq], ["nano", 3, 32]);
  const { model } = await settings(["--splits", "2"], ".", FACTS);
  assert.deepEqual([model.name, model.splits], ["tiny", [[-1, 2], [2, -1]]]);
});

test("of fewer batches than are told for a step, all of them make one", async () => {
  const { localOptimizerSteps } = await settings(["--batches-before-merging", "1"], ".", FACTS);
  assert.equal(localOptimizerSteps, 1);
});

test("local steps are as many as batches unless told", async () => {
  const both = async (...args: string[]): Promise<number[]> => {
    const { globalOptimizerSteps, localOptimizerSteps } = await settings(args);
    return [globalOptimizerSteps, localOptimizerSteps];
  };
  assert.deepEqual(await both("--batches-before-merging", "4"), [4, 4]);
  assert.deepEqual(await both("--local-steps", "5"), [10, 5]);
});

test("more local steps than batches would never be taken", async () => {
  assert.include(await refused(["--local-steps", "11"]), "give as many or less");
});

test("a model comes from a file beside the user, with the published batch", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "tiny.json"), JSON.stringify(TINY_MODEL_JSON));
    const { model, batch, seq } = await settings(["--model", "tiny.json"], dir);
    assert.deepEqual([model.name, model.C, batch, seq], ["tiny", 16, 1, 800]);
  });
});

test("a file that is not there, or no model, is wrong use with its path", async () => {
  await withTempFolder(async (dir) => {
    assert.match(await refused(["--model", "gone.json"], dir), /gone\.json: there is no such file/);
    Deno.writeTextFileSync(join(dir, "bad.json"), "{");
    assert.match(await refused(["--model", "bad.json"], dir), /bad\.json/);
    Deno.writeTextFileSync(join(dir, "empty.json"), "{}");
    assert.match(await refused(["--model", "empty.json"], dir), /empty\.json/);
  });
});

test("an unknown name is wrong use", async () => {
  assert.include(await refused(["--model", "16B"]), 'no model "16B"');
});

test("a model can be cut into other layers, by its name or from its file", async () => {
  const { model } = await settings(["--model", "15B", "--splits", "40,20"]);
  assert.deepEqual(model.splits, [[-1, 20], [20, 40], [40, -1]]);
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "tiny.json"), JSON.stringify(TINY_MODEL_JSON));
    const own = await settings(["--model", "tiny.json", "--splits", "2"], dir);
    assert.deepEqual(own.model.splits, [[-1, 2], [2, -1]]);
  });
});

test("cuts beyond the model's blocks are wrong use", async () => {
  assert.include(await refused(["--splits", "99"]), "does not fit");
});
