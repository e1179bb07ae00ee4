/**
 * The seal kernels against the CPU, and whole searches on a GPU. SwiftShader compiles the kernel with
 * all rounds written out for five seconds, so that there only the other one is tried.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import {
  openGpuSealEngine,
  promisingSealVariants,
  runnableSealVariants,
} from "../../core/hash/gpu_seal_engine.ts";
import { openSealEngine, type SealHost } from "../../core/hash/open_seal_engine.ts";
import {
  boundHashOf,
  limitWordOf,
  type SealEndianness,
  sealNumber,
  sealOf,
} from "../../core/formats/registration_seal.ts";
import type { SealBatch, SealEngine, SealVariant } from "../../core/hash/seal_engine.ts";
import { SealSearch, type SealTask } from "../../core/hash/seal_search.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeClock } from "../harness/memory_host.ts";
import { type GpuHooks, overriding } from "../harness/shared_gpu.ts";
import { openSharedGpu, shared } from "../model/shared.ts";
import { openTestGpu } from "../ops/device.ts";
import { turns } from "./fake_seal_engine.ts";
import { ALICE, BLOCK_HASH, BOUND_HASH, DIFFICULTY, FIRST, NEAR, taskOf } from "./seal_vectors.ts";

const gpu = await openSharedGpu();
const TRIED: readonly SealVariant[] = !gpu.isSoftware || gpu.features.has("wgpu-shader-int64")
  ? runnableSealVariants(gpu)
  : promisingSealVariants(gpu);
const [BEST] = promisingSealVariants(gpu);
const ENDIANNESSES: readonly SealEndianness[] = ["little", "big"];
const HIGHEST_U64 = 2n ** 64n - 1n;
const SPAN = 2n ** 32n;

/** What a kernel must find: the highest 32 bits of a seal. */
function wordOf(boundHash: Uint8Array, nonce: bigint, endianness: SealEndianness): number {
  return Number(sealNumber(sealOf(boundHash, nonce), endianness) >> 224n);
}

/** A window of nonces and, by the CPU, where in it the least word is. */
function windowOf(
  boundHash: Uint8Array,
  first: bigint,
  count: number,
  endianness: SealEndianness,
): { batch: SealBatch; words: number[]; leastAt: number } {
  const words = Array.from(
    { length: count },
    (_, i) => wordOf(boundHash, first + BigInt(i), endianness),
  );
  const limitWord = Math.min(...words);
  const batch = { boundHash, endianness, limitWord, first, count };
  return { batch, words, leastAt: words.indexOf(limitWord) };
}

for (const variant of TRIED) {
  const engine = openGpuSealEngine(gpu, variant);

  for (const endianness of ENDIANNESSES) {
    const named = `${variant}, ${endianness}-endian`;

    test(`${named}: the first nonce of difficulty 1000 is the chain's`, async () => {
      const found = await engine.run({
        ...{ boundHash: BOUND_HASH, endianness, limitWord: limitWordOf(DIFFICULTY) },
        ...{ first: 0n, count: 1000 },
      });
      assert.strictEqual(found, Number(FIRST[endianness].nonce));
    });

    test(`${named}: the least seal of windows all over the nonces is where the CPU has it`, async () => {
      const firsts = [0n, 5n, SPAN - 300n, SPAN, 0x0123456789abcdefn, 2n ** 64n - 300n];
      for (const [index, first] of firsts.entries()) {
        const boundHash = boundHashOf(new Uint8Array(32).fill(index), ALICE);
        const { batch, leastAt } = windowOf(boundHash, first, 300, endianness);
        assert.strictEqual(await engine.run(batch), leastAt, `from ${first}`);
        const below = { ...batch, limitWord: batch.limitWord - 1 };
        assert.isUndefined(await engine.run(below), `from ${first}`);
      }
    });
  }

  test(`${variant}: of several nonces below the limit the first is told`, async () => {
    const { batch, words } = windowOf(BOUND_HASH, 1000n, 200, "little");
    const sorted = words.toSorted((x, y) => x - y);
    for (const limitWord of [sorted[1], sorted[9], sorted[199], 2 ** 32 - 1]) {
      const first = words.findIndex((word) => word <= limitWord);
      assert.strictEqual(await engine.run({ ...batch, limitWord }), first);
    }
  });

  test(`${variant}: a batch tries its own nonces and no others`, async () => {
    // The least word is in the middle: at 153 of 300.
    const { batch, leastAt } = windowOf(BOUND_HASH, 15_000n, 300, "little");
    const least = batch.first + BigInt(leastAt);
    for (const count of [1, 2, 63, 64, 65, 128, 129]) {
      const upToLeast = { ...batch, first: least - BigInt(count - 1), count };
      assert.strictEqual(await engine.run(upToLeast), count - 1, `${count} up to the least`);
      const before = { ...upToLeast, first: upToLeast.first - 1n };
      assert.isUndefined(await engine.run(before), `${count} before the least`);
      assert.strictEqual(await engine.run({ ...batch, first: least, count }), 0);
      assert.isUndefined(await engine.run({ ...batch, first: least + 1n, count }));
    }
  });

  test(`${variant}: batches on their way together keep their answers apart`, async () => {
    const windows = [1, 2, 3, 4].map((n) => {
      const boundHash = boundHashOf(new Uint8Array(32).fill(n), BLOCK_HASH);
      return windowOf(boundHash, BigInt(n) * SPAN, 100 + n, n % 2 ? "little" : "big");
    });
    const found = await Promise.all(windows.map(({ batch }) => engine.run(batch)));
    assert.deepEqual(found, windows.map(({ leastAt }) => leastAt));
  });
}

