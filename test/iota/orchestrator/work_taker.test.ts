import { test } from "#test";
import { assert } from "chai";
import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  int64Tensor,
} from "../../../core/formats/dtype.ts";
import { EventEntry } from "../../../core/iota/orchestrator/journal_entries.ts";
import { EVENTS, forwardQueue, PATHWAYS } from "../../../core/iota/orchestrator/records.ts";
import * as v from "valibot";
import { BODY, HEAD, refusal, TAIL, TrainingSwarm } from "./training_swarm.ts";

const TWO_BODIES = [["head"], ["one", "two"], ["tail"]];
/** What a miner of the middle hands in, one element of it spoilt. */
function spoilt(swarm: TrainingSwarm, value: number): HostTensor {
  const { shape } = swarm.rightTensor("forward");
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5);
  values[7] = value;
  return bfloat16Tensor(shape, values);
}

async function refusals(swarm: TrainingSwarm): Promise<string[]> {
  const events = (await swarm.journal(EVENTS)).map((value) => v.parse(EventEntry, value));
  return events.filter(({ kind }) => kind === "refused").map(({ text }) => text);
}

test("a batch goes through all layers and back, and leaves its way in the journal", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.run("u");
  const pathways = await swarm.journal(PATHWAYS);
  assert.lengthOf(pathways, 1);
  assert.deepInclude(pathways[0], { uid: "u", hotkeys: ["head", "body", "tail"], loss: 2.5 });
});

test("every result but the tokens and the last layer's forward is told to the listener", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.run("u");
  assert.deepEqual(
    swarm.uploaded.map(({ hotkey, layer, direction }) => `${hotkey} ${layer} ${direction}`),
    [
      "head 0 forward",
      "body 1 forward",
      "tail 2 forward",
      "tail 2 backward",
      "body 1 backward",
      "head 0 backward",
    ],
  );
});

test("each miner's backward is counted once, and its place is free again", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.run("u");
  assert.deepEqual(swarm.backwards.map(({ hotkey }) => hotkey), ["tail", "body", "head"]);
  for (const miner of await swarm.registry.all()) {
    const { backwards, backwardsEver, forwardsEver, cached } = miner;
    assert.deepEqual({ backwards, backwardsEver, forwardsEver, cached }, {
      ...{ backwards: 1, backwardsEver: 1, forwardsEver: 1, cached: [] },
    });
  }
});

test("the time that work takes is measured from its handing out, newest weighted most", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("a");
  await swarm.begin("b");
  for (const [uid, ms] of [["a", 1000], ["b", 2000]] as const) {
    await swarm.take("body", "forward", uid);
    await swarm.context.time.pass(ms);
    await swarm.handIn("body", "forward", uid);
  }
  assert.equal((await swarm.registry.find("body")).meanWorkMs, 1200);
});

test("the way of a batch tells how long forward and backward took on each layer", async () => {
  const swarm = await TrainingSwarm.make();
  const { time } = swarm.context;
  await swarm.handIn("head", "initial", "u");
  await time.pass(10);
  await swarm.handIn("head", "forward", "u");
  await swarm.take("body", "forward");
  await time.pass(20);
  await swarm.handIn("body", "forward", "u");
  await swarm.take("tail", "forward");
  await swarm.reportLoss("tail", "u");
  await time.pass(30);
  await swarm.handIn("tail", "forward", "u", { tensor: null });
  await time.pass(100);
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward");
  await time.pass(200);
  await swarm.handIn("body", "backward", "u");
  await swarm.take("head", "backward");
  await time.pass(300);
  await swarm.handIn("head", "backward", "u");
  const [pathway] = await swarm.journal(PATHWAYS);
  assert.deepInclude(pathway, { ms: [310, 220, 130] });
});

test("a batch whose loss nobody reported is done, and leaves no way", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.handIn("body", "forward", "u");
  await swarm.take("tail", "forward");
  await swarm.handIn("tail", "forward", "u", { tensor: null });
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward");
  await swarm.handIn("body", "backward", "u");
  await swarm.take("head", "backward");
  await swarm.handIn("head", "backward", "u");
  assert.isEmpty(await swarm.journal(PATHWAYS));
  assert.equal((await swarm.registry.find("head")).backwards, 1);
});

