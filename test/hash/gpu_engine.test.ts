/**
 * The kernels against the CPU. A software adapter compiles one of BLAKE2b for seconds, so the cases
 * share few pairs of inner word and words in use, each of which is a pipeline of its own.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { seededRandom } from "../../core/data/random.ts";
import { gridOf, read, readWrite } from "../../core/gpu/kernel.ts";
import { Launcher } from "../../core/gpu/launcher.ts";
import { createTensor, destroyTensor } from "../../core/gpu/tensor.ts";
import { type GpuVariant, openGpuEngine } from "../../core/hash/gpu_engine.ts";
import { createTarget, type HashTarget } from "../../core/hash/hash_target.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { hashMode } from "../../core/hash/modes.ts";
import { EngineLostError, type Search, type SearchEngine } from "../../core/hash/search_engine.ts";
import {
  candidateIndex,
  createPlan,
  type SearchPlan,
  type Slice,
} from "../../core/hash/search_plan.ts";
import candidatesSource from "../../shaders/candidates.wgsl" with { type: "text" };
import { rejection } from "../gpu/dispatch.ts";
import { openSharedGpu, shared } from "../model/shared.ts";
import { openTestGpu } from "../ops/device.ts";
import { absentTarget, type Challenge, challengeAt, saltOf } from "./challenge.ts";

const gpu = await openSharedGpu();
const VARIANTS: readonly GpuVariant[] = gpu.features.has("wgpu-shader-int64")
  ? ["u64", "u32"]
  : ["u32"];
/** Notes every second invocation from `first_outer` to the last one. */
const FLAT_INDEX = `
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  if (index < params.outer_count && index >= params.first_outer && index % 2u == 1u) {
    note_suspect(index);
  }
}`;
const NONE = new Uint8Array();

/** Runs slices of a plan and ends the search. */
async function searchSlices(
  engine: SearchEngine,
  plan: SearchPlan,
  slices: readonly Slice[],
): Promise<bigint[]> {
  const search = await engine.start(plan);
  const found = await Promise.all(slices.map(async (slice) => {
    const suspects = await search.run(slice);
    return suspects.map(({ outer, innerFirst, innerCount }) => {
      assert.deepEqual([innerFirst, innerCount], [0, plan.inner.length]);
      return candidateIndex(plan, slice.group, outer);
    });
  }));
  search.end();
  return found.flat().toSorted((x, y) => Number(x - y));
}

function wholeGroup(plan: SearchPlan): Slice {
  return { group: 0n, first: 0, count: plan.groupSize };
}

/** The start of the inner table that holds the password. */
function expectedIndex(plan: SearchPlan, { index }: Challenge): bigint {
  return index - index % BigInt(plan.inner.length);
}

/** The slice of some outer indices around a challenge's password. */
function sliceAround(plan: SearchPlan, { index }: Challenge, before: number, count: number): Slice {
  const outer = index / BigInt(plan.inner.length);
  const groupSize = BigInt(plan.groupSize);
  return { group: outer / groupSize, first: Number(outer % groupSize) - before, count };
}

interface KernelCase {
  readonly mode: number;
  readonly mask: string;
  /** Bytes of salt. */
  readonly salts: readonly number[];
  /** Constants of the pipelines that the case asks for. */
  readonly innerWord: number;
}

/** Literals that have no meaning in a mask. */
function filler(length: number): string {
  return "Literals, of which there are many".slice(0, length);
}

const CASES: readonly KernelCase[] = [
  // One byte of message, every byte value, all words in use, and an empty or a short salt.
  { mode: 600, mask: "?d", salts: [0], innerWord: 0 },
  { mode: 600, mask: "?b?d", salts: [0], innerWord: 0 },
  { mode: 600, mask: `?l?d${filler(30)}`, salts: [0], innerWord: 0 },
  { mode: 610, mask: "?l?d?u?d-?s?d", salts: [0, 16, 25], innerWord: 0 },
  { mode: 620, mask: "?d?d?dx", salts: [0, 1], innerWord: 0 },
  // The other half of a 64-bit word, after salts that end within their word and at its end.
  { mode: 620, mask: "x?d?l?d", salts: [3], innerWord: 1 },
  { mode: 620, mask: "?d?d?l?d", salts: [4], innerWord: 1 },
  // The second column of the first round, and the longest message.
  { mode: 610, mask: `${filler(28)}?d?d?l?d`, salts: [64], innerWord: 7 },
  // The third column: one more word in use.
  { mode: 620, mask: `${filler(24)}?d?l?d?d`, salts: [8], innerWord: 8 },
  // The fourth column, and all eight words in use.
  { mode: 620, mask: `${filler(13)}?d?l?d?d${filler(4)}`, salts: [43], innerWord: 14 },
  // None of the first round's columns.
  { mode: 620, mask: `?d${filler(28)}?d?l?d`, salts: [63], innerWord: 23 },
  { mode: 620, mask: `?d?d${filler(26)}?d?d?b?d`, salts: [64], innerWord: 23 },
  { mode: 1400, mask: "?d", salts: [0], innerWord: 0 },
  { mode: 1400, mask: "?b?d?b", salts: [0], innerWord: 0 },
  { mode: 1400, mask: `${filler(26)}?d?d?l?d`, salts: [0], innerWord: 7 },
  // The lengths at which words in use and blocks change.
  { mode: 1410, mask: "?l?d?u?d-?s?d", salts: [0, 16, 24, 25, 48], innerWord: 0 },
  { mode: 1410, mask: "?l?d?u?d-?s?d", salts: [49, 56, 57, 64], innerWord: 0 },
  { mode: 1410, mask: `?l?d?d?d${filler(28)}`, salts: [23, 24, 64], innerWord: 0 },
];

