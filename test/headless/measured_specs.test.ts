import { test } from "#test";
import { assert } from "chai";
import { testGpu } from "#gpu";
import { WeftError } from "../../core/errors.ts";
import { MeasuredSpecs } from "../../headless/measured_specs.ts";

const ENGINES = { rateOf: () => 2000 };
const NO_GPU = { webgpu: () => Promise.reject(new WeftError("there is no GPU")) };

test("the adapter is told with its limits", async () => {
  const gpu = await testGpu();
  const webgpu = { webgpu: () => Promise.resolve({ gpu, backend: "test" }) };
  const { adapter } = await MeasuredSpecs.open(webgpu, ENGINES);
  assert.equal(adapter?.backend, "test");
  assert.isNotEmpty(adapter?.name);
  // WebGPU's own least limit of a binding.
  assert.isAtLeast(adapter?.maxStorageBufferBindingSize ?? 0, 128 * 1024 ** 2);
});

test("without a GPU no adapter is told, and the rate is", async () => {
  const { known } = await MeasuredSpecs.open(NO_GPU, ENGINES);
  assert.deepEqual(known, { adapter: undefined, rates: { "610": 2_000_000 } });
});

test("the rate is what is expected until a challenge has measured it", async () => {
  const measured = await MeasuredSpecs.open(NO_GPU, ENGINES);
  measured.note({ rate: 0 });
  assert.deepEqual(measured.known.rates, { "610": 2_000_000 });
  measured.note({ rate: 51_400_000.6 });
  assert.deepEqual(measured.known.rates, { "610": 51_400_001 });
});

test("a failure that is no lack of a GPU is not hidden", async () => {
  const broken = { webgpu: () => Promise.reject(new TypeError("a mistake")) };
  let failure: unknown;
  await MeasuredSpecs.open(broken, ENGINES).catch((error: unknown) => failure = error);
  assert.instanceOf(failure, TypeError);
});