test("the first layer may leave out the file of its backward", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward");
  await swarm.handIn("body", "backward", "u");
  await swarm.take("head", "backward");
  await swarm.handIn("head", "backward", "u", { tensor: null });
  assert.lengthOf(await swarm.journal(PATHWAYS), 1);
});

test("what the first layer shows of its embedding's gradient may have any shape", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward");
  await swarm.handIn("body", "backward", "u");
  await swarm.take("head", "backward");
  const corner = bfloat16Tensor([8, 4], new Float32Array(32));
  await swarm.handIn("head", "backward", "u", { tensor: corner });
  assert.lengthOf(await swarm.journal(PATHWAYS), 1);
});

test("idle is taken from who is registered", async () => {
  const swarm = await TrainingSwarm.make();
  const idle = { status: "idle", activation_uid: null, activation_path: null } as const;
  await swarm.activations.submit("body", idle);
  assert.equal((await refusal(swarm.activations.submit("stranger", idle))).status, 404);
});

test("in another phase nothing is taken, and the answer is the phase", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.phases.set(BODY, { phase: "weights_uploading" });
  const { status, message } = await refusal(swarm.handIn("body", "forward", "u"));
  assert.deepEqual([status, message], [409, "weights_uploading"]);
});

test("what was begun before a merge is not taken after it", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.merge();
  assert.equal((await refusal(swarm.handIn("body", "forward", "u"))).status, 409);
});

for (const uid of [null, "", "a/b", "../x", "a.b", "x".repeat(65)]) {
  test(`a status with the uid ${JSON.stringify(uid)?.slice(0, 12)} is refused`, async () => {
    const swarm = await TrainingSwarm.make();
    const update = { status: "forward", activation_uid: uid, activation_path: null } as const;
    assert.equal((await refusal(swarm.activations.submit("body", update))).status, 422);
  });
}

test("only the first layer begins a batch", async () => {
  const swarm = await TrainingSwarm.make();
  assert.equal((await refusal(swarm.handIn("body", "initial", "u"))).status, 403);
  assert.isUndefined(await swarm.record("u"));
});

test("a forward without tokens begins nothing", async () => {
  const swarm = await TrainingSwarm.make();
  assert.equal((await refusal(swarm.handIn("head", "forward", "u"))).status, 409);
});

test("a batch that another has begun is not begun again", async () => {
  const swarm = await TrainingSwarm.make({}, [["head", "head2"], ["body"], ["tail"]]);
  await swarm.handIn("head", "initial", "u");
  const before = await swarm.record("u");
  assert.equal((await refusal(swarm.handIn("head2", "initial", "u"))).status, 409);
  assert.deepEqual(await swarm.record("u"), before);
});

test("a batch beyond the miner's places is refused, and leaves no trace in its places", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("a");
  await swarm.begin("b");
  const { status, message } = await refusal(swarm.handIn("head", "initial", "c"));
  assert.deepEqual([status, message], [409, "out_of_cache"]);
  assert.lengthOf((await swarm.registry.find("head")).cached, 2);
});

test("of many batches that come at once a round takes as many as it may", async () => {
  const miners = Array.from({ length: 8 }, (_, index) => `head${index}`);
  const settings = { batchesPerRound: 3 };
  const swarm = await TrainingSwarm.make({ settings }, [miners, ["body"], ["tail"]]);
  await swarm.phases.layer(0);
  const begun = await Promise.allSettled(
    miners.map((hotkey, index) => swarm.handIn(hotkey, "initial", `u${index}`)),
  );
  assert.lengthOf(begun.filter(({ status }) => status === "fulfilled"), 3);
  assert.equal((await swarm.phases.layer(0)).batchesBegun, 3);
});

test("a result for an activation that was never handed out is refused", async () => {
  const swarm = await TrainingSwarm.make();
  assert.equal((await refusal(swarm.handIn("body", "forward", "unknown"))).status, 409);
  await swarm.begin("u");
  assert.equal((await refusal(swarm.handIn("body", "forward", "u"))).status, 409);
  await swarm.take("body", "forward", "u");
});

