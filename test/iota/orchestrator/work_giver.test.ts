import { test } from "#test";
import { assert } from "chai";
import { forwardQueue } from "../../../core/iota/orchestrator/records.ts";
import { HEAD, refusal, TAIL, TrainingSwarm, wish } from "./training_swarm.ts";

const TWO_BODIES = [["head"], ["one", "two"], ["tail"]];

test("a stranger gets no work", async () => {
  const swarm = await TrainingSwarm.make();
  const { status, message } = await refusal(swarm.ask("stranger"));
  assert.deepEqual([status, message], [404, "Miner not found in registry"]);
});

test("the first layer is told to begin a batch by an answer without direction or reason", async () => {
  const swarm = await TrainingSwarm.make();
  assert.deepInclude(await swarm.ask("head"), { direction: null, reason: null });
});

test("a layer without work is told so", async () => {
  const swarm = await TrainingSwarm.make();
  assert.deepInclude(await swarm.ask("body"), { direction: null, reason: "no_activation_found" });
});

test("a forward comes with the address of the file that the layer before has uploaded", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.handIn("head", "initial", "u");
  const key = swarm.put("u", HEAD, "forward");
  await swarm.handIn("head", "forward", "u", { address: key });
  const { activation_path, initial_activation_path } = await swarm.take("body", "forward", "u");
  assert.deepEqual(
    swarm.context.store.fetch(activation_path ?? ""),
    swarm.context.store.objects.get(key),
  );
  assert.isNull(initial_activation_path);
});

test("the last layer gets the tokens too", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.handIn("body", "forward", "u");
  const work = await swarm.take("tail", "forward", "u");
  assert.equal(work.initial_activation, "u");
  const tokens = [...swarm.context.store.objects].find(([key]) => key.includes("/initial/"));
  assert.deepEqual(
    swarm.context.store.fetch(work.initial_activation_path ?? ""),
    tokens?.[1],
  );
});

test("a forward is handed out once", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward", "u");
  assert.isNull((await swarm.ask("two")).direction);
});

test("a forward that nobody has answered within the lease goes to another miner", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward", "u");
  await swarm.context.time.pass(59_999);
  assert.isNull((await swarm.ask("two")).direction);
  await swarm.context.time.pass(1);
  await swarm.take("two", "forward", "u");
});

test("a lease that has run out frees its place", async () => {
  const swarm = await TrainingSwarm.make({ settings: { maxCachedActivations: 1 } });
  await swarm.begin("u");
  await swarm.take("body", "forward", "u");
  await swarm.context.time.pass(60_000);
  await swarm.take("body", "forward", "u");
});

test("forwards come in the order in which they were made", async () => {
  const swarm = await TrainingSwarm.make({}, [["head", "head2"], ["body"], ["tail"]]);
  await swarm.begin("a");
  await swarm.begin("b", "head2");
  await swarm.take("body", "forward", "a");
  await swarm.take("body", "forward", "b");
});

test("a miner with two activations between forward and backward gets no third forward", async () => {
  const swarm = await TrainingSwarm.make({}, [["head", "head2"], ["body"], ["tail"]]);
  await swarm.begin("a");
  await swarm.begin("b");
  await swarm.begin("c", "head2");
  for (const uid of ["a", "b"]) {
    await swarm.take("body", "forward", uid);
    await swarm.handIn("body", "forward", uid);
  }
  assert.deepInclude(await swarm.ask("body"), { direction: null, reason: "out_of_cache" });
  assert.deepEqual(await swarm.context.state.queues.count(forwardQueue(1)), {
    waiting: 1,
    leased: 0,
  });
});

test("places are counted when two requests of one miner come at once", async () => {
  const swarm = await TrainingSwarm.make({ settings: { maxCachedActivations: 3 } });
  for (const uid of ["a", "b", "c"]) await swarm.begin(uid);
  await swarm.registry.change("body", (now) => ({ ...now, cached: [] }));
  const answers = await Promise.all(Array.from({ length: 5 }, () => swarm.ask("body")));
  const uids = answers.flatMap(({ activation_uid }) => activation_uid ?? []);
  assert.sameMembers(uids, ["a", "b", "c"]);
  assert.lengthOf((await swarm.registry.find("body")).cached, 3);
});

