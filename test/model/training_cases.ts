/**
 * Rung 4: ten optimizer steps of a whole pipeline on the device against the same ten steps of
 * core/reference, and what a step does to parameters that get no gradient.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { PrecisionName } from "../../core/model/parameters.ts";
import type { Parameters } from "../../core/reference/parameters.ts";
import { assertClose } from "../harness/assert_close.ts";
import { stored } from "../ops/device.ts";
import { type DevicePipeline, withPipeline } from "./device_pipeline.ts";
import { ReferencePipeline } from "./reference_pipeline.ts";
import { openSharedGpu } from "./shared.ts";
import { learnableTokens, stageShapes, tinyModel } from "./tiny_model.ts";

const gpu = await openSharedGpu();
const [B, T] = [2, 8];
const MODEL = tinyModel();
const LEARNING_RATE = 1e-2;
/** The only parameter without a gradient: the head's decoder, since its input has C channels. */
const UNUSED = "trf_blocks.0.bottleneck_decoder.bottleneck_decoder.0.weight";

/** A different one each step, and each comes back. */
function batch(step: number): Int32Array {
  return learnableTokens(MODEL.V, B, T, step % 3);
}

/** Losses of ten steps by the device and by the reference, from the same weights. */
async function lossCurves(precision: PrecisionName): Promise<{ device: number[]; cpu: number[] }> {
  const [device, cpu]: number[][] = [[], []];
  await withPipeline(gpu, { model: MODEL, B, T, precision }, async (pipeline) => {
    const weights = await pipeline.values(precision === "bf16" ? "master" : "param");
    const reference = new ReferencePipeline(
      stageShapes(MODEL, B, T),
      weights,
      MODEL.totalGlobalParams,
    );
    for (let step = 0; step < 10; step++) {
      device.push(await pipeline.run(batch(step)));
      await pipeline.step(LEARNING_RATE);
      const { loss, gradients } = reference.run(batch(step));
      cpu.push(loss);
      reference.step(gradients, LEARNING_RATE);
    }
  });
  return { device, cpu };
}

test("ten steps in f32 give the reference's losses", async () => {
  const { device, cpu } = await lossCurves("f32");
  assert.isBelow(cpu[9], cpu[0] - 0.2, "the model learns");
  // Losses near 3 resolve 2e-7, and Adam enlarges the rounding of a small gradient.
  assertClose(device, cpu, { absolute: 5e-6, relative: 0 }, "losses");
});

for (const precision of ["bf16", "pure-bf16"] as const) {
  test(`ten steps in ${precision} give about the reference's losses`, async () => {
    const { device, cpu } = await lossCurves(precision);
    assert.isBelow(device[9], device[0] - 0.2, "the model learns");
    // The first is before any step: a mean of logits near 0 that are rounded by 2^-9 of themselves.
    assertClose(device.slice(0, 1), cpu.slice(0, 1), { absolute: 1e-3, relative: 0 }, "first loss");
    // Adam moves a weight by the whole learning rate when rounding turns a small gradient's sign:
    // the curves part by a tenth of what was learnt, and may part by a fifth.
    assertClose(device, cpu, { absolute: 0.06, relative: 0 }, "losses");
  });
}

test("ten steps in f32 give the reference's parameters", async () => {
  await withPipeline(gpu, { model: MODEL, B, T }, async (pipeline) => {
    const params = await pipeline.values();
    const reference = new ReferencePipeline(
      stageShapes(MODEL, B, T),
      params,
      MODEL.totalGlobalParams,
    );
    for (let step = 0; step < 10; step++) {
      await pipeline.run(batch(step));
      await pipeline.step(LEARNING_RATE);
      reference.step(reference.run(batch(step)).gradients, LEARNING_RATE);
    }
    // A hundredth of a step: what rounding does to the quotient of two small moments.
    const tolerance = { absolute: LEARNING_RATE / 100, relative: 0 };
    await eachParameter(pipeline, (stage, name, values) => {
      assertClose(values, params[stage].get(name) ?? [], tolerance, `stage ${stage} ${name}`);
    });
  });
});

test("gradients of several batches add up until the step, and are zero after it", async () => {
  await withPipeline(gpu, { model: MODEL, B, T }, async (pipeline) => {
    await pipeline.run(batch(0));
    const first = await pipeline.values("gradient");
    await pipeline.run(batch(0));
    const twice = await pipeline.values("gradient");
    first.forEach((gradients, stage) => {
      for (const [name, values] of gradients) {
        const expected = values.map((value) => 2 * value);
        // Doubling is exact, but the second sum starts from the first instead of zero.
        const tolerance = { absolute: 1e-7, relative: 1e-5 };
        assertClose(twice[stage].get(name) ?? [], expected, tolerance, `stage ${stage} ${name}`);
      }
    });
    await pipeline.step(LEARNING_RATE);
    for (const gradients of await pipeline.values("gradient")) {
      for (const [name, values] of gradients) assert.isTrue(values.every((x) => x === 0), name);
    }
  });
});