test("a result of the wrong layer is refused", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  assert.equal((await refusal(swarm.handIn("tail", "forward", "u"))).status, 409);
  assert.equal((await refusal(swarm.handIn("head", "forward", "u"))).status, 409);
});

test("a gradient before the forward is refused", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  assert.equal((await refusal(swarm.handIn("body", "backward", "u"))).status, 409);
  await swarm.handIn("body", "forward", "u");
});

test("a gradient of one who was not given what it needs for it is refused", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  assert.equal((await refusal(swarm.handIn("body", "backward", "u"))).status, 409);
  await swarm.take("body", "backward", "u");
});

test("of two miners with the same lease the one that has it last is taken", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward");
  await swarm.context.time.pass(60_000);
  await swarm.take("two", "forward");
  const { status, message } = await refusal(swarm.handIn("one", "forward", "u"));
  assert.deepEqual([status, message], [409, "Activation u is not in your hands"]);
  await swarm.handIn("two", "forward", "u");
  assert.equal((await swarm.record("u"))?.path[BODY].hotkey, "two");
});

test("after the second holder's answer the first one's is refused too", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward");
  await swarm.context.time.pass(60_000);
  await swarm.take("two", "forward");
  await swarm.handIn("two", "forward", "u");
  assert.equal((await refusal(swarm.handIn("one", "forward", "u"))).status, 409);
  assert.isFalse(await swarm.activations.isActive("one", "u"));
  assert.isTrue(await swarm.activations.isActive("two", "u"));
});

test("a late answer is taken while nobody else has the work, and nobody gets it again", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward");
  await swarm.context.time.pass(70_000);
  await swarm.handIn("one", "forward", "u");
  assert.isNull((await swarm.ask("two")).direction);
  await swarm.take("tail", "forward", "u");
  assert.isTrue(await swarm.activations.isActive("one", "u"));
});

test("a late answer is taken from who had given up its place meanwhile", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.context.time.pass(60_000);
  await swarm.registry.change("body", (now) => ({ ...now, cached: [] }));
  await swarm.handIn("body", "forward", "u");
  assert.isTrue(await swarm.activations.isActive("body", "u"));
});

test("two different answers of one holder at once: the first counts", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const ended = await Promise.allSettled([
    swarm.handIn("body", "forward", "u"),
    swarm.handIn("body", "forward", "u"),
  ]);
  assert.sameMembers(ended.map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.equal((await swarm.registry.find("body")).forwardsEver, 1);
});

test("an answer that is told again is taken again, and counts once", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.handIn("head", "initial", "u", { address: swarm.put("u", HEAD, "initial") });
  const key = swarm.put("u", HEAD, "forward");
  await swarm.handIn("head", "forward", "u", { address: key });
  await swarm.handIn("head", "forward", "u", { address: key });
  assert.deepEqual(await swarm.context.state.queues.count(forwardQueue(1)), {
    waiting: 1,
    leased: 0,
  });
  assert.equal((await swarm.registry.find("head")).forwardsEver, 1);
});

test("tokens that are told again are taken again", async () => {
  const swarm = await TrainingSwarm.make();
  const address = swarm.put("u", HEAD, "initial");
  await swarm.handIn("head", "initial", "u", { address });
  await swarm.handIn("head", "initial", "u", { address });
  assert.lengthOf((await swarm.registry.find("head")).cached, 1);
});

test("a gradient that is told again is taken again, and counts once", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  const address = swarm.put("u", TAIL, "backward");
  await swarm.handIn("tail", "backward", "u", { address });
  await swarm.handIn("tail", "backward", "u", { address });
  assert.equal((await swarm.registry.find("tail")).backwards, 1);
  assert.equal((await refusal(swarm.handIn("tail", "backward", "u"))).status, 409);
});

const WRONG_FORWARDS: Record<
  string,
  (swarm: TrainingSwarm) => HostTensor | Uint8Array<ArrayBuffer>
