/**
 * Searches on the GPU from the call to the password.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { seededRandom } from "../../core/data/random.ts";
import { WeftError } from "../../core/errors.ts";
import { Engines, type EngineSource } from "../../core/hash/engines.ts";
import { type GpuVariant, openGpuEngine } from "../../core/hash/gpu_engine.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { Solver } from "../../core/hash/solver.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeClock, MemoryStorage } from "../harness/memory_host.ts";
import type { GpuHooks } from "../harness/shared_gpu.ts";
import { openSharedGpu, shared } from "../model/shared.ts";
import { absentTarget, type Challenge, challengeAt, falseHit, saltOf } from "./challenge.ts";
import { randomChallenge } from "./random_challenge.ts";

/** Candidates of a slice: what a software adapter tries in some milliseconds. */
const SLICE = 4_000;
/** As the solver is told; the clock stands still. */
const SLICE_MS = 10;

const gpu = await openSharedGpu();
const VARIANT: GpuVariant = gpu.features.has("wgpu-shader-int64") ? "u64" : "u32";
const engine = openGpuEngine(gpu, VARIANT);

/** A solver on the shared device, with slices of a fixed length. */
function gpuSolver(): Solver {
  const engines: EngineSource = {
    engineFor: () => Promise.resolve(engine),
    rateOf: () => SLICE / SLICE_MS,
    discard: () => true,
    close: () => Promise.resolve(),
  };
  return new Solver({ clock: new FakeClock() }, engines, SLICE_MS);
}

/** A solver that opens its devices itself; they pass the hooks. */
function losingSolver(hooks: GpuHooks): { solver: Solver; opened: () => number } {
  let opened = 0;
  const clock = new FakeClock();
  const quiet = (): void => {};
  const engines = new Engines({
    clock,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    storage: new MemoryStorage(),
    webgpu: () => {
      opened += 1;
      return Promise.resolve({ gpu: shared.entry(hooks), backend: "test" });
    },
  }, "u32");
  const fixed: EngineSource = {
    engineFor: (algorithm) => engines.engineFor(algorithm),
    rateOf: () => SLICE / SLICE_MS,
    discard: (lost) => engines.discard(lost),
    close: () => engines.close(),
  };
  return { solver: new Solver({ clock }, fixed, SLICE_MS), opened: () => opened };
}

test("passwords of all modes are found on the GPU", async () => {
  const solver = gpuSolver();
  const keyspace = Keyspace.fromMask("?l?dx?d?d");
  const challenges: Challenge[] = [[600, 0], [610, 16], [620, 1], [1400, 0], [1410, 16]]
    .map(([mode, salt], i) => challengeAt(mode, keyspace, 25_999n - BigInt(i), saltOf(salt)));
  const results = await Promise.all(challenges.map((each) => solver.solve(each)));
  results.forEach((result, i) => {
    assert.strictEqual(result.outcome, "cracked");
    assert.deepEqual(result.password, challenges[i].password);
  });
  await solver.close();
});

test("a false hit on the GPU is passed over", async () => {
  const solver = gpuSolver();
  const challenge = challengeAt(610, Keyspace.fromMask("?d?d?d?d"), 4_321n, saltOf(16));
  const result = await solver.solve({ ...challenge, target: falseHit(challenge) });
  assert.deepInclude(result, { outcome: "exhausted", tried: 10_000n, total: 10_000n });
  await solver.close();
});

test("200 random challenges of 7 to 12 characters are all solved, none wrongly", async () => {
  const random = seededRandom(200);
  const solver = gpuSolver();
  const challenges = Array.from({ length: 200 }, () => randomChallenge(random));
  const results = await Promise.all(challenges.map(({ target, keyspace, index }) => {
    const before = BigInt(Math.floor(random() * SLICE));
    const skip = index > before ? index - before : 0n;
    return solver.solve({ target, keyspace, skip });
  }));
  results.forEach(({ outcome, password }, i) => {
    assert.strictEqual(outcome, "cracked");
    assert.deepEqual(password, challenges[i].password, challenges[i].target.line);
  });
  await solver.close();
});

