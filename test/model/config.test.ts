/**
 * Reading a model's sizes: the published fields, and every way in which they do not fit together.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../core/errors.ts";
import {
  checkModelConfig,
  type ModelConfig,
  parseModelConfig,
  type Split,
  splitBlocks,
  stageKind,
} from "../../core/model/config.ts";
import { stageShapes, tinyModel } from "./tiny_model.ts";

const SOURCE = "sizes.json";

const PUBLISHED = {
  model_name: "llama3_100m",
  total_global_params: 100_000_000,
  vocab_size: 128_256,
  context_length: 8192,
  orig_context_length: 131_072,
  emb_dim: 512,
  bottleneck_dim: 8,
  n_heads: 32,
  n_layers: 6,
  hidden_dim: 512,
  n_kv_groups: 8,
  rope_base: 500_000,
  rope_freq: {
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_context_length: 8192,
  },
};

/** Asserts a UsageError of one line whose text matches. */
function assertUsage(body: () => unknown, pattern: RegExp): void {
  try {
    body();
  } catch (error) {
    assert.instanceOf(error, UsageError);
    assert.match(String(error), pattern);
    assert.notInclude(String(error), "\n");
    return;
  }
  assert.fail(`expected a UsageError that matches ${pattern}`);
}

test("parseModelConfig() takes the published fields under our names", () => {
  const config = parseModelConfig(PUBLISHED, SOURCE);
  const { name, totalGlobalParams, V, C, K, NH, NKV, H, blocks } = config;
  assert.deepEqual(
    { name, totalGlobalParams, V, C, K, NH, NKV, H, blocks },
    {
      ...{ name: "llama3_100m", totalGlobalParams: 100_000_000, V: 128_256, C: 512, K: 8 },
      ...{ NH: 32, NKV: 8, H: 512, blocks: 6 },
    },
  );
  assert.deepEqual(config.rope, {
    ...{ ropeBase: 500_000, contextLength: 8192, origContextLength: 131_072, factor: 32 },
    ...{ lowFreqFactor: 1, highFreqFactor: 4, originalContextLength: 8192 },
  });
});

test("parseModelConfig() ignores fields it does not know", () => {
  assert.deepEqual(
    parseModelConfig({ ...PUBLISHED, dtype: "bfloat16", qkv_bias: false }, SOURCE),
    parseModelConfig(PUBLISHED, SOURCE),
  );
});

test("parseModelConfig() takes a bottleneck of null as none", () => {
  assert.isNull(parseModelConfig({ ...PUBLISHED, bottleneck_dim: null }, SOURCE).K);
});

test("splits that are given beat those in the file, which beat thirds", () => {
  const inFile: Split[] = [[-1, 1], [1, -1]];
  const given: Split[] = [[-1, 5], [5, -1]];
  const withSplits = { ...PUBLISHED, splits: inFile };
  assert.deepEqual(parseModelConfig(withSplits, SOURCE, given).splits, given);
  assert.deepEqual(parseModelConfig(withSplits, SOURCE).splits, inFile);
  assert.deepEqual(parseModelConfig(PUBLISHED, SOURCE).splits, [[-1, 2], [2, 4], [4, -1]]);
});

for (const blocks of [2, 3, 4, 5, 7, 100]) {
  test(`a file of ${blocks} blocks without splits gets some that fit`, () => {
    const config = parseModelConfig({ ...PUBLISHED, n_layers: blocks }, SOURCE);
    const counts = config.splits.map((split) => splitBlocks(config, split));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), blocks);
    assert.isAtMost(Math.max(...counts) - Math.min(...counts), 1);
  });
}

for (const field of Object.keys(PUBLISHED)) {
  test(`parseModelConfig() without ${field} names it and the file`, () => {
    const json = Object.fromEntries(Object.entries(PUBLISHED).filter(([key]) => key !== field));
    assertUsage(() => parseModelConfig(json, SOURCE), new RegExp(`${SOURCE}.*\\b${field}\\b`));
  });
}

for (const field of Object.keys(PUBLISHED.rope_freq)) {
  test(`parseModelConfig() without rope_freq.${field} names it`, () => {
    const entries = Object.entries(PUBLISHED.rope_freq).filter(([key]) => key !== field);
    const json = { ...PUBLISHED, rope_freq: Object.fromEntries(entries) };
    assertUsage(() => parseModelConfig(json, SOURCE), new RegExp(`rope_freq\\.${field}`));
  });
}

const WRONG_FIELDS: [string, unknown][] = [
  ...["vocab_size", "emb_dim", "n_heads", "n_layers", "hidden_dim", "n_kv_groups", "bottleneck_dim"]
    .flatMap((field) => [0, -1, 2.5, "8", true].map((value): [string, unknown] => [field, value])),
  ["rope_base", 0],
  ["rope_base", -500_000],
  ["rope_freq", { ...PUBLISHED.rope_freq, factor: 0 }],
  ["rope_freq", { ...PUBLISHED.rope_freq, low_freq_factor: 0 }],
  ["rope_freq", { ...PUBLISHED.rope_freq, high_freq_factor: -4 }],
  ["rope_freq", null],
  ["model_name", 8],
  ["splits", [[-1, 1.5], [1.5, -1]]],
  ["splits", [[-1, 2, 4], [4, -1]]],
  ["splits", "thirds"],
];

