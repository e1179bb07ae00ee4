import { test } from "#test";
import { assert } from "chai";
import {
  type GpuProver,
  GpuRounds,
  type GpuRoundSettings,
  PUBLISHED_GPU_ROUNDS,
} from "../../../core/compute/validator/gpu_rounds.ts";
import type { ProvenGpu } from "../../../core/compute/validator/miner_book.ts";
import type { MinerTarget } from "../../../core/compute/validator/targets.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

const TARGETS = ["5A", "5B", "5C"].map((hotkey, uid): MinerTarget => {
  return { uid, hotkey, ip: "192.0.2.1", port: 8091 };
});
const GPU = { gpuName: "NVIDIA L4", gpuCount: 2 };
const forever = new AbortController().signal;

class Setup {
  readonly time = new TestTime();
  readonly log = new KeptLog();
  readonly kept: [string, ProvenGpu | undefined][] = [];
  readonly rented = new Set<string>();

  rounds(prove: GpuProver, settings: Partial<GpuRoundSettings> = {}): GpuRounds {
    return new GpuRounds({
      ...{ prove, clock: this.time, log: this.log, randomBytes: () => new Uint8Array([255]) },
      settings: { ...PUBLISHED_GPU_ROUNDS, ...settings },
      book: {
        addGpu: (hotkey, gpu) => Promise.resolve(void this.kept.push([hotkey, gpu])),
        allocated: () => Promise.resolve(this.rented),
      },
    });
  }
}

test("who proves something is kept with it, who is rented is left alone", async () => {
  const setup = new Setup();
  setup.rented.add("5B");
  const rounds = setup.rounds(() => Promise.resolve(GPU));
  assert.equal(await rounds.round(TARGETS, forever), 2);
  const proven = { name: "NVIDIA L4", count: 2 };
  assert.deepEqual(setup.kept, [["5A", proven], ["5C", proven]]);
});

test("a miner has 22 tries, a minute apart, and then has proven nothing", async () => {
  const setup = new Setup();
  const triedMs: number[] = [];
  const rounds = setup.rounds(() => {
    triedMs.push(setup.time.nowMs());
    return Promise.resolve(undefined);
  });
  assert.equal(await setup.time.until(rounds.round(TARGETS.slice(0, 1), forever)), 0);
  assert.deepEqual(triedMs, Array.from({ length: 22 }, (_, at) => at * 60_000));
  assert.deepEqual(setup.kept, [["5A", undefined]]);
});

test("a proof that throws is tried again, too", async () => {
  const setup = new Setup();
  let tries = 0;
  const rounds = setup.rounds(() => {
    tries += 1;
    return tries === 3 ? Promise.resolve(GPU) : Promise.reject(new Error("connection reset"));
  });
  assert.equal(await setup.time.until(rounds.round(TARGETS.slice(0, 1), forever)), 1);
});

test("no more miners prove at once than there are workers", async () => {
  const setup = new Setup();
  let [open, most] = [0, 0];
  const rounds = setup.rounds(async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 0));
    open -= 1;
    return GPU;
  }, { workers: 2 });
  assert.equal(await rounds.round(TARGETS, forever), 3);
  assert.equal(most, 2);
});

test("a stop in the midst of tries says nothing against a miner", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  const rounds = setup.rounds(() => {
    stop.abort();
    return Promise.resolve(undefined);
  });
  await rounds.round(TARGETS, stop.signal);
  assert.isEmpty(setup.kept);
});

test("rounds begin after their delay, 360 blocks apart, and one that fails is a line", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  const begunMs: number[] = [];
  const rounds = setup.rounds(() => Promise.resolve(GPU));
  const running = rounds.run(() => {
    begunMs.push(setup.time.nowMs());
    if (begunMs.length === 3) stop.abort();
    return begunMs.length === 1 ? Promise.reject(new Error("away")) : Promise.resolve(TARGETS);
  }, stop.signal);
  await setup.time.until(running);
  assert.deepEqual(begunMs, [900_000, 5_220_000, 9_540_000]);
  assert.deepEqual(setup.log.lines, ["warn: a round of GPU proofs has failed: away"]);
});
