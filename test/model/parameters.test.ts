/**
 * Parameters on the device: wire order, and that what is written comes back although heads, rows
 * and parts are laid out otherwise there.
 *
 * @module
 */

import { readFixture } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import type { ModelConfig } from "../../core/model/config.ts";
import {
  exportOptimizerState,
  exportWeights,
  importOptimizerState,
  importWeights,
} from "../../core/model/flat_state.ts";
import { goldenStageName, openGoldenFile } from "../../core/model/golden_file.ts";
import { layoutParameters } from "../../core/model/parameter_layout.ts";
import {
  elementsOf,
  type ParameterArray,
  Parameters,
  type PrecisionName,
  PRECISIONS,
} from "../../core/model/parameters.ts";
import { countParameters } from "../../core/model/presets.ts";
import { normalInit } from "../../core/reference/normal_init.ts";
import { parameterShapes, type StageShape } from "../../core/reference/stage_shape.ts";
import { assertClose } from "../harness/assert_close.ts";
import { stored } from "../ops/device.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { readValues } from "./device_pipeline.ts";
import { openSharedGpu } from "./shared.ts";
import { stageShapes, tinyModel } from "./tiny_model.ts";

const gpu = await openSharedGpu();

const ARRAYS: readonly ParameterArray[] = ["param", "gradient", "m", "v", "master"];

const MODELS: readonly ModelConfig[] = [
  tinyModel({ name: "HD 6, H 10, K 3", C: 18, NH: 3, NKV: 3, H: 10, K: 3 }),
  tinyModel({ name: "HD 14, H 23, NKV 1", V: 37, C: 28, NH: 2, NKV: 1, H: 23, K: 5 }),
  tinyModel({ name: "no bottleneck, NKV = NH", C: 24, NH: 4, NKV: 4, H: 9, K: null }),
  tinyModel({ name: "HD 2", C: 12, NH: 6, NKV: 2, H: 5, K: 7, V: 3 }),
  tinyModel({ name: "five stages", blocks: 7, splits: [[-1, 1], [1, 3], [3, 4], [4, 6], [6, -1]] }),
];

/** Those that are written and read: each look at a device takes a software adapter ten milliseconds. */
const ODD_MODELS = MODELS.slice(0, 3);

/** The widest rows are 68 values of 4 bytes: 64 of them make a part, so most weights have several. */
const SPLIT_MODEL = tinyModel({ V: 300, C: 48, NH: 4, NKV: 2, H: 66, K: 6 });
const SMALL_BYTES = 64 * 68 * 4 + 256;

/** Runs a body for each stage of each model, with parameters that are freed after it. */
async function eachStage(
  models: readonly ModelConfig[],
  precision: PrecisionName,
  body: (parameters: Parameters, shape: StageShape, name: string) => Promise<void>,
): Promise<void> {
  for (const model of models) {
    for (const [index, shape] of stageShapes(model, 1, 2).entries()) {
      const parameters = new Parameters(gpu, layoutParameters(shape), PRECISIONS[precision]);
      try {
        await body(parameters, shape, `${model.name}, stage ${index}`);
      } finally {
        parameters.destroy();
      }
    }
  }
}

/** Distinct values, so that a swap of two is seen. */
function fill(parameters: Parameters, arrays: readonly ParameterArray[]): void {
  const random = seededRandom(7);
  for (const array of arrays) {
    for (const view of parameters.layout.views) {
      parameters.write(array, view, randomArray(elementsOf(view), random));
    }
  }
}

test("views are the reference's parameters in wire order", async () => {
  await eachStage(MODELS, "f32", (parameters, shape, name) => {
    const views = parameters.layout.views.map(({ name, dims }) => ({ name, dims: [...dims] }));
    assert.deepEqual(views, parameterShapes(shape), name);
    return Promise.resolve();
  });
});

for (const file of ["tiny", "odd"]) {
  test(`views are in PyTorch's order (${file})`, async () => {
    const path = `test/golden/iota-${file}-f32.safetensors`;
    const { config, parameterOrder } = openGoldenFile(path, await readFixture(path));
    for (const [index, shape] of stageShapes(config, 1, 2).entries()) {
      const names = layoutParameters(shape).views.map(({ name }) => name);
      assert.deepEqual(names, parameterOrder[goldenStageName(config.splits[index])]);
    }
  });
}

test("the count is that of the model's parameters", () => {
  const counts = new Map<ModelConfig, number>();
  for (const model of MODELS) {
    for (const shape of stageShapes(model, 1, 2)) {
      const parameters = new Parameters(gpu, layoutParameters(shape), PRECISIONS.f32);
      counts.set(model, (counts.get(model) ?? 0) + parameters.count);
      parameters.destroy();
    }
  }
  for (const [model, count] of counts) assert.equal(count, countParameters(model), model.name);
});