test("a first layer with full places is told to wait", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("a");
  await swarm.begin("b");
  assert.deepInclude(await swarm.ask("head"), { direction: null, reason: "out_of_cache" });
});

test("a gradient comes before a forward", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("a");
  await swarm.begin("b");
  await swarm.handIn("tail", "backward", "a");
  await swarm.take("body", "backward", "a");
  await swarm.take("body", "forward", "b");
});

test("a gradient goes to who ran the forward, with the file of the layer behind", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.forwards("u", ["head", "two", "tail"]);
  const key = swarm.put("u", TAIL, "backward");
  await swarm.handIn("tail", "backward", "u", { address: key });
  assert.isNull((await swarm.ask("one")).direction);
  const { activation_path } = await swarm.take("two", "backward", "u");
  assert.include(activation_path ?? "", key);
});

test("a gradient is handed out again after its lease", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward", "u");
  await swarm.context.time.pass(59_999);
  assert.isNull((await swarm.ask("body")).direction);
  await swarm.context.time.pass(1);
  await swarm.take("body", "backward", "u");
});

test("two requests of one miner at once get a gradient once", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.handIn("tail", "backward", "u");
  const answers = await Promise.all([swarm.ask("body"), swarm.ask("body")]);
  assert.lengthOf(answers.filter(({ direction }) => direction === "backward"), 1);
});

test("the last layer is not asked for its backward", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  assert.isNull((await swarm.ask("tail")).direction);
});

test("a last layer that does not send its backward within a lease frees the way", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  await swarm.context.time.pass(60_001);
  await swarm.ask("tail");
  assert.isFalse(await swarm.activations.isActive("head", "u"));
});

test("a first layer that never sends its forward frees its place after a lease", async () => {
  const swarm = await TrainingSwarm.make({ settings: { maxCachedActivations: 1 } });
  await swarm.handIn("head", "initial", "u");
  assert.equal((await swarm.ask("head")).reason, "out_of_cache");
  await swarm.context.time.pass(60_000);
  assert.isNull((await swarm.ask("head")).reason);
});

test("an activation whose gradient does not come in time is given up by all", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward", "u");
  await swarm.handIn("body", "forward", "u");
  await swarm.context.time.pass(1_200_001);
  assert.isNull((await swarm.ask("head")).reason, "head has its places again");
  assert.isNull((await swarm.ask("tail")).direction, "nobody gets it");
  assert.isFalse(await swarm.activations.isActive("body", "u"));
});

test("in another phase the answer is the phase", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.phases.set(1, { phase: "weights_uploading" });
  const { status, message } = await refusal(swarm.ask("body"));
  assert.deepEqual([status, message], [409, "weights_uploading"]);
});

test("what was under way before a merge is neither handed out nor kept", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("back");
  await swarm.handIn("tail", "backward", "back");
  await swarm.begin("waiting");
  await swarm.merge();
  assert.isNull((await swarm.ask("head")).reason);
  assert.isNull((await swarm.ask("body")).direction);
  assert.isEmpty((await swarm.registry.find("head")).cached);
  assert.isFalse(await swarm.activations.isActive("body", "back"));
});

test("what was begun before a phase that came to nothing is not handed out either", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.phases.set(0, { phase: "weights_uploading" });
  await swarm.context.time.pass(10_800_000);
  await swarm.phases.set(0, { phase: "is_training" });
  assert.isNull((await swarm.ask("body")).direction);
});

test("many left over from before a merge do not keep a new forward from its miner", async () => {
  const swarm = await TrainingSwarm.make({ settings: { maxCachedActivations: 200 } });
  for (let i = 0; i < 100; i++) await swarm.begin(`old-${i}`);
  await swarm.merge();
  await swarm.begin("new");
  await swarm.ask("body");
  await swarm.take("body", "forward", "new");
});