const engine: SealEngine = openGpuSealEngine(gpu, BEST);

test("a grid of two dimensions tries every nonce up to the last", async () => {
  // Found by an earlier search: no nonce below has so small a word.
  const nonce = 18_034_001n;
  const count = 2 ** 21 + 65;
  const batch = { boundHash: BOUND_HASH, endianness: "little", limitWord: 204 } as const;
  const first = nonce - BigInt(count - 1);
  assert.strictEqual(wordOf(BOUND_HASH, nonce, "little"), 204);
  assert.strictEqual(await engine.run({ ...batch, first, count }), count - 1);
});

test("batches and other blocks allocate nothing, and close() frees what the engine holds", async () => {
  const before = { ...gpu.memory };
  const own = openGpuSealEngine(gpu, BEST);
  await own.warmUp("little");
  const { bytes } = gpu.memory;
  assert.isAbove(bytes, before.bytes);
  for (let n = 0; n < 10; n++) {
    const { batch } = windowOf(new Uint8Array(32).fill(n), 0n, 5, "little");
    await own.run(batch);
    assert.strictEqual(gpu.memory.bytes, bytes);
  }
  own.close();
  await turns();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
});

test("an engine that cannot start is tried again, and says why it could not", async () => {
  let isFull = true;
  const hooks: GpuHooks = {
    onCreateBuffer: (label) => {
      if (isFull && label.includes("parameters")) throw new Error("no room");
    },
  };
  const own = openGpuSealEngine(await openSharedGpu(undefined, hooks), BEST);
  assert.include((await rejection(own.warmUp("little"))).message, "no room");
  isFull = false;
  const { batch, leastAt } = windowOf(BOUND_HASH, 0n, 100, "little");
  assert.strictEqual(await own.run(batch), leastAt);
});

/** A host with a clock of its own, whose device goes through hooks. */
function hostWith(hooks: GpuHooks = {}): SealHost & { readonly clock: FakeClock } {
  const log = { debug(): void {}, info(): void {}, warn(): void {}, error(): void {} };
  const webgpu = (): ReturnType<SealHost["webgpu"]> =>
    Promise.resolve({ gpu: shared.entry(hooks), backend: "test" });
  return { clock: new FakeClock(), log, webgpu };
}

/** Searches on the GPU with the variant that promises most, and closes all of it. */
async function searching<T>(
  use: (search: SealSearch, task: SealTask) => Promise<T>,
  host: SealHost = hostWith(),
): Promise<T> {
  const search = new SealSearch(host, (each) => openSealEngine(each, BEST));
  try {
    return await use(search, taskOf({ difficulty: DIFFICULTY }));
  } finally {
    search.close();
  }
}