for (const [field, value] of WRONG_FIELDS) {
  test(`parseModelConfig() refuses ${field} ${JSON.stringify(value)}`, () => {
    assertUsage(
      () => parseModelConfig({ ...PUBLISHED, [field]: value }, SOURCE),
      new RegExp(field),
    );
  });
}

for (const json of [null, undefined, [], "{}", 3]) {
  test(`parseModelConfig() refuses ${JSON.stringify(json)} in place of an object`, () => {
    assertUsage(() => parseModelConfig(json, SOURCE), new RegExp(SOURCE));
  });
}

const WRONG_SIZES: [string, Partial<ModelConfig>, RegExp][] = [
  ["heads that do not divide C", { C: 16, NH: 3 }, /emb_dim 16.*n_heads 3/],
  ["an odd head size", { C: 18, NH: 2, NKV: 1 }, /even head size/],
  ["a head of more channels than the shaders hold", { C: 1024, NH: 2 }, /use more heads/],
  ["key groups that do not divide the heads", { C: 32, NH: 4, NKV: 3 }, /n_kv_groups 3/],
  ["more key groups than heads", { NH: 2, NKV: 4 }, /n_kv_groups 4/],
  ["a bottleneck as wide as the model", { C: 16, K: 16 }, /bottleneck_dim 16/],
  ["a bottleneck wider than the model", { C: 16, K: 17 }, /bottleneck_dim 17/],
];

for (const [what, sizes, pattern] of WRONG_SIZES) {
  test(`checkModelConfig() refuses ${what}`, () => {
    assertUsage(() => tinyModel(sizes), pattern);
  });
}

const WRONG_SPLITS: Split[][] = [
  [],
  [[-1, -1]],
  [[-1, 2]],
  [[0, 2], [2, -1]],
  [[-1, 2], [2, 6]],
  [[-1, 2], [3, -1]],
  [[-1, 3], [2, -1]],
  [[-1, 0], [0, -1]],
  [[-1, 2], [2, 2], [2, -1]],
  [[-1, 4], [4, 2], [2, -1]],
  [[-1, 6], [6, -1]],
  [[-1, 7], [7, -1]],
  [[-1, 2], [2, -1], [-1, -1]],
  [[-1, -1], [-1, -1]],
  [[-1, 2], [2, -1], [2, -1]],
  [[-2, 2], [2, -1]],
];

for (const splits of WRONG_SPLITS) {
  test(`checkModelConfig() refuses splits ${JSON.stringify(splits)} of 6 blocks`, () => {
    assertUsage(
      () => checkModelConfig({ ...tinyModel(), blocks: 6, splits }),
      /split|head and a tail/,
    );
  });
}

test("splits that are suggested in an error fit themselves", () => {
  for (const blocks of [2, 3, 6, 50]) {
    const config = { ...tinyModel(), blocks };
    try {
      checkModelConfig({ ...config, splits: [[-1, blocks], [blocks, -1]] });
      assert.fail("these splits leave no block to the tail");
    } catch (error) {
      const suggestion = /such as (\[\[.*\]\])/.exec(String(error));
      assert.isNotNull(suggestion);
      checkModelConfig({ ...config, splits: JSON.parse(suggestion?.[1] ?? "") });
    }
  }
});

test("a model of one block is refused, since no pipeline can be made of it", () => {
  assertUsage(() => parseModelConfig({ ...PUBLISHED, n_layers: 1 }, SOURCE), /two blocks/);
});

for (
  const splits of [[[-1, 1], [1, -1]], [[-1, 5], [5, -1]], [[-1, 1], [1, 2], [2, 5], [5, -1]]]
) {
  test(`checkModelConfig() takes splits ${JSON.stringify(splits)} of 6 blocks`, () => {
    const fitting = splits.map(([start, end]): Split => [start, end]);
    const model = { ...tinyModel(), blocks: 6, splits: fitting };
    checkModelConfig(model);
    const counts = fitting.map((split) => splitBlocks(model, split));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), 6);
  });
}

test("stageKind() is head for the first split, tail for the last, body between", () => {
  const splits: Split[] = [[-1, 1], [1, 2], [2, 5], [5, -1]];
  assert.deepEqual(splits.map(stageKind), ["head", "body", "body", "tail"]);
});

test("stageShape() gives each stage its blocks and a rotation table of T rows", () => {
  const shapes = stageShapes(
    tinyModel({ blocks: 6, splits: [[-1, 1], [1, 4], [4, -1]] }),
    3,
    5,
  );
  assert.deepEqual(shapes.map(({ blocks }) => blocks), [1, 3, 2]);
  for (const { B, T, C, NH, rope } of shapes) {
    assert.deepEqual([B, T], [3, 5]);
    assert.equal(rope.cos.length, T * C / NH / 2);
  }
});
