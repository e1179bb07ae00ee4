import { test } from "#test";
import { assert } from "chai";
import { changeRecord, type MinerRecord, MINERS } from "../../../core/iota/orchestrator/records.ts";
import { Scores } from "../../../core/iota/orchestrator/scores.ts";
import { type TestContext, testContext } from "./context.ts";
import { refusal } from "./training_swarm.ts";

const HOUR_MS = 3_600_000;

async function withMiners(...uids: (number | null)[]): Promise<
  { context: TestContext; scores: Scores }
> {
  const context = await testContext();
  for (const [index, uid] of uids.entries()) {
    const hotkey = `miner${index}`;
    const record: MinerRecord = {
      ...{ hotkey, uid, layer: 0, registeredMs: 0, seenMs: 0, cached: [], backwards: 0 },
      ...{ forwardsEver: 0, backwardsEver: 0, meanWorkMs: 0, lastMerge: null },
    };
    await changeRecord(context.state.records, MINERS, hotkey, () => record);
  }
  return { context, scores: new Scores(context) };
}

test("a miner has one point for being registered", async () => {
  const { scores } = await withMiners(3, 8);
  assert.deepEqual(await scores.global(), { "3": 1, "8": 1 });
});

test("what validators submit is added up", async () => {
  const { scores } = await withMiners(3, 8);
  await scores.submit("a", { "3": 1, "8": -3 });
  await scores.submit("b", { "3": 1 });
  assert.deepEqual(await scores.global(), { "3": 3, "8": -2 });
});

test("a submission counts for ten hours, and no longer", async () => {
  const { scores, context } = await withMiners(3);
  await scores.submit("a", { "3": 1 });
  await context.time.pass(10 * HOUR_MS);
  assert.deepEqual(await scores.global(), { "3": 2 });
  await context.time.pass(1);
  assert.deepEqual(await scores.global(), { "3": 1 });
});

test("who is not registered has no score, whatever a validator says", async () => {
  const { scores } = await withMiners(3);
  await scores.submit("a", { "4": 1 });
  assert.deepEqual(await scores.global(), { "3": 1 });
});

test("a miner without a uid has no score", async () => {
  const { scores } = await withMiners(null, 3);
  assert.deepEqual(await scores.global(), { "3": 1 });
});

test("two who ask at once get the same, and no submission is counted twice", async () => {
  const { scores } = await withMiners(3);
  await scores.submit("a", { "3": 1 });
  const [one, other] = await Promise.all([scores.global(), scores.global()]);
  assert.deepEqual([one, other], [{ "3": 2 }, { "3": 2 }]);
});

test("another process on the state counts what was submitted here", async () => {
  const { scores, context } = await withMiners(3);
  await scores.submit("a", { "3": 1 });
  assert.deepEqual(await new Scores(context).global(), { "3": 2 });
});

test("a submission that cannot be read is passed over", async () => {
  const { scores, context } = await withMiners(3);
  await context.state.journals.append("scores", { timeMs: 0, scores: "many" });
  assert.deepEqual(await scores.global(), { "3": 1 });
});

for (const points of [1001, -1001, Infinity, NaN]) {
  test(`${points} points are refused`, async () => {
    const { scores } = await withMiners(3);
    const { status } = await refusal(scores.submit("a", { "3": points }));
    assert.equal(status, 422);
    assert.deepEqual(await scores.global(), { "3": 1 });
  });
}
