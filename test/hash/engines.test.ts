import { testGpu } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { type EngineHost, Engines } from "../../core/hash/engines.ts";
import type { Algorithm } from "../../core/hash/modes.ts";
import { EngineLostError, type SearchEngine, type Variant } from "../../core/hash/search_engine.ts";
import type { Threads } from "../../core/host.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeClock, MemoryStorage } from "../harness/memory_host.ts";

const MEASURED = "hash_variants.jsonl";
const REAL_GPU = await testGpu();

/** Threads that no one can start: the engine on them is a fake too. */
const THREADS: Threads = {
  count: 8,
  startHashThread: () => {
    throw new Error("the fake engine needs no thread");
  },
};

/** A machine, its speeds and what happened on it. */
class Machine {
  /** Candidates a millisecond of each variant. */
  readonly perMs: Record<Variant, number> = { u64: 3000, u32: 2000, wasm: 100 };
  adapterName: string | undefined = "Fake 3000";
  hasU64 = true;
  isSoftware = false;
  threads: Threads | undefined;
  readonly storage = new MemoryStorage();
  readonly clock = new FakeClock();
  readonly messages: string[] = [];
  /** Variant and algorithm of each plan that was measured. */
  readonly measured: string[] = [];
  /** Called with each engine before one of its slices runs. */
  onRun: (engine: SearchEngine) => void = () => {};
  /** Devices and thread pools that are open. */
  readonly open = new Set<object>();
  opened = 0;

  engines(variant?: Variant): Engines {
    const log = (message: string): void => void this.messages.push(message);
    const host: EngineHost = {
      clock: this.clock,
      storage: this.storage,
      log: { debug: log, info: log, warn: log, error: log },
      threads: this.threads,
      webgpu: () => Promise.resolve({ gpu: this.#entry(), backend: "test" }),
    };
    return new Engines(host, variant, {
      gpu: (gpu, wanted) => this.#engine(wanted, gpu.adapterName, () => {}),
      wasm: ({ count }) => {
        const pool = {};
        this.open.add(pool);
        return this.#engine("wasm", `${count} threads`, () => void this.open.delete(pool));
      },
    });
  }

  /** The variant that is chosen. @param algorithm BLAKE2b if left out */
  async choose(algorithm?: Algorithm, variant?: Variant): Promise<Variant> {
    const engines = this.engines(variant);
    const engine = await engines.engineFor(algorithm ?? "blake2b");
    await engines.close();
    return engine.variant;
  }

  records(): unknown[] {
    return (this.storage.logs.get(MEASURED) ?? []).map((line) => JSON.parse(line));
  }

  /** An entry point whose device can do nothing. */
  #entry(): GPU {
    const { adapterName } = this;
    const requestAdapter = (): Promise<unknown> =>
      Promise.resolve(adapterName === undefined ? null : this.#adapter(adapterName));
    return Object.create(REAL_GPU, { requestAdapter: { value: requestAdapter } });
  }

  #adapter(description: string): unknown {
    const limits = {
      maxBufferSize: 2 ** 30,
      maxStorageBufferBindingSize: 2 ** 30,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 2 ** 14,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupSizeX: 256,
      maxComputeWorkgroupSizeY: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    };
    const requestDevice = (
      { requiredFeatures, requiredLimits }: GPUDeviceDescriptor,
    ): Promise<unknown> => {
      const features = [...requiredFeatures ?? []];
      if (!this.hasU64 && features.some((name) => String(name) === "wgpu-shader-int64")) {
        return Promise.reject(new TypeError("no such feature"));
      }
      const device = {
        limits,
        lost: new Promise(() => {}),
        destroy: () => void this.open.delete(device),
      };
      // Only the last device is asked for with limits, the others try features.
      if (requiredLimits) {
        this.open.add(device);
        this.opened += 1;
      }
      return Promise.resolve(device);
    };
    const info = { description, architecture: "", isFallbackAdapter: this.isSoftware };
    return { info, limits, features: new Set(), requestDevice };
  }

  #engine(variant: Variant, deviceName: string, close: () => void): SearchEngine {
    const engine: SearchEngine = {
      variant,
      deviceName,
      slicesInFlight: 3,
      leastInner: 50,
      guessedRate: 7,
      warmUp: (algorithm) => {
        this.measured.push(`${variant} ${algorithm}`);
        return Promise.resolve();
      },
      start: (plan) =>
        Promise.resolve({
          run: ({ count }) => {
            try {
              this.onRun(engine);
            } catch (error) {
              return Promise.reject(error);
            }
            this.clock.advance(count * plan.inner.length / this.perMs[variant]);
            return Promise.resolve([]);
          },
          end: () => {},
        }),
      close: () => {
        close();
      },
    };
    return engine;
  }
}

