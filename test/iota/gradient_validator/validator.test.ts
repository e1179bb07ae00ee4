/**
 * The order in which a validator takes questions, what it keeps meanwhile, and what it tells.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { asBf16, BODY, MINER, TestSwarm } from "./test_swarm.ts";

test("what is asked twice is run once, and answered alike", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  const forwards = [swarm.validator.pass("a", "forward"), swarm.validator.pass("a", "forward")];
  const answers = await Promise.all(forwards);
  assert.deepEqual(answers[0], answers[1]);
  await swarm.validator.pass("a", "backward");
  const again = await swarm.validator.pass("a", "backward");
  assert.equal(again.reason, "passed");
  assert.lengthOf(swarm.events.filter(({ kind }) => kind === "validation"), 2);
});

test("calls that come at once are taken in their order", async () => {
  const swarm = new TestSwarm();
  const { validator } = swarm;
  await swarm.run("a");
  const answers = await Promise.all([
    swarm.track(BODY).then(() => "tracking"),
    validator.pass("a", "forward").then(({ reason }) => reason),
    validator.pass("a", "backward").then(({ reason }) => reason),
  ]);
  assert.deepEqual(answers, ["tracking", "passed", "passed"]);
});

test("a batch that does not come back makes room when its time is over", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  await swarm.validator.pass("a", "forward");
  swarm.clock.advance(swarm.training.cacheTimeoutMs + 1);
  await swarm.run("b");
  await swarm.validator.pass("b", "forward");
  assert.deepEqual(swarm.trainers[0].inFlight, ["b"]);
});

test("where the stage is full, the oldest batch makes room", async () => {
  const swarm = new TestSwarm({ maxInFlight: 2 });
  await swarm.track(BODY);
  for (const uid of ["a", "b", "c"]) {
    await swarm.run(uid);
    await swarm.validator.pass(uid, "forward");
  }
  assert.deepEqual(swarm.trainers[0].inFlight, ["b", "c"]);
});

test("each pass is told with what it rests on", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  await swarm.validator.pass("a", "forward");
  const event = swarm.events.at(-1);
  assert.deepInclude(event, {
    ...{ kind: "validation", event: "activation", hotkey: MINER, layer: BODY },
    ...{ direction: "forward", uid: "a", is_valid: true, reason: "passed", problem: null },
  });
});

test("a failure stands in the log in one line, with miner, layer and batch", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a", (_, name) => name.layer === BODY ? new Uint8Array(7) : asBf16(_, name));
  await swarm.validator.pass("a", "forward");
  const line = swarm.messages.at(-1) ?? "";
  assert.match(
    line,
    /^miner 5GrwvaEF, layer 1, forward of a: error-during-forward-pass \(0\.0000\): /,
  );
  assert.notInclude(line, "\n");
});

test("a pass asked again when its answer is long forgotten is not mirrored twice", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  for (let i = 0; i < 1100; i++) await swarm.validator.pass(`${i}`, "initial");
  for (const direction of ["forward", "backward"] as const) {
    const { is_valid, reason } = await swarm.validator.pass("a", direction);
    assert.deepEqual([is_valid, reason], [true, "no-validation-possible"]);
  }
  assert.deepEqual(swarm.trainers[0].inFlight, []);
  await swarm.step();
  assert.equal((await swarm.validator.upload(await swarm.upload(BODY))).reason, "passed");
});

for (const [what, bytes] of [["too long", 1 << 20], ["no torch file", 7]] as const) {
  test(`a result that is ${what} is final, and looked at once`, async () => {
    const swarm = new TestSwarm();
    await swarm.track(BODY);
    await swarm.run(
      "a",
      (_, name) => name.layer === BODY ? new Uint8Array(bytes) : asBf16(_, name),
    );
    const found = await swarm.validator.pass("a", "forward");
    const asked = swarm.asked.length;
    assert.deepEqual(await swarm.validator.pass("a", "forward"), found);
    assert.isFalse(found.is_valid);
    assert.lengthOf(swarm.asked, asked);
  });
}

test("an outage of one tracking makes the next forget no answer", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  swarm.down.add("store");
  const before = swarm.validator.pass("a", "forward");
  const tracking = swarm.track(BODY);
  const after = swarm.validator.pass("a", "forward");
  assert.isFalse((await before).is_valid);
  swarm.down.delete("store");
  await tracking;
  const found = await after;
  assert.equal(found.reason, "passed");
  assert.deepEqual(await swarm.validator.pass("a", "forward"), found);
});