for (const variant of VARIANTS) {
  const engine = openGpuEngine(gpu, variant);

  for (const { mode, mask, salts, innerWord } of CASES) {
    if (variant === "u64" && hashMode(mode).algorithm === "sha256") continue;
    const named = `${variant}: mode ${mode}, mask ${mask}`;
    test(`${named} is searched as the CPU hashes, with salts of ${salts} bytes`, async () => {
      for (const bytes of salts) {
        await assertFinds(engine, mode, Keyspace.fromMask(mask), saltOf(bytes), innerWord);
      }
    });
  }

  test(`${variant}: each candidate of a small keyspace is found, at its own index only`, async () => {
    const keyspace = Keyspace.fromMask("?1x?1?1-?2?2", ["abc", "01"]);
    for (const mode of [610, 1410]) {
      const plan = createPlan(absentTarget(hashMode(mode), saltOf(5)), keyspace, 9);
      assert.deepEqual([plan.inner.length, plan.groupSize], [9, 12]);
      const indices = Array.from({ length: Number(keyspace.size) }, (_, i) => BigInt(i));
      await Promise.all(indices.map(async (index) => {
        const challenge = challengeAt(mode, keyspace, index, saltOf(5));
        const wanted = createPlan(challenge.target, keyspace, 9);
        const found = await searchSlices(engine, wanted, [wholeGroup(wanted)]);
        assert.deepEqual(found, [expectedIndex(wanted, challenge)]);
      }));
    }
  });

  test(`${variant}: a slice tries its own outer indices and no others`, async () => {
    const keyspace = Keyspace.fromMask("?d?dx?d?d?d");
    const challenge = challengeAt(610, keyspace, 64_999n, NONE);
    const plan = createPlan(challenge.target, keyspace, 50);
    const outer = 649;
    const slices = [[0, outer], [outer + 1, 350], [outer, 1], [outer - 63, 64], [outer - 64, 64]]
      .map(([first, count]) => ({ group: 0n, first, count }));
    const search = await engine.start(plan);
    // All of them are on their way at once.
    const hits = await Promise.all(slices.map((slice) => search.run(slice)));
    search.end();
    assert.deepEqual(hits.map((suspects) => suspects.map((each) => each.outer)), [
      [],
      [],
      [outer],
      [outer],
      [],
    ]);
  });

  test(`${variant}: high digits of a keyspace of 2^61 are set`, async () => {
    const random = seededRandom(61);
    const keyspace = Keyspace.fromMask("?l" + "?d".repeat(17));
    for (const mode of [610, 1410]) {
      for (let i = 0; i < 5; i++) {
        const index = BigInt(Math.floor(random() * 2 ** 52)) * keyspace.size >> 52n;
        const challenge = challengeAt(mode, keyspace, index, saltOf(3));
        const plan = createPlan(challenge.target, keyspace, 50);
        assert.isAtLeast(plan.high.length, 6);
        const { first } = sliceAround(plan, challenge, 0, 1);
        const count = Math.min(129, plan.groupSize - first + 70);
        const slice = sliceAround(plan, challenge, Math.min(70, first), count);
        const found = await searchSlices(engine, plan, [slice]);
        assert.deepEqual(found, [expectedIndex(plan, challenge)]);
      }
    }
  });

  test(`${variant}: the last outer index of a group of exactly 2^31 is tried`, async () => {
    const two = Uint8Array.of(0x61, 0x62);
    const keyspace = new Keyspace(Array.from({ length: 32 }, () => two));
    const challenge = challengeAt(600, keyspace, 2n ** 32n - 1n);
    const plan = createPlan(challenge.target, keyspace, 2);
    const slice = { group: 0n, first: 2 ** 31 - 65, count: 65 };
    assert.deepEqual(await searchSlices(engine, plan, [slice]), [2n ** 32n - 2n]);
  });
}