test("a GPU with one kernel for an algorithm needs no measuring", async () => {
  const machine = new Machine();
  assert.strictEqual(await machine.choose("sha256"), "u32");
  machine.hasU64 = false;
  assert.strictEqual(await machine.choose("blake2b"), "u32");
  assert.isEmpty(machine.measured);
  assert.isEmpty(machine.records());
});

test("of two kernels the one that was measured to be faster is chosen", async () => {
  for (const [u64, u32, fastest] of [[9000, 100, "u64"], [100, 9000, "u32"]] as const) {
    const machine = new Machine();
    Object.assign(machine.perMs, { u64, u32 });
    const engines = machine.engines();
    const engine = await engines.engineFor("blake2b");
    assert.strictEqual(engine.variant, fastest);
    assert.closeTo(engines.rateOf("blake2b"), 9000, 1e-6);
    assert.deepEqual(machine.measured, ["u64 blake2b", "u32 blake2b"]);
  }
});

test("the variant and its rate are remembered for the device", async () => {
  const machine = new Machine();
  await machine.choose();
  assert.deepEqual(machine.records(), [{
    device: "Fake 3000 (test), 0 cores",
    algorithm: "blake2b",
    variant: "u64",
    rate: 3000,
  }]);
  machine.measured.length = 0;
  const engines = machine.engines();
  assert.strictEqual((await engines.engineFor("blake2b")).variant, "u64");
  assert.strictEqual(engines.rateOf("blake2b"), 3000);
  assert.isEmpty(machine.measured);
  assert.strictEqual(machine.records().length, 1);
});

test("a remembered variant is used even if another would be faster now", async () => {
  const machine = new Machine();
  await machine.choose();
  machine.perMs.u32 = 10 ** 6;
  assert.strictEqual(await machine.choose(), "u64");
});

test("another adapter, other cores or another algorithm are measured for themselves", async () => {
  const machine = new Machine();
  machine.isSoftware = true;
  machine.threads = THREADS;
  await machine.choose("blake2b");
  await machine.choose("sha256");
  machine.adapterName = "Fake 4000";
  await machine.choose("blake2b");
  machine.threads = { ...THREADS, count: 9 };
  await machine.choose("blake2b");
  await machine.choose("blake2b");
  assert.deepEqual(machine.measured, [
    ...["u64 blake2b", "u32 blake2b", "wasm blake2b"],
    ...["u32 sha256", "wasm sha256"],
    ...["u64 blake2b", "u32 blake2b", "wasm blake2b"],
    ...["u64 blake2b", "u32 blake2b", "wasm blake2b"],
  ]);
  assert.strictEqual(machine.records().length, 4);
});

test("of several records of a device the last one counts", async () => {
  const machine = new Machine();
  const record = { device: "Fake 3000 (test), 0 cores", algorithm: "blake2b" };
  await machine.storage.appendRecord(MEASURED, { ...record, variant: "u64", rate: 1 });
  await machine.storage.appendRecord(MEASURED, { ...record, variant: "u32", rate: 5 });
  const engines = machine.engines();
  assert.strictEqual((await engines.engineFor("blake2b")).variant, "u32");
  assert.strictEqual(engines.rateOf("blake2b"), 5);
  assert.isEmpty(machine.measured);
});

test("records that are broken are passed over", async () => {
  const good = {
    device: "Fake 3000 (test), 0 cores",
    algorithm: "blake2b",
    variant: "u32",
    rate: 5,
  };
  const broken = [
    ...[null, 7, "u64", [], {}],
    ...[{ ...good, device: 3 }, { ...good, algorithm: "md5" }, { ...good, variant: "u128" }],
    ...[{ ...good, rate: 0 }, { ...good, rate: -1 }, { ...good, rate: null }, {
      ...good,
      rate: "5",
    }],
  ];
  const machine = new Machine();
  for (const record of broken) await machine.storage.appendRecord(MEASURED, record);
  assert.strictEqual(await machine.choose(), "u64");
  assert.strictEqual(machine.measured.length, 2);
  await machine.storage.appendRecord(MEASURED, good);
  for (const record of broken) await machine.storage.appendRecord(MEASURED, record);
  assert.strictEqual(await machine.choose(), "u32");
});