for (const precision of ["f32", "bf16"] as const) {
  test(`the zero-gradient step decays every parameter, also an unused one (${precision})`, async () => {
    await withPipeline(gpu, { model: MODEL, B, T, precision }, async (pipeline) => {
      const array = precision === "bf16" ? "master" : "param";
      const before = await pipeline.values(array);
      assert.isTrue(before[0].has(UNUSED));
      // A large rate, so that bf16 shows the decay as well.
      const rate = 0.5;
      for (const { optimizer } of pipeline.stages) await optimizer.zeroGradientStep(rate);
      const decayed = mapValues(before, (value) => value * (1 - 0.1 * rate));
      // One unit in the last place of f32: the factor itself is rounded.
      assertSame(await pipeline.values(array), decayed, 2 ** -23);
      const rounded = decayed.map((own) =>
        new Map([...own].map(([name, values]) => [name, stored(values, precision)]))
      );
      // One unit in the last place of bf16, where the master lies between two of them.
      assertSame(await pipeline.values(), rounded, precision === "bf16" ? 2 ** -7 : 2 ** -23);
    });
  });
}

test("the zero-gradient step counts as the first step", async () => {
  await withPipeline(gpu, { model: MODEL, B, T }, async ({ stages }) => {
    for (const { optimizer } of stages) {
      const { step, applied, norm } = await optimizer.zeroGradientStep(LEARNING_RATE);
      assert.deepEqual({ step, applied, norm }, { step: 1, applied: true, norm: 0 });
      assert.equal(await optimizer.stepCount(), 1);
    }
  });
});

test("a parameter without gradient is not touched by later steps", async () => {
  await withPipeline(gpu, { model: MODEL, B, T }, async (pipeline) => {
    for (const { optimizer } of pipeline.stages) await optimizer.zeroGradientStep(LEARNING_RATE);
    const [before] = await pipeline.values();
    for (let step = 0; step < 2; step++) {
      await pipeline.run(batch(step));
      await pipeline.step(LEARNING_RATE);
    }
    const [after] = await pipeline.values();
    assert.deepEqual(after.get(UNUSED), before.get(UNUSED));
    for (const name of [...before.keys()].filter((name) => name !== UNUSED)) {
      assert.notDeepEqual(after.get(name), before.get(name), name);
    }
    for (const array of ["m", "v"] as const) {
      const [moments] = await pipeline.values(array);
      assert.isTrue(moments.get(UNUSED)?.every((value) => value === 0), array);
    }
  });
});

for (const wrong of [NaN, Infinity]) {
  test(`a step with a gradient of ${wrong} leaves all as it was, and the next goes on`, async () => {
    await withPipeline(gpu, { model: MODEL, B, T }, async (pipeline) => {
      await pipeline.run(batch(0));
      await pipeline.step(LEARNING_RATE);
      const kept = ["param", "m", "v"] as const;
      const before = await Promise.all(kept.map((array) => pipeline.values(array)));
      await pipeline.run(batch(1));
      const [{ parameters }] = pipeline.stages;
      const view = parameters.layout.views.find(({ name }) => name.endsWith("norm1.weight"));
      assert.isDefined(view);
      if (view) parameters.write("gradient", view, new Float32Array(MODEL.C).fill(wrong));
      const outcomes = await pipeline.step(LEARNING_RATE);
      assert.deepEqual(outcomes.map(({ applied }) => applied), [false, true, true]);
      assert.deepEqual(outcomes.map(({ step }) => step), [1, 2, 2]);
      for (const [index, array] of kept.entries()) {
        assert.deepEqual((await pipeline.values(array))[0], before[index][0], array);
      }
      const [gradients] = await pipeline.values("gradient");
      for (const [name, values] of gradients) assert.isTrue(values.every((x) => x === 0), name);
      await pipeline.run(batch(2));
      assert.isTrue((await pipeline.step(LEARNING_RATE))[0].applied);
    });
  });
}

async function eachParameter(
  pipeline: DevicePipeline,
  check: (stage: number, name: string, values: Float32Array) => void,
): Promise<void> {
  for (const [stage, params] of (await pipeline.values()).entries()) {
    for (const [name, values] of params) check(stage, name, values);
  }
}

function mapValues(stages: readonly Parameters[], of: (value: number) => number): Parameters[] {
  return stages.map((params) =>
    new Map([...params].map(([name, values]) => [name, values.map((value) => of(value))]))
  );
}

function assertSame(
  actual: readonly Parameters[],
  expected: readonly Parameters[],
  relative: number,
): void {
  expected.forEach((params, stage) => {
    for (const [name, values] of params) {
      const tolerance = { absolute: 0, relative };
      assertClose(actual[stage].get(name) ?? [], values, tolerance, `stage ${stage} ${name}`);
    }
  });
}
