import { test } from "#test";
import { assert } from "chai";
import type { Partition } from "../../../core/iota/api/schemas.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { encodeElements } from "../../../core/iota/merging/elements.ts";
import { FakeSwarm, HOTKEY, response, unreachable, urlOf } from "./fake_swarm.ts";
import { WEIGHTS } from "./fake_trainer.ts";

/** Merged weights in two chunks, which lie in the store. */
function offerWeights(swarm: FakeSwarm, value = 3, epoch = 7): Partition[] {
  const half = WEIGHTS / 2;
  swarm.weights = [0, 1].map((number) => {
    const key = `weights/someone/1/${epoch}/${value}-${number}.pt`;
    const stateKey = `optimizer_state/someone/1/${epoch}/${value}-${number}.pt`;
    const elements = (count: number): Uint8Array<ArrayBuffer> =>
      encodeElements(new Float32Array(count).fill(value + number), "bfloat16");
    const place = (start: number, length: number): Partition["weight_data"] => ({
      ...{ chunk_start_idx: start, chunk_end_idx: start + length, chunk_length: length },
      ...{ chunk_start_byte: null, chunk_end_byte: null, chunk_dtype: "bfloat16" },
    });
    return {
      ...{ layer: 1, chunk_number: number, miner_hotkey: "someone", other_miner_hotkey: null },
      weight_path: swarm.putBytes(key, elements(half)),
      optimizer_state_path: swarm.putBytes(stateKey, elements(2 * half)),
      ...{ weight_metadata_path: null, optimizer_state_metadata_path: null },
      weight_data: place(number * half, half),
      optimizer_state_data: place(number * 2 * half, 2 * half),
    };
  });
  return swarm.weights;
}

function halves(first: number, second: number, length = WEIGHTS): number[] {
  return Array.from({ length }, (_, i) => i < length / 2 ? first : second);
}

test("a miner registers, asks for its layer's weights, and then for work", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => await swarm.time.pass(100));
  assert.deepEqual(swarm.asked.slice(0, 3), ["registerMiner", "layerWeights", "randomActivation"]);
  assert.deepEqual(swarm.of("layerWeights")[0].query, { layer: 1 });
  assert.deepEqual(swarm.trainer.calls, []);
});

test("requests after the registration carry the version that it gave", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => await swarm.time.pass(100));
  const versions = swarm.calls.map(({ headers }) => headers["X-Orchestrator-Version"]);
  assert.deepEqual(versions.slice(0, 3), [undefined, "one", "one"]);
});

test("merged weights are taken over before any work is asked for", async () => {
  const swarm = new FakeSwarm();
  offerWeights(swarm);
  await swarm.mine(async () => {
    await swarm.time.pass(100);
    assert.deepEqual([...swarm.trainer.weights], halves(3, 4));
    assert.deepEqual([...swarm.trainer.moments], halves(3, 4, 2 * WEIGHTS));
  });
  assert.equal(swarm.asked.filter((name) => name === "layerWeights").length, 1);
});

test("who joins late counts the steps that the moments come from", async () => {
  const swarm = new FakeSwarm();
  offerWeights(swarm, 3, 7);
  await swarm.mine(async () => {
    await swarm.time.pass(100);
    // Eight merges with a step each, and the step on load.
    assert.equal(swarm.trainer.steps, 9);
  });
});

test("a layer that has no room yet is asked again after a pause", async () => {
  const swarm = new FakeSwarm();
  const layers = [null, null, 2];
  swarm.instead.registerMiner = () => ({ hotkey: HOTKEY, layer: layers.shift(), version: "one" });
  await swarm.mine(async (miner) => {
    await swarm.time.pass(19_000);
    assert.isFalse(miner.health().registered);
    await swarm.time.pass(1_000);
    assert.isTrue(miner.health().registered);
  });
  assert.match(swarm.logged("warn")[0], /no layer for this miner/);
});

test("an orchestrator that is not there yet is waited for", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.registerMiner = unreachable;
  await swarm.mine(async (miner) => {
    await swarm.time.pass(60_000);
    delete swarm.instead.registerMiner;
    await swarm.time.pass(20_000);
    assert.isTrue(miner.health().registered);
  });
});

for (
  const [status, detail, reason] of [
    [403, "Hotkey H not registered on subnet", /H not registered on subnet/],
    [409, "Spec version mismatch. Expected: 5000, Received: 4065", /Expected: 5000/],
  ] as const
) {
  test(`a registration that is refused with "${detail}" ends the miner with it`, async () => {
    const swarm = new FakeSwarm();
    swarm.instead.registerMiner = () => {
      throw new Refusal(status, detail);
    };
    let thrown: unknown;
    await swarm.mine(() => swarm.time.pass(1_000)).catch((error: unknown) => thrown = error);
    assert.match(String(thrown), reason);
  });
}

test("a registration that failed otherwise is tried again", async () => {
  const swarm = new FakeSwarm();
  let tries = 0;
  swarm.instead.registerMiner = () => {
    if (++tries < 3) throw new Refusal(409, "Failed to register miner");
    return { hotkey: HOTKEY, layer: 1, version: "one" };
  };
  await swarm.mine(async (miner) => {
    await swarm.time.pass(20_000);
    assert.isTrue(miner.health().registered);
  });
});