test("the first layer is held back while others have more than they can do", async () => {
  const settings = { waitingPerMiner: 2, maxCachedActivations: 10 };
  const swarm = await TrainingSwarm.make({ settings }, TWO_BODIES);
  for (let i = 0; i < 4; i++) {
    assert.isNull((await swarm.ask("head")).reason);
    await swarm.begin(`u${i}`);
    await swarm.context.time.pass(200);
  }
  assert.equal((await swarm.ask("head")).reason, "out_of_cache");
  await swarm.take("one", "forward", "u0");
  assert.isNull((await swarm.ask("head")).reason);
});

test("a layer without miners holds the first one back too", async () => {
  const swarm = await TrainingSwarm.make({}, [["head"], ["body"]]);
  for (const uid of ["a", "b"]) {
    await swarm.begin(uid);
    await swarm.take("body", "forward", uid);
    await swarm.handIn("body", "forward", uid);
  }
  await swarm.registry.change("head", (now) => ({ ...now, cached: [] }));
  assert.equal((await swarm.ask("head")).reason, "out_of_cache");
});

test("a round that has all its batches begins no more until the merge", async () => {
  const swarm = await TrainingSwarm.make({ settings: { batchesPerRound: 2 } });
  await swarm.run("a");
  await swarm.run("b");
  assert.equal((await swarm.ask("head")).reason, "out_of_cache");
  await swarm.merge();
  assert.isNull((await swarm.ask("head")).reason);
});

test("a batch that is given up makes room for another in its round", async () => {
  const swarm = await TrainingSwarm.make({ settings: { batchesPerRound: 1 } });
  await swarm.begin("u");
  await swarm.context.time.pass(1_200_001);
  await swarm.ask("head");
  assert.equal((await swarm.phases.layer(0)).batchesBegun, 0);
  assert.isNull((await swarm.ask("head")).reason);
});

test("who may wait gets a forward as soon as there is one", async () => {
  const swarm = await TrainingSwarm.make();
  const waiting = swarm.activations.random("body", wish());
  await swarm.context.time.pass(5_000);
  await swarm.begin("u");
  assert.deepInclude(await waiting, { direction: "forward", activation_uid: "u" });
  assert.equal(swarm.context.time.sleepers, 0, "no timer is left");
});

test("a first layer that begins no batch now waits for its gradient alone", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  const waiting = swarm.activations.random("head", wish({ beginsNone: true }));
  await swarm.context.time.pass(5_000);
  await swarm.handIn("tail", "backward", "u");
  await swarm.take("body", "backward");
  await swarm.handIn("body", "backward", "u");
  assert.deepInclude(await waiting, { direction: "backward", activation_uid: "u" });
});

test("who may wait gets a gradient as soon as there is one", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.forwards("u");
  const waiting = swarm.activations.random("body", wish());
  await swarm.context.time.pass(5_000);
  await swarm.handIn("tail", "backward", "u");
  assert.deepInclude(await waiting, { direction: "backward", activation_uid: "u" });
});

for (const next of ["forward", null] as const) {
  const who = next === null ? "a first layer" : "a miner";
  test(`${who} that waits for a free place has it once its own gradient is taken`, async () => {
    const swarm = await TrainingSwarm.make({ settings: { maxCachedActivations: 1 } }, [
      ["head", "head2"],
      ["body"],
      ["tail"],
    ]);
    const hotkey = next === null ? "head" : "body";
    await swarm.forwards("u");
    await swarm.begin("next", "head2");
    await swarm.handIn("tail", "backward", "u");
    await swarm.take("body", "backward");
    if (next === null) {
      await swarm.handIn("body", "backward", "u");
      await swarm.take("head", "backward");
    }
    const waiting = swarm.activations.random(hotkey, wish());
    await swarm.context.time.pass(1000);
    await swarm.handIn(hotkey, "backward", "u");
    await swarm.context.time.pass(1);
    assert.deepInclude(await waiting, { direction: next });
    assert.equal(swarm.context.time.nowMs(), 1001);
  });
}

