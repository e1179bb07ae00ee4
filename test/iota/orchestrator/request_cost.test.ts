import { test } from "#test";
import { assert } from "chai";
import { MortalState } from "./mortal_state.ts";
import { testContext } from "./context.ts";
import { TrainingSwarm } from "./training_swarm.ts";

/** Calls of the state for a round of requests, with many activations under way. */
async function callsWith(known: number): Promise<Record<string, number>> {
  const settings = { maxCachedActivations: known + 10, waitingPerMiner: Infinity };
  const context = await testContext({ settings });
  const state = new MortalState(context.state, { call: Infinity, isCarriedOut: false });
  const swarm = new TrainingSwarm({ ...context, state });
  for (const [layer, hotkeys] of [["crowd", "head"], ["body", "idle"], ["tail"]].entries()) {
    for (const hotkey of hotkeys) await swarm.join(hotkey, layer);
  }
  for (let i = 0; i < known; i++) await swarm.begin(`known-${i}`, "crowd");
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    const before = state.calls;
    await work();
    return state.calls - before;
  };
  return {
    begin: await cost(() => swarm.begin("u", "head")),
    ask: await cost(() => swarm.ask("head")),
    take: await cost(() => swarm.take("body", "forward")),
    forward: await cost(() => swarm.handIn("body", "forward", known === 0 ? "u" : "known-0")),
    isActive: await cost(() => swarm.activations.isActive("body", "u")),
    wait: await cost(() => swarm.ask("tail")),
  };
}

test("what a request costs does not grow with the number of known activations", async () => {
  assert.deepEqual(await callsWith(500), await callsWith(5));
});

test("who asks in vain costs four calls of the state", async () => {
  const swarm = await TrainingSwarm.make();
  const state = new MortalState(swarm.context.state, { call: Infinity, isCarriedOut: false });
  const counted = new TrainingSwarm({ ...swarm.context, state });
  await counted.phases.layer(0);
  await counted.phases.layer(1);
  const before = state.calls;
  assert.isNull((await counted.ask("body")).direction);
  // The miner, both layers and the queue.
  assert.equal(state.calls - before, 4);
});
