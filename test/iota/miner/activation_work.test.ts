import { test } from "#test";
import { assert } from "chai";
import { int64Tensor, tensorToFloat32, tensorToInt32 } from "../../../core/formats/dtype.ts";
import { readTorchTensor } from "../../../core/formats/torch_pt.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { FakeSwarm, LAST_LAYER, response, SHAPE } from "./fake_swarm.ts";

const KEY = /^activations\/([\w-]+)\/(\d)\/(initial|forward|backward)\/[0-9a-f-]{36}\.pt$/;

/** The tensor at a path that was reported. */
function stored(swarm: FakeSwarm, path: string | null | undefined): number[] {
  const bytes = swarm.objects.get(path ?? "") ?? assert.fail(`there is no ${path}`);
  return [...tensorToFloat32(readTorchTensor(bytes))];
}

function values(value: number): number[] {
  return new Array<number>(SHAPE[0] * SHAPE[1] * SHAPE[2]).fill(value);
}

/** Mines on a layer for some seconds. */
async function mineFor(swarm: FakeSwarm, durationMs: number): Promise<void> {
  await swarm.mine(async () => await swarm.time.pass(durationMs));
}

test("a middle layer downloads, runs forward, uploads and reports", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one", swarm.activation(3));
  await mineFor(swarm, 500);
  const [{ status, activation_uid, activation_path }] = swarm.statuses;
  assert.deepEqual([status, activation_uid], ["forward", "one"]);
  assert.deepEqual(KEY.exec(activation_path ?? "")?.slice(1), ["one", "1", "forward"]);
  assert.deepEqual(stored(swarm, activation_path), values(4));
});

test("a gradient goes back through the batch that was kept", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.offerBackward("one", swarm.activation(5));
  await swarm.mine(async () => {
    await swarm.time.pass(2_000);
    assert.deepEqual(swarm.trainer.calls, ["forward one", "backward one"]);
  });
  const [, { status, activation_path }] = swarm.statuses;
  assert.equal(status, "backward");
  assert.deepEqual(KEY.exec(activation_path ?? "")?.slice(1), ["one", "1", "backward"]);
  assert.deepEqual(stored(swarm, activation_path), values(10));
});

test("the last layer reports loss, forward and gradient, in this order", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.offerForward("one", swarm.activation(4));
  await mineFor(swarm, 500);
  assert.deepEqual(swarm.of("reportLoss")[0].body, { activation_uid: "one", loss_value: 2.5 });
  const told = swarm.asked.filter((name) => name === "reportLoss" || name === "updateStatus");
  assert.deepEqual(told, ["reportLoss", "updateStatus", "updateStatus"]);
  const [forward, backward] = swarm.statuses;
  assert.deepEqual(forward, { status: "forward", activation_uid: "one", activation_path: null });
  assert.equal(backward.status, "backward");
  assert.deepEqual(stored(swarm, backward.activation_path), values(2));
});

test("layer 0 begins a batch: tokens first, then their activation, under one new uid", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  await mineFor(swarm, 500);
  const [initial, forward] = swarm.statuses;
  assert.deepEqual([initial.status, forward.status], ["initial", "forward"]);
  assert.match(initial.activation_uid ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
  assert.equal(forward.activation_uid, initial.activation_uid);
  assert.equal(KEY.exec(initial.activation_path ?? "")?.[3], "initial");
  const tokens = readTorchTensor(
    swarm.objects.get(initial.activation_path ?? "") ?? new Uint8Array(),
  );
  assert.deepEqual([tokens.dtype, tokens.shape, [...tensorToInt32(tokens)]], [
    "i64",
    [1, 4],
    [1, 2, 3, 4],
  ]);
});

test("layer 0 shows what its backward gives", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  await swarm.mine(async () => {
    await swarm.time.pass(500);
    swarm.reason = "out_of_cache";
    swarm.offerBackward(swarm.statuses[0].activation_uid ?? "", swarm.activation(2));
    await swarm.time.pass(2_000);
  });
  const backward = swarm.statuses.at(-1);
  assert.equal(backward?.status, "backward");
  assert.deepEqual(stored(swarm, backward?.activation_path), values(4));
});

test("layer 0 begins nothing while it is out of cache", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  swarm.reason = "out_of_cache";
  await mineFor(swarm, 10_000);
  assert.isEmpty(swarm.statuses);
});

test("layer 0 holds no more batches than it may", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  await swarm.mine(async () => {
    await swarm.time.pass(20_000);
    assert.equal(swarm.trainer.inFlight.size, 2);
  });
});

test("tokens of a batch that was not taken are those of the next", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  let batches = 0;
  const nextBatch = (): Promise<ReturnType<FakeSwarm["tokens"]>> => {
    return Promise.resolve(swarm.tokens(++batches));
  };
  swarm.instead.updateStatus = () => {
    delete swarm.instead.updateStatus;
    throw new Refusal(409, "out_of_cache");
  };
  await swarm.mine(async () => {
    await swarm.time.pass(1_500);
    assert.equal(batches, 1);
    assert.deepEqual(swarm.statuses.map(({ status }) => status), ["initial", "initial", "forward"]);
    assert.equal(swarm.trainer.inFlight.size, 1);
  }, { nextBatch });
});

