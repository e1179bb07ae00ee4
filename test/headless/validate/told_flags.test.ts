/**
 * What a user hears whose flags are not what the orchestrator tells.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { ModelConfig } from "../../../core/model/config.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { VALIDATE_IOTA_FLAGS } from "../../../headless/validate/flags.ts";
import type { SwarmFacts } from "../../../core/node/swarm_facts.ts";
import { warnOfOtherFlags } from "../../../headless/validate/told_flags.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { tinyModel } from "../../model/tiny_model.ts";

const FACTS: SwarmFacts = {
  ...{ model: tinyModel(), batch: 3, seq: 32, globalOptimizerSteps: 6, localOptimizerSteps: 2 },
  ...{ weightsDtype: "float32", maxCachedActivations: 5, seed: 9 },
};

function warnings(
  args: readonly string[],
  { model = FACTS.model, facts = FACTS, cacheSize }: {
    readonly model?: ModelConfig;
    readonly facts?: SwarmFacts;
    readonly cacheSize?: number;
  } = {},
): string[] {
  const { values } = parseFlags(VALIDATE_IOTA_FLAGS, { args, environment: {}, envFile: {} });
  const log = new KeptLog();
  warnOfOtherFlags({ ...values, cacheSize }, model, facts, log);
  return log.lines;
}

for (
  const [flag, value, told] of [
    ["--batch", "4", "3"],
    ["--seq", "64", "32"],
    ["--batches-before-merging", "8", "6"],
    ["--local-steps", "3", "2"],
    ["--weights-dtype", "bfloat16", "float32"],
    ["--seed", "0", "9"],
  ]
) {
  test(`${flag} that differs is a line with both values, and none if it is the same`, () => {
    const line = `warn: ${flag} ${value} is used, though the orchestrator tells ${told}`;
    assert.deepEqual(warnings([flag, value]), [line]);
    assert.deepEqual(warnings([flag, told]), []);
  });
}

test("--cache.size that differs is a line, and none if it is the same", () => {
  const line = "warn: --cache.size 6 is used, though the orchestrator tells 5";
  assert.deepEqual(warnings([], { cacheSize: 6 }), [line]);
  assert.deepEqual(warnings([], { cacheSize: 5 }), []);
});

test("a seed that is not told differs from none", () => {
  assert.deepEqual(warnings(["--seed", "1"], { facts: { ...FACTS, seed: null } }), []);
});

test("without flags nothing is said", () => {
  assert.deepEqual(warnings([]), []);
});

test("a model of other sizes is a line, whatever its cuts", () => {
  const model = tinyModel({ H: 32, splits: [[-1, 2], [2, -1]] });
  assert.deepEqual(warnings(["--model", "my.json"], { model }), [
    "warn: --model my.json is used, though the orchestrator tells another model, tiny",
  ]);
});

test("the same model under another name is the same", () => {
  assert.deepEqual(warnings(["--model", "my.json"], { model: tinyModel({ name: "mine" }) }), []);
});

test("the same model with other cuts is a line, with the told cuts", () => {
  const model: ModelConfig = { ...FACTS.model, splits: [[-1, 2], [2, -1]] };
  assert.deepEqual(warnings(["--model", "my.json"], { model }), [
    "warn: --model my.json is used, though the orchestrator tells it cut at 1,2",
  ]);
  assert.deepEqual(warnings(["--splits", "2"], { model }), [
    "warn: --splits 2 is used, though the orchestrator tells 1,2",
  ]);
  assert.deepEqual(warnings(["--splits", "2", "--model", "my.json"], { model }), [
    "warn: --splits 2 is used, though the orchestrator tells 1,2",
  ]);
});