test("who waits in vain is told at the end of its time", async () => {
  const swarm = await TrainingSwarm.make();
  let answer: unknown;
  const waiting = swarm.activations.random("body", wish())
    .then((found) => answer = found);
  await swarm.context.time.pass(19_999);
  assert.isUndefined(answer);
  await swarm.context.time.pass(1);
  assert.equal((await waiting).reason, "no_activation_found");
});

test("who waits is told of another phase", async () => {
  const swarm = await TrainingSwarm.make();
  const waiting = refusal(swarm.activations.random("body", wish()));
  await swarm.context.time.pass(1);
  await swarm.phases.set(1, { phase: "weights_uploading" });
  assert.equal((await waiting).message, "weights_uploading");
});

test("a first layer that is held back and may wait begins as soon as it may", async () => {
  const settings = { waitingPerMiner: 1, maxCachedActivations: 10 };
  const swarm = await TrainingSwarm.make({ settings });
  await swarm.begin("u");
  await swarm.context.time.pass(200);
  const waiting = swarm.activations.random("head", wish());
  await swarm.context.time.pass(1000);
  await swarm.take("body", "forward", "u");
  assert.isNull((await waiting).reason);
});

test("who has gone while waiting takes no work with it", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  const gone = new AbortController();
  const waiting = swarm.activations.random("one", wish({ signal: gone.signal }));
  await swarm.context.time.pass(1);
  gone.abort();
  await waiting;
  await swarm.begin("u");
  await swarm.context.time.settle();
  await swarm.take("two", "forward", "u");
  assert.equal(swarm.context.time.sleepers, 0);
});

test("while the store gives no address the work stays for the next", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  swarm.context.store.failure = "the store is down";
  const error = await swarm.ask("one").then(() => undefined, (thrown: Error) => thrown);
  assert.equal(error?.message, "the store is down");
  swarm.context.store.failure = undefined;
  await swarm.take("two", "forward", "u");
});

test("two processes of one state do not hand out the same work", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  const other = new TrainingSwarm(swarm.context);
  await swarm.begin("u");
  const answers = await Promise.all([swarm.ask("one"), other.ask("two")]);
  assert.lengthOf(answers.filter(({ direction }) => direction === "forward"), 1);
});

test("a wall clock that is set back hands nothing out twice", async () => {
  const swarm = await TrainingSwarm.make({}, TWO_BODIES);
  await swarm.begin("u");
  await swarm.take("one", "forward", "u");
  swarm.context.time.skew(-60_000);
  assert.isNull((await swarm.ask("two")).direction);
  await swarm.handIn("one", "forward", "u");
});

test("a miner with all its backwards leaves forwards to those of its layer that lack some", async () => {
  const swarm = await TrainingSwarm.make({}, [["head"], ["fast", "slow"], ["tail"]]);
  await swarm.registry.change("fast", (now) => ({ ...now, backwards: 10 }));
  await swarm.begin("u");
  assert.equal((await swarm.ask("fast")).reason, "no_activation_found");
  await swarm.take("slow", "forward", "u");
});

test("it takes what those cannot take at once", async () => {
  const swarm = await TrainingSwarm.make({}, [["head"], ["fast", "slow"], ["tail"]]);
  await swarm.registry.change("fast", (now) => ({ ...now, backwards: 10 }));
  for (const uid of ["u", "v"]) await swarm.begin(uid);
  await swarm.take("fast", "forward");
});

test("it does not wait for one that has not asked for a minute", async () => {
  const swarm = await TrainingSwarm.make({}, [["head"], ["fast", "slow"], ["tail"]]);
  await swarm.context.time.pass(61_000);
  const seenMs = swarm.context.time.unixMs();
  await swarm.registry.change("fast", (now) => ({ ...now, backwards: 10, seenMs }));
  await swarm.begin("u");
  await swarm.take("fast", "forward", "u");
});