> = {
  "with NaN": (swarm) => spoilt(swarm, NaN),
  "with infinity": (swarm) => spoilt(swarm, -Infinity),
  "of a wrong shape": () => bfloat16Tensor([2, 8, 5], new Float32Array(80)),
  "of whole numbers": () => int64Tensor([2, 8, 4], new Int32Array(64)),
  "that is no torch file": () => new Uint8Array(500).fill(65),
  "of a few bytes": () => new Uint8Array(99),
  "larger than any activation": () => new Uint8Array(200_000),
};

for (const [what, make] of Object.entries(WRONG_FORWARDS)) {
  test(`a forward ${what} is refused with a reason, and another miner gets the work`, async () => {
    const swarm = await TrainingSwarm.make({}, TWO_BODIES);
    await swarm.begin("u");
    await swarm.take("one", "forward");
    const { status } = await refusal(swarm.handIn("one", "forward", "u", { tensor: make(swarm) }));
    assert.equal(status, 422);
    assert.lengthOf(swarm.lines("warn"), 1);
    assert.lengthOf(await refusals(swarm), 1);
    assert.isNull((await swarm.ask("one")).direction, "not the same miner again");
    await swarm.take("two", "forward", "u");
    await swarm.handIn("two", "forward", "u");
    await swarm.take("tail", "forward", "u");
  });
}

test("the reason of a refusal says what was wrong where, in the log and in the journal", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const { message } = await refusal(
    swarm.handIn("body", "forward", "u", { tensor: spoilt(swarm, NaN) }),
  );
  assert.equal(message, "Activation u is no good: element 7 is NaN or infinite");
  assert.deepEqual(swarm.lines("warn"), [`warn: refused forward of body on layer 1: ${message}`]);
  assert.deepEqual(await refusals(swarm), [message]);
});

test("a file that is no good is removed from the store", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const address = swarm.put("u", BODY, "forward", new Uint8Array(500));
  await refusal(swarm.handIn("body", "forward", "u", { address }));
  assert.isFalse(swarm.context.store.objects.has(address));
});

test("a miner that failed at one forward gets the next one", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("bad");
  await swarm.begin("good");
  await swarm.take("one", "forward", "bad");
  await refusal(swarm.handIn("one", "forward", "bad", { tensor: spoilt(swarm, NaN) }));
  await swarm.take("one", "forward", "good");
});

test("a forward that every miner of the layer fails at is given up", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  for (const hotkey of ["one", "two"]) {
    await swarm.take(hotkey, "forward", "u");
    await refusal(swarm.handIn(hotkey, "forward", "u", { tensor: spoilt(swarm, NaN) }));
  }
  assert.isFalse(await swarm.activations.isActive("head", "u"));
  assert.isNull((await swarm.ask("head")).reason, "the first layer goes on");
});

test("a forward that comes in float32 or as a view of something larger is taken", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const { shape } = swarm.rightTensor("forward");
  const tensor = float32Tensor(shape, new Float32Array(64));
  await swarm.handIn("body", "forward", "u", { tensor });
  await swarm.take("tail", "forward", "u");
});

const WRONG_ADDRESSES: Record<string, string | null> = {
  "none at all": null,
  "one that is not there": "activations/u/1/forward/nothing.pt",
  "one of another activation": "activations/other/1/forward/file.pt",
  "one of another layer": "activations/u/0/forward/file.pt",
  "one of another direction": "activations/u/1/backward/file.pt",
  "one of another store": "https://elsewhere.test/activations/u/1/forward/file.pt",
  "a way out of the store": "activations/u/1/forward/../../../../etc/passwd",
  "weights": "weights/body/1/0/file.pt",
};

for (const [what, address] of Object.entries(WRONG_ADDRESSES)) {
  test(`a forward with the path of ${what} is refused`, async () => {
    const swarm = await TrainingSwarm.make();
    await swarm.begin("u");
    await swarm.take("body", "forward");
    assert.equal((await refusal(swarm.handIn("body", "forward", "u", { address }))).status, 422);
    assert.isUndefined((await swarm.record("u"))?.path[BODY]);
  });
}