test("a remembered variant that cannot run here any more is measured anew", async () => {
  const machine = new Machine();
  await machine.choose();
  machine.hasU64 = false;
  machine.isSoftware = true;
  machine.threads = { ...THREADS, count: 0 };
  machine.measured.length = 0;
  assert.strictEqual(await machine.choose(), "u32");
  assert.deepEqual(machine.measured, ["u32 blake2b", "wasm blake2b"]);
});

test("threads are measured beside a software GPU, not beside a real one", async () => {
  const machine = new Machine();
  machine.threads = THREADS;
  machine.perMs.wasm = 10 ** 6;
  assert.strictEqual(await machine.choose("blake2b"), "u64");
  machine.isSoftware = true;
  machine.adapterName = "llvmpipe";
  assert.strictEqual(await machine.choose("blake2b"), "wasm");
});

test("SwiftShader gives way to threads unmeasured, where there are some", async () => {
  const machine = new Machine();
  machine.adapterName = "SwiftShader Device (Subzero)";
  machine.hasU64 = false;
  assert.strictEqual(await machine.choose(), "u32");
  machine.threads = THREADS;
  assert.strictEqual(await machine.choose(), "wasm");
  assert.isEmpty(machine.measured);
});

test("without a GPU threads do the work", async () => {
  const machine = new Machine();
  machine.adapterName = undefined;
  machine.threads = THREADS;
  const engines = machine.engines();
  assert.strictEqual((await engines.engineFor("blake2b")).deviceName, "8 threads");
  assert.strictEqual((await engines.engineFor("sha256")).variant, "wasm");
  assert.strictEqual(machine.open.size, 1, "both algorithms share the threads");
  assert.isEmpty(machine.measured);
  await engines.close();
  assert.strictEqual(machine.open.size, 0);
});

test("neither GPU nor threads is a WeftError, and is tried again", async () => {
  const machine = new Machine();
  machine.adapterName = undefined;
  const engines = machine.engines();
  assert.instanceOf(await rejection(engines.engineFor("blake2b")), WeftError);
  machine.adapterName = "Fake 3000";
  assert.strictEqual((await engines.engineFor("blake2b")).variant, "u64");
});

test("the variant that was asked for is used, unmeasured", async () => {
  for (const variant of ["u64", "u32", "wasm"] as const) {
    const machine = new Machine();
    machine.threads = THREADS;
    assert.strictEqual(await machine.choose("blake2b", variant), variant);
    assert.isEmpty(machine.measured);
  }
});

test("the variant wasm opens no GPU", async () => {
  const machine = new Machine();
  machine.threads = THREADS;
  await machine.choose("blake2b", "wasm");
  assert.strictEqual(machine.opened, 0);
});

test("a variant that cannot run here is a WeftError that names those that can", async () => {
  const machine = new Machine();
  machine.hasU64 = false;
  const noU64 = await rejection(machine.choose("blake2b", "u64"));
  assert.instanceOf(noU64, WeftError);
  assert.match(noU64.message, /u64 cannot run on Fake 3000, expected one of u32/);
  const noThreads = await rejection(machine.choose("blake2b", "wasm"));
  assert.instanceOf(noThreads, WeftError);
  assert.include(noThreads.message, "threads");
  machine.adapterName = undefined;
  machine.threads = THREADS;
  const noGpu = await rejection(machine.choose("blake2b", "u32"));
  assert.instanceOf(noGpu, WeftError);
  assert.match(noGpu.message, /u32 cannot run on a machine without GPU, expected one of wasm/);
});

