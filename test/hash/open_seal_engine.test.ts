/**
 * Which kernel searches for seals, on engines without a device.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { promisingSealVariants, runnableSealVariants } from "../../core/hash/gpu_seal_engine.ts";
import {
  fastestSealEngine,
  measureSealRate,
  openSealEngine,
} from "../../core/hash/open_seal_engine.ts";
import { SEAL_VARIANTS, type SealEngine, type SealVariant } from "../../core/hash/seal_engine.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeClock } from "../harness/memory_host.ts";

const INT64 = new Set(["wgpu-shader-int64"]);
const NONE = new Set<string>();

/** Engines on one clock, and what they were asked to do. */
class Bench {
  readonly clock = new FakeClock();
  readonly messages: string[] = [];
  readonly log = {
    debug: (message: string): void => void this.messages.push(message),
    info: (message: string): void => void this.messages.push(message),
    warn: (message: string): void => void this.messages.push(message),
    error: (message: string): void => void this.messages.push(message),
  };
  readonly counts: number[] = [];
  warmUps = 0;

  engine(variant: SealVariant, perMs: number): SealEngine {
    return {
      variant,
      ...{ deviceName: "fake", batchesInFlight: 2, guessedRate: 7 },
      warmUp: () => Promise.resolve(void (this.warmUps += 1)),
      run: ({ count }) => {
        assert.isAtLeast(this.warmUps, 1, "what compiles is not measured");
        this.counts.push(count);
        this.clock.advance(count / perMs);
        return Promise.resolve(undefined);
      },
      close: () => {},
    };
  }
}

test("64-bit words are for devices that have them", () => {
  assert.deepEqual(runnableSealVariants({ features: INT64 }), [...SEAL_VARIANTS]);
  assert.deepEqual(runnableSealVariants({ features: NONE }), ["u32", "u32-looped"]);
});

test("on a GPU every kernel that runs may be the fastest", () => {
  for (const features of [INT64, NONE]) {
    const gpu = { features, isSoftware: false };
    assert.deepEqual(promisingSealVariants(gpu), runnableSealVariants(gpu));
  }
});

test("on a software adapter one kernel is known to be the fastest", () => {
  assert.deepEqual(promisingSealVariants({ features: INT64, isSoftware: true }), ["u64"]);
  assert.deepEqual(promisingSealVariants({ features: NONE, isSoftware: true }), ["u32-looped"]);
});

test("measureSealRate() gives nonces a millisecond, from a run of 150 ms", async () => {
  for (const perMs of [0.5, 10, 1e4, 1e6]) {
    const bench = new Bench();
    const rate = await measureSealRate(bench.engine("u32", perMs), () => bench.clock.nowMs());
    assert.closeTo(rate, perMs, 1e-6 * perMs, "only a division's rounding apart");
    assert.isAtLeast((bench.counts.at(-1) ?? 0) / perMs, 150);
  }
});

test("measureSealRate() of a device faster than any ends with the longest batch", async () => {
  const bench = new Bench();
  const rate = await measureSealRate(bench.engine("u32", Infinity), () => bench.clock.nowMs());
  assert.strictEqual(bench.counts.at(-1), 2 ** 31);
  assert.isTrue(Number.isFinite(rate));
});

test("the fastest of several engines is taken, wherever it stands", async () => {
  for (const fastest of [0, 1, 2]) {
    const bench = new Bench();
    const engines = SEAL_VARIANTS.slice(0, 3).map((variant, index) =>
      bench.engine(variant, index === fastest ? 900 : 500 + index)
    );
    const { engine, rate } = await fastestSealEngine(engines, bench);
    assert.strictEqual(engine, engines[fastest]);
    assert.closeTo(rate, 900, 1e-3, "only a division's rounding apart");
  }
});

test("one engine alone is not measured", async () => {
  const bench = new Bench();
  const only = bench.engine("u64", 1);
  assert.deepEqual(await fastestSealEngine([only], bench), { engine: only, rate: 7 });
  assert.isEmpty(bench.counts);
  assert.isEmpty(bench.messages);
});

test("a machine without adapter is told so in one line", async () => {
  const { clock, log } = new Bench();
  const gpu = Object.create(null, { requestAdapter: { value: () => Promise.resolve(null) } });
  const webgpu = (): Promise<{ gpu: GPU; backend: string }> =>
    Promise.resolve({ gpu, backend: "test" });
  const error = await rejection(openSealEngine({ clock, log, webgpu }));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /^no WebGPU adapter was found.*$/);
});