for (const endianness of ENDIANNESSES) {
  test(`a search on the GPU finds the chain's seal, ${endianness}-endian`, async () => {
    const found = await searching((search, task) => search.search({ ...task, endianness }));
    const { nonce, seal } = FIRST[endianness];
    assert.deepInclude(found, { nonce, tried: nonce + 1n });
    assert.strictEqual(bytesToHex(found?.seal ?? new Uint8Array()), seal);
  });
}

test("a search on the GPU goes on with 0 after the last nonce", async () => {
  const startNonce = 2n ** 64n - 5n;
  const found = await searching((search, task) => search.search({ ...task, startNonce }));
  assert.deepInclude(found, { nonce: 27n, tried: 33n });
});

test("a search on the GPU with difficulty 1 takes its first nonce", async () => {
  const startNonce = HIGHEST_U64;
  await searching(async (search, task) => {
    const found = await search.search({ ...task, difficulty: 1n, startNonce });
    assert.deepInclude(found, { nonce: startNonce, tried: 1n });
  });
});

test("a search on the GPU passes over a seal that only comes near", async () => {
  const { difficulty, nonce, next } = NEAR;
  const startNonce = nonce - 100n;
  const found = await searching((search, task) =>
    search.search({ ...task, difficulty, startNonce })
  );
  assert.deepInclude(found, { nonce: next, tried: next - startNonce + 1n });
});

test("a search on the GPU for what cannot be found ends when it is stopped", async () => {
  const stop = new AbortController();
  const host = hostWith({ onSubmit: () => (host.clock.advance(10), true) });
  const tried: bigint[] = [];
  const found = await searching(
    (search, task) =>
      search.search({ ...task, difficulty: HIGHEST_U64 }, {
        signal: stop.signal,
        onProgress: (progress) => {
          tried.push(progress.tried);
          if (tried.length === 3) stop.abort();
        },
      }),
    host,
  );
  assert.isUndefined(found);
  assert.lengthOf(tried, 3);
});

test("a GPU that lets seals through that are far above the limit is found out", async () => {
  // The limit is the fourth of the parameters.
  const onWrite: GpuHooks["onWrite"] = (label, bytes) => {
    if (label.includes("parameters")) new DataView(bytes.buffer).setUint32(12, 2 ** 32 - 1, true);
    return bytes;
  };
  const error = await rejection(
    searching((search, task) => search.search(task), hostWith({ onWrite })),
  );
  assert.instanceOf(error, WeftError);
  assert.include(error.message, "computes wrongly");
});

test("a variant that the GPU lacks is a WeftError that names those it has", async () => {
  const host = hostWith();
  const { gpu } = await host.webgpu();
  const without: GPU = overriding(gpu, {
    requestAdapter: async () => {
      const adapter = await gpu.requestAdapter();
      return adapter && overriding(adapter, {
        requestDevice: (descriptor) =>
          [...descriptor?.requiredFeatures ?? []].some((name) => String(name).includes("int64"))
            ? Promise.reject(new TypeError("no such feature"))
            : adapter.requestDevice(descriptor),
      });
    },
  });
  const webgpu = (): ReturnType<SealHost["webgpu"]> =>
    Promise.resolve({ gpu: without, backend: "test" });
  const error = await rejection(openSealEngine({ ...host, webgpu }, "u64"));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /u64 cannot run on .*, expected one of u32, u32-looped$/);
});

test("a device that is lost ends a search as a loss; the next search opens it anew", async () => {
  let isLost = false;
  await searching(async (search, task) => {
    const losing = search.search({ ...task, difficulty: HIGHEST_U64 }, {
      onProgress: () => {
        if (isLost) return;
        isLost = true;
        shared.loseStandIns("it fell off the bus");
      },
    });
    assert.instanceOf(await rejection(losing), EngineLostError);
    assert.strictEqual((await search.search(task))?.nonce, 27n);
  });
});

test("a device that is really lost fails what runs and what starts, as a loss", async () => {
  const lostGpu = await openTestGpu();
  const own = openGpuSealEngine(lostGpu, BEST);
  const { batch } = windowOf(BOUND_HASH, 0n, 10, "little");
  lostGpu.device.destroy();
  for (const each of [own.warmUp("little"), own.run(batch)].map(rejection)) {
    assert.instanceOf(await each, EngineLostError);
  }
});
