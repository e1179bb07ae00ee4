import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { byteTokenizer } from "../../core/data/tokenizer.ts";
import { UsageError } from "../../core/errors.ts";
import { findPreset } from "../../core/model/presets.ts";
import type { TrainSettings } from "../../core/node/settings.ts";
import { parseFlags } from "../../headless/flags.ts";
import {
  checkRemoteUse,
  checkText,
  MINE_FLAGS,
  type MineValues,
  modelLabel,
  precisionOf,
  trainSettings,
} from "../../headless/mine_settings.ts";
import { withTempFolder } from "./temp_folder.ts";

const PUBLISHED_FIELDS = {
  model_name: "mine",
  total_global_params: 1000,
  vocab_size: 256,
  context_length: 8192,
  orig_context_length: 131072,
  emb_dim: 64,
  bottleneck_dim: 16,
  n_heads: 4,
  n_layers: 3,
  hidden_dim: 176,
  n_kv_groups: 2,
  rope_base: 500000,
  rope_freq: {
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_context_length: 8192,
  },
};

function values(...args: string[]): MineValues {
  return parseFlags(MINE_FLAGS, { args, environment: {}, envFile: {} }).values;
}

async function complaint(settings: Promise<TrainSettings>): Promise<string> {
  try {
    await settings;
  } catch (error) {
    assert.instanceOf(error, UsageError);
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("the settings were accepted");
}

test("trainSettings() leaves to the model what is not said", async () => {
  const settings = await trainSettings(values(), "/");
  assert.deepEqual(settings, {
    model: "auto",
    stages: undefined,
    batch: undefined,
    seq: undefined,
    batchesBeforeMerging: undefined,
    learningRate: undefined,
    minersPerLayer: 1,
    mergeEvery: 10,
    precision: "f32",
    seed: 1,
    steps: 400,
    validateEvery: 50,
    checkpointEvery: 50,
  });
});

test("trainSettings() refuses a model that is not known and lists the known ones", async () => {
  const message = await complaint(trainSettings(values("--model", "gpt"), "/"));
  assert.include(message, '"gpt"');
  assert.include(message, "nano");
});

test("trainSettings() reads a model from a file relative to the user's folder", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "my.json"), JSON.stringify(PUBLISHED_FIELDS));
    const { model } = await trainSettings(values("--model", "my.json"), dir);
    assert.isTrue(model !== "auto" && model.model.name === "mine" && model.batch > 0);
  });
});

test("trainSettings() says what is wrong with a model's file: absent, no JSON, a field", async () => {
  await withTempFolder(async (dir) => {
    const read = (): Promise<string> => complaint(trainSettings(values("--model", "m.json"), dir));
    assert.include(await read(), "there is no such file");
    Deno.writeTextFileSync(join(dir, "m.json"), "{");
    assert.include(await read(), "expected a JSON object with the published fields");
    Deno.writeTextFileSync(
      join(dir, "m.json"),
      JSON.stringify({ ...PUBLISHED_FIELDS, emb_dim: 0 }),
    );
    assert.include(await read(), "emb_dim");
  });
});

test("precisionOf() maps dtype and masters, and refuses no masters for f32", () => {
  assert.equal(precisionOf(values()), "f32");
  assert.equal(precisionOf(values("--dtype", "bf16")), "bf16");
  assert.equal(precisionOf(values("--dtype", "bf16", "--no-master-weights")), "pure-bf16");
  assert.throws(() => precisionOf(values("--no-master-weights")), UsageError, "--dtype bf16");
});

test("--miners and --merge-every say how many miners a layer has, and when they merge", async () => {
  const settings = await trainSettings(values("--miners", "3", "--merge-every", "4"), "/");
  assert.deepEqual([settings.minersPerLayer, settings.mergeEvery], [3, 4]);
  for (const flag of ["--miners", "--merge-every"]) {
    assert.throws(() => values(flag, "0"), UsageError, "expected a whole number from 1 up");
  }
});

for (
  const [flag, value] of [
    ["--splits", "2"],
    ["--local-steps", "2"],
    ["--weights-dtype", "float32"],
    ["--tokenizer", "bytes"],
  ]
) {
  test(`${flag} is of no use on the local network, and says so`, async () => {
    const message = await complaint(trainSettings(values(flag, value), "/"));
    assert.equal(
      message,
      `${flag} is for a swarm elsewhere: name it with --orchestrator, or leave this out`,
    );
  });
}

for (
  const [flag, value] of [
    ["--miners", "2"],
    ["--merge-every", "2"],
    ["--steps", "2"],
    ["--stages", "0"],
    ["--lr", "0.1"],
    ["--validate-every", "2"],
    ["--checkpoint-every", "2"],
    ["--run.dir", "here"],
  ]
) {
  test(`${flag} is for the local network only`, () => {
    assert.throws(
      () => checkRemoteUse(values(flag, value)),
      UsageError,
      `${flag} is for the local network, a remote swarm decides itself: leave it out`,
    );
  });
}

test("checkText() refuses a model with fewer rows than the text has ids", () => {
  const preset = findPreset("nano");
  const corpus = { training: new Int32Array(99), validation: new Int32Array(9) };
  const small = { ...preset, model: { ...preset.model, V: 255 } };
  assert.throws(() => checkText(small, byteTokenizer, corpus), UsageError, "vocab_size of 255");
  checkText(preset, byteTokenizer, corpus);
});

test("checkText() refuses a text without a validation part", () => {
  const corpus = { training: new Int32Array(1), validation: new Int32Array() };
  assert.throws(() => checkText("auto", byteTokenizer, corpus), UsageError, "too short");
});

test("modelLabel() takes folder and extension off a file's name", () => {
  assert.equal(modelLabel("/a/b.c/My Model.JSON"), "My Model");
  assert.equal(modelLabel("nano"), "nano");
});