test("every array of every parameter comes back as it was written", async () => {
  await eachStage(ODD_MODELS, "bf16", async (parameters, _, name) => {
    fill(parameters, ARRAYS);
    const random = seededRandom(7);
    for (const array of ARRAYS) {
      for await (const { view, values } of parameters.read(array)) {
        const written = randomArray(elementsOf(view), random);
        const expected = stored(written, parameters.dtypeOf(array));
        assert.deepEqual(values, expected, `${name}: ${array} of ${view.name}`);
      }
    }
  });
});

test("padding stays zero under all that is written", async () => {
  await eachStage(ODD_MODELS, "f32", async (parameters, _, name) => {
    for (const one of parameters.layout.views) {
      parameters.write("param", one, new Float32Array(elementsOf(one)).fill(1));
    }
    let sum = 0;
    for (const span of [...parameters.spans(true), ...parameters.spans(false)]) {
      const [bytes] = await gpu.readback.read([span.param]);
      for (const value of new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)) {
        sum += value;
      }
    }
    assert.equal(sum, parameters.count, name);
  });
});

test("flat weights written to one stage come back from it (f32)", async () => {
  await eachStage(ODD_MODELS, "f32", async (parameters, _, name) => {
    const values = Float32Array.from(randomArray(parameters.count, seededRandom(3)));
    const flat = new Uint8Array(values.buffer);
    importWeights(parameters, flat, "f32");
    assert.deepEqual(await exportWeights(parameters, "f32"), flat, name);
  });
});

for (const precision of ["bf16", "pure-bf16"] as const) {
  test(`flat bf16 weights and moments come back bit by bit (${precision})`, async () => {
    await eachStage(ODD_MODELS, precision, async (parameters, _, name) => {
      fill(parameters, precision === "bf16" ? ["master", "m", "v"] : ["param", "m", "v"]);
      const weights = await exportWeights(parameters, "bf16");
      const state = await exportOptimizerState(parameters, "bf16");
      assert.equal(weights.length, 2 * parameters.count);
      assert.equal(state.length, 4 * parameters.count);
      fill(parameters, ["gradient", "param", "v", "m"]);
      importWeights(parameters, weights, "bf16");
      importOptimizerState(parameters, state, "bf16");
      assert.deepEqual(await exportWeights(parameters, "bf16"), weights, name);
      assert.deepEqual(await exportOptimizerState(parameters, "bf16"), state, name);
    });
  });
}

test("flat bf16 weights set the masters to what the parameters are", async () => {
  await eachStage(ODD_MODELS, "bf16", async (parameters, _, name) => {
    fill(parameters, ["param", "master"]);
    importWeights(parameters, await exportWeights(parameters, "bf16"), "bf16");
    assert.deepEqual(await readValues(parameters, "master"), await readValues(parameters), name);
  });
});

test("flat vectors of a wrong length are refused, and nothing is changed", async () => {
  const [shape] = stageShapes(MODELS[0], 1, 2);
  const parameters = new Parameters(gpu, layoutParameters(shape), PRECISIONS.f32);
  fill(parameters, ["param", "m", "v"]);
  const { count } = parameters;
  const before = [
    await exportWeights(parameters, "f32"),
    await exportOptimizerState(parameters, "f32"),
  ];
  for (const bytes of [0, 4, 4 * count - 4, 4 * count - 1, 4 * count + 1, 4 * count + 4]) {
    assert.throws(() => importWeights(parameters, new Uint8Array(bytes), "f32"), RangeError);
    assert.throws(
      () => importOptimizerState(parameters, new Uint8Array(count * 4 + bytes), "f32"),
      RangeError,
    );
  }
  assert.throws(() => importWeights(parameters, new Uint8Array(2 * count + 1), "bf16"), RangeError);
  assert.deepEqual(await exportWeights(parameters, "f32"), before[0]);
  assert.deepEqual(await exportOptimizerState(parameters, "f32"), before[1]);
  parameters.destroy();
});

test("a parameter written with a wrong number of values is a RangeError that names it", async () => {
  await eachStage(MODELS, "f32", (parameters) => {
    for (const view of parameters.layout.views) {
      for (const length of [0, elementsOf(view) - 1, elementsOf(view) + 1]) {
        assert.throws(
          () => parameters.write("param", view, new Float32Array(length)),
          RangeError,
          view.name,
        );
      }
    }
    return Promise.resolve();
  });
});

