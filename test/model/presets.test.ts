/**
 * Models by name: that each can be built, and what they count.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../core/errors.ts";
import { checkModelConfig } from "../../core/model/config.ts";
import {
  countParameters,
  findPreset,
  OWN_PRESETS,
  presetForRate,
  PUBLISHED_PRESETS,
  stepFlops,
} from "../../core/model/presets.ts";
import { blockShapes } from "../../core/reference/stage_shape.ts";
import { stageShapes } from "./tiny_model.ts";

const ALL = [...OWN_PRESETS, ...PUBLISHED_PRESETS];

for (const preset of ALL) {
  const { model, batch, seq, batchesBeforeMerging, learningRate } = preset;
  test(`preset ${model.name} is a model that fits together`, () => {
    checkModelConfig(model);
    const blocks = stageShapes(model, 1, 2).map((shape) => blockShapes(shape).length);
    assert.equal(blocks.reduce((sum, count) => sum + count, 0), model.blocks);
    for (const count of [batch, seq, batchesBeforeMerging]) {
      assert.isTrue(Number.isInteger(count) && count > 0);
    }
    assert.isTrue(learningRate > 0 && learningRate < 0.1);
    assert.isAtLeast(seq, 2);
  });

  test(`findPreset() finds ${model.name} by its name`, () => {
    assert.strictEqual(findPreset(model.name), preset);
  });
}

test("names of presets are distinct", () => {
  assert.equal(new Set(ALL.map(({ model }) => model.name)).size, ALL.length);
});

for (const name of ["", "NANO", "nano ", "2B", "auto"]) {
  test(`findPreset() of "${name}" is a UsageError that lists the known names`, () => {
    try {
      findPreset(name);
      assert.fail("no preset has that name");
    } catch (error) {
      assert.instanceOf(error, UsageError);
      for (const { model } of ALL) assert.include(String(error), model.name);
      assert.notInclude(String(error), "\n");
    }
  });
}

test("Weft's own presets measure the clip norm against their true count", () => {
  for (const { model } of OWN_PRESETS) {
    assert.equal(model.totalGlobalParams, countParameters(model), model.name);
  }
});

// 6 K·C for three stages with a bottleneck: a decoder and a narrowing in the head, a second decoder
// in the body, the tail's decoder. With five stages it is 12 K·C.
const COUNTS = { "1B": 1_498_875_904, "3B": 3_607_047_168, "8B": 8_031_834_112 };
for (const [name, count] of Object.entries({ ...COUNTS, "15B": 15_081_333_760 })) {
  test(`${name} has ${count} parameters with its bottleneck`, () => {
    assert.equal(countParameters(findPreset(name).model), count);
  });
}

for (
  const [name, K, published] of [
    // The published totals are those of the model before it was cut; 1B's has a bottleneck of 128.
    ["1B", 128, 1_500_055_552],
    ["3B", null, 3_606_752_256],
    ["8B", null, 8_030_261_248],
    ["15B", null, 15_076_418_560],
  ] as const
) {
  test(`${name}'s published total is its count with ${K ? `bottleneck ${K}` : "none"}`, () => {
    const { model } = findPreset(name);
    assert.equal(model.totalGlobalParams, published);
    assert.equal(countParameters({ ...model, K }), published);
  });
}

test("a larger preset of Weft's costs more operations a step", () => {
  const costs = OWN_PRESETS.map(stepFlops);
  assert.deepEqual(costs, costs.toSorted((x, y) => x - y));
});

test("presetForRate() never takes a smaller preset for a faster GPU", () => {
  let last = 0;
  for (let rate = 1e6; rate < 1e16; rate *= 1.5) {
    const index = OWN_PRESETS.indexOf(presetForRate(rate));
    assert.isAtLeast(index, last);
    last = index;
  }
  assert.equal(last, OWN_PRESETS.length - 1);
});

test("presetForRate() takes the smallest where nothing is fast enough", () => {
  for (const rate of [0, 1, 1e6, NaN]) assert.strictEqual(presetForRate(rate), OWN_PRESETS[0]);
});

test("presetForRate() takes the largest for any rate above what it needs", () => {
  assert.strictEqual(presetForRate(Infinity), OWN_PRESETS.at(-1));
});