test("a keyspace of 10^18 takes no memory from slice to slice, and gives back all at its end", async () => {
  const solver = gpuSolver();
  const { target, keyspace } = challengeAt(610, Keyspace.fromMask("?d".repeat(18)), 0n, saltOf(9));
  const challenge = { target: absentTarget(target.mode, saltOf(9)), keyspace };
  // The first search fills the pool of read buffers.
  await solver.solve({ ...challenge, limit: 40_000n });
  const before = { ...gpu.memory };
  const controller = new AbortController();
  const bytes: number[] = [];
  const result = await solver.solve({
    ...challenge,
    signal: controller.signal,
    onProgress: () => {
      if (bytes.push(gpu.memory.bytes) === 100) controller.abort();
    },
  });
  assert.strictEqual(result.outcome, "aborted");
  assert.strictEqual(bytes.length, 100);
  assert.strictEqual(new Set(bytes).size, 1);
  await solver.close();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
});

test("a job that is cancelled while its kernel is bound leaves nothing on the GPU", async () => {
  const solver = gpuSolver();
  const before = { ...gpu.memory };
  const controller = new AbortController();
  const { target, keyspace } = challengeAt(610, Keyspace.fromMask("?d".repeat(9)), 0n);
  const job = solver.solve({ target, keyspace, signal: controller.signal });
  controller.abort();
  assert.strictEqual((await job).outcome, "aborted");
  // A job behind it: when that is done, the cancelled one has been bound and freed.
  await solver.solve({ target, keyspace });
  await solver.close();
  assert.deepInclude(gpu.memory, { bytes: before.bytes, buffers: before.buffers });
});

test("an urgent job overtakes a long one on the GPU", async () => {
  const solver = gpuSolver();
  const controller = new AbortController();
  const long = challengeAt(610, Keyspace.fromMask("?d".repeat(18)), 10n ** 18n - 1n);
  const urgent = challengeAt(1410, Keyspace.fromMask("?d".repeat(6)), 5_000n);
  const started = Promise.withResolvers<void>();
  const { signal } = controller;
  const job = solver.solve({ ...long, signal, onProgress: () => started.resolve() });
  await started.promise;
  const result = await solver.solve({ ...urgent, priority: 1 });
  assert.deepEqual(result.password, urgent.password);
  controller.abort();
  assert.strictEqual((await job).outcome, "aborted");
  await solver.close();
});

test("a device that seems lost in the middle is opened again, and no candidate is left out", async () => {
  let submits = 0;
  const { solver, opened } = losingSolver({
    onSubmit: () => {
      submits += 1;
      if (submits === 21) shared.loseStandIns("it fell off the bus");
      return true;
    },
  });
  const { target, keyspace } = challengeAt(1410, Keyspace.fromMask("?d?d?d?d?d"), 0n);
  const absent = { target: absentTarget(target.mode), keyspace };
  const result = await solver.solve(absent);
  assert.deepInclude(result, { outcome: "exhausted", tried: 10n ** 5n, total: 10n ** 5n });
  assert.strictEqual(opened(), 2);
  await solver.close();
});

test("a device that is lost at every slice ends a job, and the next one runs on a new device", async () => {
  const hooks: GpuHooks = {
    onSubmit: () => {
      shared.loseStandIns("it fell off the bus");
      return true;
    },
  };
  const { solver, opened } = losingSolver(hooks);
  const challenge = challengeAt(1410, Keyspace.fromMask("?d?d?d?d?d"), 99_999n);
  const error = await rejection(solver.solve(challenge));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /^the device was lost 3 times in a row \(.*\): .*$/);
  assert.strictEqual(opened(), 3);
  hooks.onSubmit = () => true;
  assert.deepEqual((await solver.solve(challenge)).password, challenge.password);
  await solver.close();
});

test("a device that is really lost in the middle: the password is found on the next one", async () => {
  let submits = 0;
  const { solver, opened } = losingSolver({
    onSubmit: () => {
      submits += 1;
      if (submits === 21) shared.loseDevices();
      return true;
    },
  });
  const challenges = [99_999n, 88_888n].map((index) =>
    challengeAt(1410, Keyspace.fromMask("?d?d?d?d?d"), index)
  );
  const results = await Promise.all(challenges.map((each) => solver.solve(each)));
  results.forEach(({ password }, i) => assert.deepEqual(password, challenges[i].password));
  assert.strictEqual(opened(), 2);
  await solver.close();
});