test("a stage that cannot be built ends the miner with the reason", async () => {
  const swarm = new FakeSwarm();
  let thrown: unknown;
  const trainerFor = (): Promise<never> => Promise.reject(new RangeError("the GPU is too small"));
  await swarm.mine(() => swarm.time.pass(1_000), { trainerFor })
    .catch((error: unknown) => thrown = error);
  assert.match(String(thrown), /ComputeError: the GPU is too small/);
});

test("while merged weights cannot be had no work is asked for, and no stage built anew", async () => {
  const swarm = new FakeSwarm();
  offerWeights(swarm);
  swarm.storeInstead = () => Promise.resolve(response(500, ""));
  await swarm.mine(async () => {
    await swarm.time.pass(60_000);
    assert.notInclude(swarm.asked, "randomActivation");
    swarm.storeInstead = () => undefined;
    await swarm.time.pass(20_000);
    assert.include(swarm.asked, "randomActivation");
    assert.deepEqual([...swarm.trainer.weights], halves(3, 4));
  });
  assert.equal(swarm.trainers.length, 1);
  assert.equal(swarm.of("registerMiner").length, 1);
});

test("an address that has expired is asked for anew", async () => {
  const swarm = new FakeSwarm();
  offerWeights(swarm);
  let isExpired = true;
  swarm.storeInstead = (_, key) => {
    if (!key.endsWith("3-1.pt") || !isExpired) return undefined;
    isExpired = false;
    return Promise.resolve(response(403, "<Code>AccessDenied</Code>"));
  };
  await swarm.mine(async () => {
    await swarm.time.pass(100);
    assert.deepEqual([...swarm.trainer.weights], halves(3, 4));
  });
  assert.equal(swarm.of("layerWeights").length, 2);
});

const faults: [what: string, spoil: (swarm: FakeSwarm, second: Partition) => Partition][] = [
  ["is not there", (_, second) => ({ ...second, weight_path: urlOf("gone.pt") })],
  ["has no address", (_, second) => ({ ...second, optimizer_state_path: null })],
  ["has no place", (_, second) => ({ ...second, weight_data: null })],
  ["is of another dtype", (_, second) => withData(second, { chunk_dtype: "float32" })],
  ["lies outside of the layer", (_, second) => withData(second, { chunk_end_idx: WEIGHTS + 1 })],
  ["ends before it begins", (_, second) => withData(second, { chunk_end_idx: 2 })],
  [
    "is cut out of its object at another length",
    (_, second) => withData(second, { chunk_start_byte: 0, chunk_end_byte: 2 }),
  ],
  ["is too short", (_, second) => withData(second, { chunk_start_idx: 4 })],
  ["is too long", (_, second) => withData(second, { chunk_start_idx: 8 })],
  [
    "holds NaN",
    (swarm, second) => {
      const bytes = encodeElements(new Float32Array(WEIGHTS / 2).fill(NaN), "bfloat16");
      return { ...second, weight_path: swarm.putBytes("nan.pt", bytes) };
    },
  ],
];
for (const [what, spoil] of faults) {
  test(`where a merged chunk ${what} the stage keeps its own, and the log says so`, async () => {
    const swarm = new FakeSwarm();
    const [first, second] = offerWeights(swarm);
    swarm.weights = [first, spoil(swarm, second)];
    await swarm.mine(async () => {
      await swarm.time.pass(5_000);
      assert.deepEqual([...swarm.trainer.weights], halves(3, 1));
      assert.deepEqual([...swarm.trainer.moments], halves(3, 0, 2 * WEIGHTS));
    });
    assert.match(swarm.logged("warn").at(-1) ?? "", /chunk 1 of layer 1 is left out: /);
  });
}

function withData(
  partition: Partition,
  change: Partial<NonNullable<Partition["weight_data"]>>,
): Partition {
  if (!partition.weight_data) throw new TypeError("a partition without its place");
  return { ...partition, weight_data: { ...partition.weight_data, ...change } };
}

test("a chunk within a larger object is downloaded by its range", async () => {
  const swarm = new FakeSwarm();
  const [first] = offerWeights(swarm);
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const weight_path = swarm.putBytes("larger.pt", encodeElements(values, "bfloat16"));
  const range = { chunk_start_byte: 4, chunk_end_byte: 16 };
  swarm.weights = [withData({ ...first, weight_path }, range)];
  await swarm.mine(async () => {
    await swarm.time.pass(100);
    assert.deepEqual([...swarm.trainer.weights.slice(0, 6)], [2, 3, 4, 5, 6, 7]);
  });
});

test("health has the published fields, before and after the registration", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.registerMiner = unreachable;
  await swarm.mine(async (miner) => {
    const timestamp = swarm.time.unixMs() / 1000;
    const common = { status: "healthy", hotkey: HOTKEY, uid: 12, timestamp };
    assert.deepEqual(miner.health(), { ...common, layer: null, registered: false });
    delete swarm.instead.registerMiner;
    await swarm.time.pass(3_000);
    const later = { ...common, timestamp: timestamp + 3 };
    assert.deepEqual(miner.health(), { ...later, layer: 1, registered: true });
  }, { uid: 12 });
});

test("a miner that was stopped is not registered any more", async () => {
  const swarm = new FakeSwarm();
  let isRegistered: (() => boolean) | undefined;
  await swarm.mine(async (miner) => {
    isRegistered = () => miner.health().registered;
    await swarm.time.pass(100);
    assert.isTrue(isRegistered());
  });
  assert.isFalse(isRegistered?.());
});