/** Asserts that the first, the last and some candidates are found, and an absent one is not. */
async function assertFinds(
  engine: SearchEngine,
  modeNumber: number,
  keyspace: Keyspace,
  salt: Uint8Array,
  innerWord: number,
): Promise<void> {
  const random = seededRandom(modeNumber + salt.length);
  const somewhere = BigInt(Math.floor(random() * Number(keyspace.size)));
  const indices = new Set([0n, somewhere, keyspace.size - 1n]);
  await Promise.all([...indices].map(async (index) => {
    const challenge = challengeAt(modeNumber, keyspace, index, salt);
    const plan = createPlan(challenge.target, keyspace, engine.leastInner);
    assert.strictEqual(plan.innerWord, innerWord);
    const { first } = sliceAround(plan, challenge, 0, 1);
    // Odd counts: whole workgroups are what a kernel gets right by itself.
    const from = Math.max(0, first - 77);
    const slice = { group: 0n, first: from, count: Math.min(135, plan.groupSize - from) };
    const found = await searchSlices(engine, plan, [slice]);
    assert.deepEqual(found, [expectedIndex(plan, challenge)], `index ${index}`);
    const absent = createPlan(absentTarget(hashMode(modeNumber), salt), keyspace, 50);
    assert.isEmpty(await searchSlices(engine, absent, [slice]));
  }));
}

const u32 = openGpuEngine(gpu, "u32");

function planFor(target: HashTarget, mask: string): SearchPlan {
  return createPlan(target, Keyspace.fromMask(mask), u32.leastInner);
}

test("a keyspace of one candidate is searched", async () => {
  for (const mode of [600, 1400]) {
    for (const mask of ["x", "just letters"]) {
      const challenge = challengeAt(mode, Keyspace.fromMask(mask), 0n);
      const plan = planFor(challenge.target, mask);
      assert.deepEqual([plan.inner.length, plan.groupSize], [1, 1]);
      assert.deepEqual(await searchSlices(u32, plan, [wholeGroup(plan)]), [0n]);
    }
  }
});

test("a digest that differs only where kernels do not look is a suspect", async () => {
  for (const mode of [600, 1400]) {
    const { target } = challengeAt(mode, Keyspace.fromMask("?d?d"), 42n);
    const digest = target.digest.slice();
    digest[digest.length / 2] ^= 0x80;
    const plan = planFor(createTarget(target.mode, digest, NONE), "?d?d");
    assert.deepEqual(await searchSlices(u32, plan, [wholeGroup(plan)]), [0n]);
  }
});

test("invocations of a grid of two dimensions count on without a gap", async () => {
  const [first, last] = [2 ** 21 - 1, 2 ** 21 + 64];
  const kernel = { name: "flat index", source: candidatesSource + FLAT_INDEX };
  const suspects = createTensor(gpu, "suspects", "u32", 1, 64);
  const tables = [createTensor(gpu, "a", "u32", 1, 4), createTensor(gpu, "b", "u32", 1, 4)];
  const launcher = await Launcher.prepare(gpu, {
    kernel,
    label: "flat index",
    constants: { WORKGROUP: 64 },
    bindings: [...tables.map(({ parts }) => read(parts[0])), readWrite(suspects.parts[0])],
  }, 4 * 168);
  const [part] = suspects.parts;
  launcher.run(Uint32Array.of(first, last + 1), gridOf(last + 1, 64), part.buffer);
  const [bytes] = await gpu.readback.read([part]);
  const [count, ...found] = new Uint32Array(bytes.buffer);
  const expected = Array.from({ length: 34 }, (_, i) => first + 2 * i).slice(0, count);
  assert.deepEqual(found.slice(0, count).toSorted((x, y) => x - y), expected);
  assert.strictEqual(count, 33);
  launcher.destroy();
  for (const tensor of [suspects, ...tables]) destroyTensor(gpu, tensor);
});

test("the largest inner table is walked to its last entry", async () => {
  const half = Uint8Array.from({ length: 128 }, (_, i) => 255 - i);
  const keyspace = new Keyspace([half, half, Uint8Array.of(1, 2, 3)]);
  for (const mode of [600, 1400]) {
    for (const index of [2n ** 14n - 1n, 2n ** 14n, 3n * 2n ** 14n - 1n]) {
      const challenge = challengeAt(mode, keyspace, index);
      const plan = createPlan(challenge.target, keyspace, 2 ** 20);
      assert.strictEqual(plan.inner.length, 2 ** 14);
      const found = await searchSlices(u32, plan, [wholeGroup(plan)]);
      assert.deepEqual(found, [expectedIndex(plan, challenge)]);
    }
  }
});