test("an engine is opened once, for calls one after another or at the same time", async () => {
  const machine = new Machine();
  const engines = machine.engines();
  const [one, two] = await Promise.all([
    engines.engineFor("blake2b"),
    engines.engineFor("blake2b"),
  ]);
  assert.strictEqual(one, two);
  assert.strictEqual(await engines.engineFor("blake2b"), one);
  await engines.engineFor("sha256");
  assert.strictEqual(machine.opened, 1);
  assert.strictEqual(machine.measured.length, 2);
});

test("discard() opens a new device for what is asked for next, without measuring", async () => {
  const machine = new Machine();
  const engines = machine.engines();
  const [blake2b, sha256] = [
    await engines.engineFor("blake2b"),
    await engines.engineFor("sha256"),
  ];
  assert.isTrue(engines.discard(blake2b));
  const next = await engines.engineFor("blake2b");
  assert.notStrictEqual(next, blake2b);
  assert.notStrictEqual(await engines.engineFor("sha256"), sha256, "it was on the same device");
  assert.strictEqual(machine.opened, 2);
  assert.strictEqual(machine.measured.length, 2);
});

test("discard() of an engine on a device that is gone already changes nothing", async () => {
  const machine = new Machine();
  const engines = machine.engines();
  const [blake2b, sha256] = [
    await engines.engineFor("blake2b"),
    await engines.engineFor("sha256"),
  ];
  engines.discard(blake2b);
  const next = await engines.engineFor("blake2b");
  assert.isFalse(engines.discard(blake2b));
  assert.isFalse(engines.discard(sha256));
  assert.strictEqual(await engines.engineFor("blake2b"), next);
  assert.strictEqual(machine.opened, 2);
});

test("discard() of the threads stops them and starts new ones", async () => {
  const machine = new Machine();
  machine.threads = THREADS;
  const engines = machine.engines("wasm");
  const lost = await engines.engineFor("blake2b");
  assert.isTrue(engines.discard(lost));
  assert.strictEqual(machine.open.size, 0);
  const next = await engines.engineFor("blake2b");
  assert.notStrictEqual(next, lost);
  assert.isFalse(engines.discard(lost));
  assert.strictEqual(await engines.engineFor("blake2b"), next);
  await engines.close();
});

test("after a loss threads go on where the GPU does not come back", async () => {
  const machine = new Machine();
  machine.threads = THREADS;
  const engines = machine.engines();
  engines.discard(await engines.engineFor("blake2b"));
  machine.adapterName = undefined;
  assert.strictEqual((await engines.engineFor("blake2b")).variant, "wasm");
  await engines.close();
});

test("a device that is lost while it is measured is not kept", async () => {
  const machine = new Machine();
  const engines = machine.engines();
  machine.onRun = ({ variant }) => {
    if (variant === "u32") throw new EngineLostError("gone");
  };
  assert.instanceOf(await rejection(engines.engineFor("blake2b")), EngineLostError);
  assert.isEmpty(machine.records());
  machine.onRun = () => {};
  await engines.engineFor("blake2b");
  assert.strictEqual(machine.opened, 2);
});

test("close() frees device and threads, and the next engine is opened anew", async () => {
  const machine = new Machine();
  machine.threads = THREADS;
  machine.isSoftware = true;
  const engines = machine.engines();
  await engines.engineFor("blake2b");
  assert.strictEqual(machine.open.size, 2);
  await engines.close();
  assert.strictEqual(machine.open.size, 0);
  await engines.engineFor("blake2b");
  assert.strictEqual(machine.opened, 2);
  await engines.close();
});

test("close() while engines are being opened leaves none open", async () => {
  for (const variant of [undefined, "wasm"] as const) {
    const machine = new Machine();
    machine.threads = THREADS;
    machine.isSoftware = true;
    const engines = machine.engines(variant);
    const opening = engines.engineFor("blake2b");
    await engines.close();
    await opening;
    assert.strictEqual(machine.open.size, 0);
  }
});

test("close() without an engine does nothing", async () => {
  const machine = new Machine();
  await machine.engines().close();
  assert.strictEqual(machine.opened, 0);
});

test("rateOf() an algorithm without engine is a cautious guess", () => {
  assert.strictEqual(new Machine().engines().rateOf("sha256"), 1);
});

test("rateOf() an engine that was not measured is the engine's own guess", async () => {
  const engines = new Machine().engines("u32");
  await engines.engineFor("blake2b");
  assert.strictEqual(engines.rateOf("blake2b"), 7);
});
