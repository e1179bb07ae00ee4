import { test } from "#test";
import { assert } from "chai";
import { LOSSES } from "../../../core/iota/orchestrator/records.ts";
import { refusal, TrainingSwarm } from "./training_swarm.ts";

/** A batch in the hands of the last layer. */
async function atTheEnd(miners: readonly (readonly string[])[]): Promise<TrainingSwarm> {
  const swarm = await TrainingSwarm.make({}, miners);
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.handIn("body", "forward", "u");
  return swarm;
}

const ONE_EACH = [["head"], ["body"], ["tail"]];

test("a loss is taken from who has the batch in hand, with the time in seconds", async () => {
  const swarm = await atTheEnd(ONE_EACH);
  await swarm.take("tail", "forward");
  await swarm.reportLoss("tail", "u", 3.25);
  const timestamp = swarm.context.time.unixMs() / 1000;
  assert.deepEqual(await swarm.journal(LOSSES), [
    { activation_uid: "u", loss_value: 3.25, hotkey: "tail", timestamp },
  ]);
});

test("a loss is taken before and after the last layer's forward is reported", async () => {
  const swarm = await atTheEnd(ONE_EACH);
  await swarm.take("tail", "forward");
  await swarm.handIn("tail", "forward", "u", { tensor: null });
  await swarm.reportLoss("tail", "u");
  assert.lengthOf(await swarm.journal(LOSSES), 1);
});

test("a loss that is reported again stays as it was, and is written once", async () => {
  const swarm = await atTheEnd(ONE_EACH);
  await swarm.take("tail", "forward");
  await swarm.reportLoss("tail", "u", 3);
  await swarm.reportLoss("tail", "u", 1);
  assert.lengthOf(await swarm.journal(LOSSES), 1);
  assert.equal((await swarm.record("u"))?.loss, 3);
});

for (const [who, hotkey] of [["head", "head"], ["body", "body"], ["other tail", "tail2"]]) {
  test(`a loss of a batch that another has in hand is refused from a ${who}`, async () => {
    const swarm = await atTheEnd([["head"], ["body"], ["tail", "tail2"]]);
    await swarm.take("tail", "forward");
    assert.equal((await refusal(swarm.reportLoss(hotkey, "u"))).status, 409);
    assert.isEmpty(await swarm.journal(LOSSES));
    assert.lengthOf(swarm.lines("warn"), 1);
  });
}

test("a loss of a batch that has not been handed out, or is not known, is refused", async () => {
  const swarm = await atTheEnd(ONE_EACH);
  assert.equal((await refusal(swarm.reportLoss("tail", "u"))).status, 409);
  assert.equal((await refusal(swarm.reportLoss("tail", "unknown"))).status, 409);
  assert.equal((await refusal(swarm.reportLoss("tail", "no/uid"))).status, 422);
  assert.equal((await refusal(swarm.reportLoss("stranger", "u"))).status, 404);
});

test("a loss of who let its lease run out counts no more once another has the batch", async () => {
  const swarm = await atTheEnd([["head"], ["body"], ["tail", "tail2"]]);
  await swarm.take("tail", "forward");
  await swarm.reportLoss("tail", "u", 9);
  await swarm.context.time.pass(60_000);
  await swarm.take("tail2", "forward");
  assert.equal((await refusal(swarm.reportLoss("tail", "u", 9))).status, 409);
  await swarm.reportLoss("tail2", "u", 2);
  assert.equal((await swarm.record("u"))?.loss, 2);
});

test("a loss of a batch from before a merge is refused", async () => {
  const swarm = await atTheEnd(ONE_EACH);
  await swarm.take("tail", "forward");
  await swarm.merge();
  assert.equal((await refusal(swarm.reportLoss("tail", "u"))).status, 409);
});

test("all losses are told by hotkey, the latest ones if there are very many", async () => {
  const swarm = await TrainingSwarm.make();
  for (let i = 0; i < 2005; i++) {
    await swarm.context.state.journals.append(LOSSES, {
      ...{ activation_uid: `u${i}`, loss_value: i, hotkey: i % 2 ? "odd" : "even", timestamp: i },
    });
  }
  const { odd, even } = await swarm.activations.losses();
  assert.deepEqual([odd.length, even.length], [1000, 1000]);
  assert.deepEqual([odd[0].loss_value, even.at(-1)?.loss_value], [5, 2004]);
});