test("hits of several invocations are all told", async () => {
  const { target, keyspace } = challengeAt(600, Keyspace.fromMask("?d?d?d?d"), 2_345n);
  const plan = createPlan(target, keyspace, 50);
  const [third, fourth] = plan.low;
  // A digit that is the password's whatever its value: ten candidates are the same.
  const always = { ...fourth, charset: fourth.charset.map(() => "2".charCodeAt(0)) };
  const same = { ...plan, low: [third, always] };
  const found = await searchSlices(u32, same, [wholeGroup(plan)]);
  assert.deepEqual(found, Array.from({ length: 10 }, (_, i) => BigInt(i * 1000 + 300)));
});

test("more hits than chance can give are an error: something is broken", async () => {
  const { target, keyspace } = challengeAt(600, Keyspace.fromMask("?d?d?d?d"), 0n);
  const plan = createPlan(target, keyspace, 50);
  const low = plan.low.map((digit) => ({ ...digit, charset: digit.charset.map(() => 0x30) }));
  const error = await rejection(searchSlices(u32, { ...plan, low }, [wholeGroup(plan)]));
  assert.include(error.message, "100 suspects in one slice");
});

test("searches of different plans may run at the same time", async () => {
  const challenges = [
    challengeAt(600, Keyspace.fromMask("?d?d?d"), 345n),
    challengeAt(1400, Keyspace.fromMask("?d?d?d?d"), 9_999n),
    challengeAt(600, Keyspace.fromMask("?l?l?l?l"), 300_000n),
  ];
  const searches: { search: Search; plan: SearchPlan }[] = [];
  for (const { target, keyspace } of challenges) {
    const plan = createPlan(target, keyspace, 50);
    searches.push({ search: await u32.start(plan), plan });
  }
  const found = await Promise.all(
    searches.map(({ search, plan }) => search.run(wholeGroup(plan))),
  );
  for (const { search } of searches) search.end();
  const indices = found.map((suspects, i) =>
    suspects.map(({ outer }) => candidateIndex(searches[i].plan, 0n, outer))
  );
  assert.deepEqual(indices, challenges.map((each, i) => [expectedIndex(searches[i].plan, each)]));
});

test("slices allocate nothing, and end() frees what a search holds", async () => {
  const plan = planFor(absentTarget(hashMode(600)), "?d?d?d?d");
  const warm = await u32.start(plan);
  await Promise.all([0, 1, 2].map((first) => warm.run({ group: 0n, first, count: 1 })));
  warm.end();
  const before = { ...gpu.memory };
  const search = await u32.start(plan);
  const { bytes } = gpu.memory;
  assert.isAbove(bytes, before.bytes);
  for (let first = 0; first < 20; first++) {
    await search.run({ group: 0n, first, count: 1 });
    assert.strictEqual(gpu.memory.bytes, bytes);
  }
  search.end();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
});

test("warmUp() leaves nothing behind but read buffers", async () => {
  await u32.warmUp("sha256");
  const { bytes } = gpu.memory;
  await u32.warmUp("sha256");
  assert.strictEqual(gpu.memory.bytes, bytes);
});

test("a search that cannot start frees what it had", async () => {
  const hooks = {
    onCreateBuffer: (label: string): void => {
      if (label.includes("parameters")) throw new Error("no room");
    },
  };
  const full = await openSharedGpu(undefined, hooks);
  const engine = openGpuEngine(full, "u32");
  const error = await rejection(engine.start(planFor(absentTarget(hashMode(600)), "?d")));
  assert.include(error.message, "no room");
  assert.strictEqual(full.memory.buffers, 1, "the read buffer stays in its pool");
});

test("a device that is lost fails what runs and what is started later as a loss", async () => {
  const lostGpu = await openSharedGpu();
  const engine = openGpuEngine(lostGpu, "u32");
  const search = await engine.start(planFor(absentTarget(hashMode(600)), "?d?d?d"));
  const slice = { group: 0n, first: 0, count: 10 };
  const running = [search.run(slice), search.run(slice)].map(rejection);
  await shared.loseStandIns("it fell off the bus");
  for (const error of await Promise.all(running)) assert.instanceOf(error, EngineLostError);
  const late = await rejection(search.run(slice));
  assert.instanceOf(late, EngineLostError);
  assert.include(late.message, "it fell off the bus");
});

test("a device that is really lost fails a search that starts, as a loss", async () => {
  const lostGpu = await openTestGpu();
  const engine = openGpuEngine(lostGpu, "u32");
  lostGpu.device.destroy();
  const plan = planFor(absentTarget(hashMode(1400)), "?d?d?d");
  // Some drivers tell only when it runs.
  const error = await rejection(
    engine.start(plan).then((search) => search.run({ group: 0n, first: 0, count: 1 })),
  );
  assert.instanceOf(error, EngineLostError);
});