test("a precision without masters refuses to read and write them", async () => {
  const [shape] = stageShapes(MODELS[0], 1, 2);
  const parameters = new Parameters(gpu, layoutParameters(shape), PRECISIONS["pure-bf16"]);
  const [view] = parameters.layout.views;
  assert.throws(
    () => parameters.write("master", view, new Float32Array(elementsOf(view))),
    RangeError,
  );
  const error = await readValues(parameters, "master").catch((error: unknown) => error);
  assert.instanceOf(error, RangeError);
  parameters.destroy();
});

test("initialise() gives the reference's numbers for matrices and 1 for norms", async () => {
  await eachStage(ODD_MODELS, "f32", async (parameters, _, name) => {
    await parameters.initialise(42);
    let stream = 0;
    for await (const { view, values } of parameters.read("param")) {
      const expected = new Float32Array(values.length).fill(1);
      if (view.dims.length === 2) normalInit(expected, { seed: 42, stream, deviation: 0.02 });
      // Logarithm, root and cosine of a GPU: a few units in the last place of the deviation.
      const tolerance = { absolute: 2e-7, relative: 1e-5 };
      assertClose(values, expected, tolerance, `${name}: ${view.name}`);
      stream += 1;
    }
  });
});

test("initialise() gives the same numbers for a seed and others for another", async () => {
  const [shape] = stageShapes(MODELS[1], 1, 2);
  const parameters = new Parameters(gpu, layoutParameters(shape), PRECISIONS.f32);
  const fresh = async (seed: number): Promise<Uint8Array> => {
    fill(parameters, ["param"]);
    await parameters.initialise(seed);
    return await exportWeights(parameters, "f32");
  };
  const first = await fresh(1);
  assert.deepEqual(await fresh(1), first);
  assert.notDeepEqual(await fresh(2), first);
  parameters.destroy();
});

for (const precision of ["bf16", "pure-bf16"] as const) {
  test(`initialise() in ${precision} gives the f32 numbers, rounded`, async () => {
    for (const shape of stageShapes(MODELS[1], 1, 2)) {
      const layout = layoutParameters(shape);
      const exact = new Parameters(gpu, layout, PRECISIONS.f32);
      const rounded = new Parameters(gpu, layout, PRECISIONS[precision]);
      await exact.initialise(5);
      await rounded.initialise(5);
      const expected = await readValues(exact);
      for await (const { view, values } of rounded.read("param")) {
        const own = expected.get(view.name) ?? new Float32Array();
        assert.deepEqual(values, stored(own, "bf16"), view.name);
      }
      if (precision === "bf16") assert.deepEqual(await readValues(rounded, "master"), expected);
      exact.destroy();
      rounded.destroy();
    }
  });
}

test("destroy() gives back all that the arrays took", () => {
  const before = { ...gpu.memory };
  for (const precision of ["f32", "bf16", "pure-bf16"] as const) {
    for (const shape of stageShapes(MODELS[0], 1, 2)) {
      new Parameters(gpu, layoutParameters(shape), PRECISIONS[precision]).destroy();
    }
  }
  assert.equal(gpu.memory.bytes, before.bytes);
  assert.equal(gpu.memory.buffers, before.buffers);
});

test("weights and moments that are split over many bindings come back as they were", async () => {
  const small = await openSharedGpu(SMALL_BYTES);
  for (const shape of stageShapes(SPLIT_MODEL, 1, 2)) {
    const parameters = new Parameters(small, layoutParameters(shape), PRECISIONS.bf16);
    const parts = parameters.layout.weights.map(({ label }) => parameters.tensor(label).parts);
    assert.isAbove(Math.max(...parts.map(({ length }) => length)), 1);
    fill(parameters, ARRAYS);
    const random = seededRandom(7);
    for (const array of ARRAYS) {
      for await (const { view, values } of parameters.read(array)) {
        const expected = stored(
          randomArray(elementsOf(view), random),
          parameters.dtypeOf(array),
        );
        assert.deepEqual(values, expected, `${shape.kind}: ${array} of ${view.name}`);
      }
    }
    parameters.destroy();
  }
  small.close();
});

test("initialise() does not depend on where a binding ends", async () => {
  const small = await openSharedGpu(SMALL_BYTES);
  for (const shape of stageShapes(SPLIT_MODEL, 1, 2)) {
    const flat: Uint8Array[] = [];
    for (const on of [gpu, small]) {
      const parameters = new Parameters(on, layoutParameters(shape), PRECISIONS.f32);
      await parameters.initialise(9);
      flat.push(await exportWeights(parameters, "f32"));
      parameters.destroy();
    }
    assert.deepEqual(flat[0], flat[1], shape.kind);
  }
  small.close();
});