test("a miner without texts that is given layer 0 ends with what it needs", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  let thrown: unknown;
  const { nextBatch: _, ...options } = swarm.options();
  const { Miner } = await import("../../../core/iota/miner/miner.ts");
  await new Miner(options).run(new AbortController().signal)
    .catch((error: unknown) => thrown = error);
  assert.match(String(thrown), /UsageError: layer 0 needs texts/);
});

for (
  const [what, tensor] of [
    ["outside of the vocabulary", int64Tensor([1, 4], [1, 2, 3, 16])],
    ["of another shape", int64Tensor([1, 5], [1, 2, 3, 4, 5])],
  ] as const
) {
  test(`own tokens ${what} end the miner: it has the wrong texts`, async () => {
    const swarm = new FakeSwarm();
    swarm.layer = 0;
    let thrown: unknown;
    await swarm.mine(() => swarm.time.pass(1_000), { nextBatch: () => Promise.resolve(tensor) })
      .catch((error: unknown) => thrown = error);
    assert.match(String(thrown), /UsageError: the batches do not fit the model/);
    assert.isEmpty(swarm.statuses);
  });
}

test("one piece of work follows the other after a second, and idle looks after two", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.offerForward("two");
  await mineFor(swarm, 6_500);
  const times = swarm.of("randomActivation").map(({ atMs }) => atMs);
  assert.deepEqual(times, [0, 1_000, 2_000, 4_000, 6_000]);
});

test("the published pace asks for no answer that is held back", async () => {
  const swarm = new FakeSwarm();
  await mineFor(swarm, 3_000);
  assert.isFalse(swarm.calls.some(({ headers }) => "X-Weft-Wait" in headers));
});

test("with a full cache inactive batches make room", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b", "c"]) swarm.offerForward(uid);
  swarm.instead.isActive = ({ query }) => ({ is_active: query.activation_uid !== "a" });
  await swarm.mine(async () => {
    await swarm.time.pass(4_000);
    assert.deepEqual(swarm.trainer.calls, ["forward a", "forward b", "forget a", "forward c"]);
  });
  assert.deepEqual(swarm.of("isActive").map(({ query }) => query), [
    { layer: 1, activation_uid: "a" },
    { layer: 1, activation_uid: "b" },
  ]);
});

test("with a full cache of active batches a forward is passed over", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b", "c"]) swarm.offerForward(uid);
  await swarm.mine(async () => {
    await swarm.time.pass(4_000);
    assert.deepEqual(swarm.trainer.calls, ["forward a", "forward b"]);
  });
  assert.match(swarm.logged("warn")[0], /no room for activation c/);
});

test("a batch that cannot be asked about is kept", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b", "c"]) swarm.offerForward(uid);
  swarm.instead.isActive = () => {
    throw new Refusal(422, "no such layer");
  };
  await swarm.mine(async () => {
    await swarm.time.pass(4_000);
    assert.deepEqual([...swarm.trainer.inFlight], ["a", "b"]);
  });
});

test("a batch whose gradient does not come in twenty minutes is dropped", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("a");
  await swarm.mine(async () => {
    await swarm.time.pass(1_150_000);
    assert.deepEqual([...swarm.trainer.inFlight], ["a"]);
    await swarm.time.pass(150_000);
    assert.deepEqual(swarm.trainer.calls, ["forward a", "forget a"]);
  }, { pollMs: 30_000 });
});

test("a local step is taken when it is due, at the orchestrator's rate, and batches go on", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b"]) swarm.offerForward(uid);
  swarm.offerBackward("a");
  swarm.offerForward("c");
  for (const uid of ["b", "c"]) swarm.offerBackward(uid);
  const training = { ...swarm.training(), localOptimizerSteps: 2, globalOptimizerSteps: 6 };
  await swarm.mine(async () => {
    await swarm.time.pass(8_000);
    assert.deepEqual(swarm.trainer.calls.slice(3), [
      "forward c",
      "backward b",
      "step 0.5",
      "backward c",
    ]);
  }, { training });
  assert.deepInclude(swarm.events.find(({ kind }) => kind === "step"), {
    learningRate: 0.5,
    applied: true,
  });
});

test("without local steps the step is left to the merge", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b", "c", "d"]) {
    swarm.offerForward(uid);
    swarm.offerBackward(uid);
  }
  await swarm.mine(async () => {
    await swarm.time.pass(10_000);
    assert.equal(swarm.trainer.gradients, 4);
    assert.equal(swarm.trainer.steps, 0);
  });
});

test("what was done is told as events", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.offerForward("one");
  await mineFor(swarm, 500);
  assert.deepEqual(swarm.events, [
    { kind: "registered", layer: LAST_LAYER },
    { kind: "phase", phase: "train" },
    { kind: "forward", uid: "one", loss: 2.5 },
    { kind: "backward", uid: "one" },
  ]);
});

test("an upload whose address has expired is sent to a new one", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  let isExpired = true;
  swarm.storeInstead = ({ method }) => {
    if (method !== "PUT" || !isExpired) return undefined;
    isExpired = false;
    return Promise.resolve(response(403, "<Code>AccessDenied</Code>"));
  };
  await mineFor(swarm, 500);
  assert.equal(swarm.of("initiateUpload").length, 2);
  assert.equal(swarm.statuses[0].status, "forward");
});
