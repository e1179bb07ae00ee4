/**
 * Work that is no good, results that nobody takes, and stages that fail.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { bfloat16Tensor, float32Tensor, int64Tensor } from "../../../core/formats/dtype.ts";
import type { HostTensor } from "../../../core/formats/dtype.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { FakeSwarm, LAST_LAYER, response, SHAPE, urlOf } from "./fake_swarm.ts";

const ELEMENTS = SHAPE[0] * SHAPE[1] * SHAPE[2];

function filled(value: number): HostTensor {
  return float32Tensor(SHAPE, new Float32Array(ELEMENTS).fill(value));
}

const BAD: [what: string, tensor: HostTensor, reason: RegExp][] = [
  ["of another shape", float32Tensor([ELEMENTS], new Float32Array(ELEMENTS)), /shape \[16\] came/],
  ["of one sample more", float32Tensor([2, 4, 4], new Float32Array(32)), /expected \[1,4,4\]/],
  ["of integers", int64Tensor(SHAPE, new Array(ELEMENTS).fill(1)), /an activation of i64 came/],
  ["with NaN", filled(NaN), /holds NaN or infinity/],
  ["with infinity", filled(-Infinity), /holds NaN or infinity/],
  [
    "with NaN in bfloat16",
    bfloat16Tensor(SHAPE, new Float32Array(ELEMENTS).fill(NaN)),
    /holds NaN/,
  ],
];

for (const [what, tensor, reason] of BAD) {
  test(`an activation ${what} is passed over, and the next one is worked on`, async () => {
    const swarm = new FakeSwarm();
    swarm.offerForward("bad", tensor);
    swarm.offerForward("good");
    await swarm.mine(async () => {
      await swarm.time.pass(3_000);
      assert.deepEqual(swarm.trainer.calls, ["forward good"]);
    });
    assert.match(swarm.logged("warn")[0], reason);
  });

  test(`a gradient ${what} is passed over, and its batch waits for a better one`, async () => {
    const swarm = new FakeSwarm();
    swarm.offerForward("one");
    swarm.offerBackward("one", tensor);
    swarm.offerBackward("one");
    await swarm.mine(async () => {
      await swarm.time.pass(4_000);
      assert.deepEqual(swarm.trainer.calls, ["forward one", "backward one"]);
    });
    assert.match(swarm.logged("warn")[0], reason);
  });
}

test("a file that is no torch file is passed over", async () => {
  const swarm = new FakeSwarm();
  const activation_path = swarm.putBytes("broken.pt", new Uint8Array(500));
  swarm.work.push({ direction: "forward", activation_uid: "bad", activation_path });
  swarm.offerForward("good");
  await swarm.mine(async () => {
    await swarm.time.pass(3_000);
    assert.deepEqual(swarm.trainer.calls, ["forward good"]);
  });
});

const INCOMPLETE = [
  { direction: "forward", activation_uid: null, activation_path: urlOf("a.pt") },
  { direction: "forward", activation_uid: "bad", activation_path: null },
  { direction: "initial", activation_uid: "bad", activation_path: urlOf("a.pt") },
  { direction: "forward", activation_uid: "bad", activation_path: urlOf("is-not-there.pt") },
] as const;
for (const work of INCOMPLETE) {
  test(`work such as ${JSON.stringify(work)} is passed over`, async () => {
    const swarm = new FakeSwarm();
    swarm.work.push(work);
    swarm.offerForward("good");
    await swarm.mine(async () => {
      await swarm.time.pass(3_000);
      assert.deepEqual(swarm.trainer.calls, ["forward good"]);
    });
    assert.match(swarm.logged("warn")[0], /passed over: /);
  });
}

const BAD_TOKENS: [what: string, tensor: HostTensor | undefined][] = [
  ["that are missing", undefined],
  ["outside of the vocabulary", int64Tensor([1, 4], [0, 1, 2, 16])],
  ["below zero", int64Tensor([1, 4], [0, 1, 2, -1])],
  ["beyond 32 bits", int64Tensor([1, 4], [0, 1, 2, 2 ** 40])],
  ["that are floats", float32Tensor([1, 4], new Float32Array(4))],
  ["of another shape", int64Tensor([4], [0, 1, 2, 3])],
];
for (const [what, tensor] of BAD_TOKENS) {
  test(`the last layer passes an activation over that comes with tokens ${what}`, async () => {
    const swarm = new FakeSwarm();
    swarm.layer = LAST_LAYER;
    swarm.offerForward("bad");
    const [work] = swarm.work;
    work.initial_activation_path = tensor ? swarm.put("tokens.pt", tensor) : null;
    swarm.offerForward("good");
    await swarm.mine(async () => {
      await swarm.time.pass(3_000);
      assert.deepEqual(swarm.trainer.calls, ["loss good"]);
    });
  });
}

test("a gradient of an unknown batch is passed over without a download", async () => {
  const swarm = new FakeSwarm();
  swarm.offerBackward("stranger");
  await swarm.mine(async () => await swarm.time.pass(500));
  assert.isEmpty(swarm.transfers);
});

for (const value of [NaN, Infinity]) {
  test(`a forward that gives ${value} is not uploaded, and its batch is dropped`, async () => {
    const swarm = new FakeSwarm();
    swarm.offerForward("one");
    swarm.prepare = (trainer) => trainer.spoiled = filled(value);
    await swarm.mine(async () => {
      await swarm.time.pass(2_000);
      assert.deepEqual(swarm.trainer.calls, ["forward one", "forget one"]);
    });
    assert.isEmpty(swarm.statuses);
    assert.isFalse(swarm.transfers.some((line) => line.startsWith("PUT")));
  });
}

test("a backward that gives NaN is not uploaded", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.offerForward("one");
  swarm.prepare = (trainer) => trainer.spoiled = filled(NaN);
  await swarm.mine(async () => await swarm.time.pass(2_000));
  assert.isFalse(swarm.statuses.some(({ status }) => status === "backward"));
  assert.isFalse(swarm.transfers.some((line) => line.startsWith("PUT")));
});

test("a loss that is no number is not reported, and the log says so", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.offerForward("one");
  swarm.prepare = (trainer) => trainer.loss = NaN;
  await swarm.mine(async () => await swarm.time.pass(2_000));
  assert.isEmpty(swarm.of("reportLoss"));
  assert.isEmpty(swarm.statuses);
  assert.match(swarm.logged("warn")[0], /the loss of activation one is NaN/);
});

test("a batch counts though its loss is not wanted", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.offerForward("one");
  swarm.instead.reportLoss = () => {
    throw new Refusal(404, "no such activation");
  };
  await swarm.mine(async () => await swarm.time.pass(2_000));
  assert.deepEqual(swarm.statuses.map(({ status }) => status), ["forward", "backward"]);
});

const NOT_WANTED = [
  new Refusal(409, "Activation one is not in your hands any more"),
  new Refusal(422, "Activation one is no good"),
  new Refusal(404, "Activation not found"),
  new Refusal(409, "is_training"),
];
for (const refusal of NOT_WANTED) {
  test(`a forward refused with ${refusal.status} "${refusal.message}" is dropped, work goes on`, async () => {
    const swarm = new FakeSwarm();
    swarm.offerForward("one");
    swarm.offerForward("two");
    swarm.instead.updateStatus = () => {
      delete swarm.instead.updateStatus;
      throw refusal;
    };
    await swarm.mine(async () => {
      await swarm.time.pass(3_000);
      assert.deepEqual(swarm.trainer.calls, ["forward one", "forget one", "forward two"]);
    });
    assert.isEmpty(swarm.of("phase"), "the layer still trains");
    assert.match(swarm.logged("warn")[0], /a result was lost: /);
  });
}

test("a place in the store that is refused loses the result only", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.offerForward("two");
  swarm.instead.initiateUpload = () => {
    delete swarm.instead.initiateUpload;
    throw new Refusal(403, "Activation one is not yours");
  };
  await swarm.mine(async () => await swarm.time.pass(3_000));
  assert.deepEqual(swarm.statuses.map(({ activation_uid }) => activation_uid), ["two"]);
});

test("a store that takes nothing costs the batch, after three tries", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.storeInstead = ({ method }) => {
    return method === "PUT" ? Promise.resolve(response(500, "")) : undefined;
  };
  await swarm.mine(async () => {
    await swarm.time.pass(10_000);
    assert.deepEqual(swarm.trainer.calls, ["forward one", "forget one"]);
  });
  assert.equal(swarm.transfers.filter((line) => line.startsWith("PUT")).length, 3);
  assert.isEmpty(swarm.statuses);
});

test("a store that hangs is given up, and the miner goes on", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.offerForward("two");
  swarm.storeInstead = ({ signal }, key) => {
    if (key !== "in/one.forward.pt") return undefined;
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  };
  await swarm.mine(async () => {
    await swarm.time.pass(300_000);
    assert.deepEqual(swarm.trainer.calls, ["forward two"]);
  }, { pollMs: 10_000 });
});

test("a store that gives another object is found out by its shape", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  swarm.objects.set("in/one.forward.pt", swarm.objects.get("in/one.tokens.pt") ?? new Uint8Array());
  await swarm.mine(async () => {
    await swarm.time.pass(2_000);
    assert.isEmpty(swarm.trainer.calls);
  });
});

test("a download that is cut short is tried again, then passed over", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  const whole = swarm.objects.get("in/one.forward.pt") ?? new Uint8Array();
  swarm.storeInstead = ({ method }) => {
    if (method !== "GET") return undefined;
    const length = { "content-length": `${whole.length}` };
    return Promise.resolve(response(200, whole.slice(0, 100), length));
  };
  await swarm.mine(async () => await swarm.time.pass(4_500));
  assert.equal(swarm.transfers.length, 3);
  assert.match(swarm.logged("warn").at(-1) ?? "", /passed over: .* ended after 100 of/);
});

for (const layer of [0, 1, LAST_LAYER]) {
  test(`a stage that fails on layer ${layer} ends the miner with the reason`, async () => {
    const swarm = new FakeSwarm();
    swarm.layer = layer;
    if (layer > 0) swarm.offerForward("one");
    swarm.prepare = (trainer) => trainer.failure = new Error("the device was lost");
    let thrown: unknown;
    await swarm.mine(() => swarm.time.pass(5_000)).catch((error: unknown) => thrown = error);
    assert.match(String(thrown), /ComputeError: the device was lost/);
  });
}