test("an address of the store, with whatever is behind its question mark, is as good as a key", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const key = swarm.put("u", BODY, "forward");
  const address = await swarm.context.store.presignGet(key, 60);
  await swarm.handIn("body", "forward", "u", { address });
  assert.equal((await swarm.record("u"))?.path[BODY].forwardKey, key);
});

const WRONG_TOKENS: Record<string, HostTensor> = {
  "of a wrong shape": int64Tensor([1, 8], new Int32Array(8)),
  "that are floats": bfloat16Tensor([2, 8], new Float32Array(16)),
  "beyond the vocabulary": int64Tensor([2, 8], new Int32Array(16).fill(16)),
  "below zero": int64Tensor([2, 8], new Int32Array(16).fill(-1)),
  "beyond 32 bits": int64Tensor([2, 8], new Float64Array(16).fill(2 ** 40)),
};

for (const [what, tensor] of Object.entries(WRONG_TOKENS)) {
  test(`tokens ${what} begin nothing`, async () => {
    const swarm = await TrainingSwarm.make();
    assert.equal((await refusal(swarm.handIn("head", "initial", "u", { tensor }))).status, 422);
    assert.isUndefined(await swarm.record("u"));
    assert.isEmpty((await swarm.registry.find("head")).cached);
  });
}

test("a gradient with NaN ends its activation, and all others free their places", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  const tensor = spoilt(swarm, NaN);
  await refusal(swarm.handIn("tail", "backward", "u", { tensor }));
  for (const hotkey of ["head", "body", "tail"]) {
    assert.isFalse(await swarm.activations.isActive(hotkey, "u"), hotkey);
    await swarm.ask(hotkey);
    assert.isEmpty((await swarm.registry.find(hotkey)).cached, hotkey);
  }
  assert.equal((await swarm.registry.find("tail")).backwards, 0);
});

test("without inspection only the size of a file is looked at", async () => {
  const swarm = await TrainingSwarm.make({ settings: { inspectsActivations: false } });
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.handIn("body", "forward", "u", { tensor: new Uint8Array(500_000) });
  await swarm.take("tail", "forward");
});

test("while the store is down an answer fails, and may be told again", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  const address = swarm.put("u", BODY, "forward");
  swarm.context.store.failure = "the store is down";
  const error = await swarm.handIn("body", "forward", "u", { address })
    .then(() => undefined, (thrown: Error) => thrown);
  assert.equal(error?.message, "the store is down");
  swarm.context.store.failure = undefined;
  await swarm.handIn("body", "forward", "u", { address });
});

test("the activation of a miner that registers anew is given up by all", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.registry.register("body");
  assert.isFalse(await swarm.activations.isActive("head", "u"));
  assert.equal((await refusal(swarm.handIn("tail", "backward", "u"))).status, 409);
});

test("the activation of a miner that has gone is given up by all", async () => {
  const swarm = await TrainingSwarm.make({ settings: { goneAfterMs: 300_000 } });
  await swarm.forwards("u");
  await swarm.context.time.pass(290_000);
  await swarm.registry.admit("head", "miner");
  await swarm.context.time.pass(20_000);
  await swarm.registry.removeGone();
  assert.isTrue(await swarm.registry.get("body") === undefined);
  assert.isNull((await swarm.ask("head")).reason);
  assert.isEmpty((await swarm.registry.find("head")).cached);
});

test("an activation is active for who waits for its gradient, and for no one else", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward");
  await swarm.handIn("one", "forward", "u");
  assert.isTrue(await swarm.activations.isActive("head", "u"));
  assert.isTrue(await swarm.activations.isActive("one", "u"));
  assert.isFalse(await swarm.activations.isActive("two", "u"));
  assert.isFalse(await swarm.activations.isActive("one", "unknown"));
  assert.isFalse(await swarm.activations.isActive("one", "not a uid/"));
});

test("an activation is not active for who has done its backward", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  assert.isFalse(await swarm.activations.isActive("tail", "u"));
  assert.isTrue(await swarm.activations.isActive("head", "u"));
});
