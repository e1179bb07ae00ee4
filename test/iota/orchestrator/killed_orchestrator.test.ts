import { test } from "#test";
import { assert } from "chai";
import { Refusal } from "../../../core/iota/api/service.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { ACTIVATIONS, listRecords, LOSSES } from "../../../core/iota/orchestrator/records.ts";
import { FakeTime } from "../fake_time.ts";
import { MemoryObjectStore } from "../memory_object_store.ts";
import { type Death, KilledError, MortalState } from "./mortal_state.ts";
import { testContext } from "./context.ts";
import { TAIL, TrainingSwarm } from "./training_swarm.ts";

const MINERS = ["head", "body", "tail"];
/** Batches that a run must get through, and turns after which it is stuck. */
const BATCHES = 2;
const MAX_TURNS = 600;
const NEVER: Death = { call: Infinity, isCarriedOut: false };

/** Miners as the published ones: one request after another, each told again if nobody answers. */
class Run {
  readonly time = new FakeTime();
  readonly state = new MemoryState(this.time);
  readonly store = new MemoryObjectStore(this.time);
  #process: TrainingSwarm | undefined;
  deaths = 0;
  #uids = 0;

  /** @param asksAgain whether miners tell a request again that nobody answered */
  constructor(readonly death: Death, readonly asksAgain = true) {}

  /** Runs until enough batches are through; how often the state was called up to the death. */
  async run(): Promise<number> {
    const mortal = new MortalState(this.state, NEVER);
    const first = await this.#start(mortal);
    for (let layer = 0; layer < MINERS.length; layer++) await first.join(MINERS[layer], layer);
    const doomed = new MortalState(this.state, this.death);
    this.#process = await this.#start(doomed);
    for (let turn = 0; await this.#done() < BATCHES; turn++) {
      if (turn > MAX_TURNS) throw new Error("nothing goes on any more");
      for (const hotkey of MINERS) await this.#step(hotkey);
      this.time.skew(5000);
    }
    return doomed.calls;
  }

  /** Backwards that are counted, and those that the activations' records show, by layer. */
  async backwards(): Promise<{ counted: number[]; shown: number[] }> {
    const swarm = await this.#start(this.state);
    for (const hotkey of MINERS) await swarm.ask(hotkey);
    const records = await listRecords(this.state.records, ACTIVATIONS);
    const shown = MINERS.map((_, layer) =>
      records.filter(({ path }) => typeof path[layer]?.backwardMs === "number").length
    );
    const counted = await Promise.all(
      MINERS.map(async (hotkey) => (await swarm.registry.find(hotkey)).backwardsEver),
    );
    return { counted, shown };
  }

  async #done(): Promise<number> {
    const records = await listRecords(this.state.records, ACTIVATIONS);
    return records.filter(({ path }) => typeof path[0]?.backwardMs === "number").length;
  }

  async #step(hotkey: string): Promise<void> {
    const work = await this.#request((swarm) => swarm.ask(hotkey));
    const { direction, activation_uid: uid, reason } = work ?? { reason: "lost" };
    if (direction === "forward" && uid) await this.#forward(hotkey, uid);
    else if (direction === "backward" && uid) await this.#report(hotkey, "backward", uid);
    else if (hotkey === "head" && reason === null) {
      const fresh = `u${this.#uids++}`;
      if (!await this.#report(hotkey, "initial", fresh)) return;
      await this.#report(hotkey, "forward", fresh);
    }
  }

  async #forward(hotkey: string, uid: string): Promise<void> {
    if (hotkey !== MINERS[TAIL]) return void await this.#report(hotkey, "forward", uid);
    await this.#request((swarm) => swarm.reportLoss(hotkey, uid));
    const isTaken = await this.#request(async (swarm) => {
      await swarm.handIn(hotkey, "forward", uid, { tensor: null });
      return true;
    });
    if (isTaken) await this.#report(hotkey, "backward", uid);
  }

  async #report(
    hotkey: string,
    direction: "initial" | "forward" | "backward",
    uid: string,
  ): Promise<boolean> {
    const address = this.#process?.put(uid, MINERS.indexOf(hotkey), direction);
    const isTaken = await this.#request(async (swarm) => {
      await swarm.handIn(hotkey, direction, uid, { address });
      return true;
    });
    return isTaken ?? false;
  }

  /** Asks, and asks the next process if this one dies; undefined if it was refused. */
  async #request<Answer>(ask: (swarm: TrainingSwarm) => Promise<Answer>): Promise<
    Answer | undefined
  > {
    if (!this.#process) throw new Error("there is no process");
    try {
      return await ask(this.#process);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      if (!(error instanceof KilledError)) throw error;
    }
    this.deaths += 1;
    this.#process = await this.#start(new MortalState(this.state, NEVER));
    return this.asksAgain ? await this.#request(ask) : undefined;
  }

  async #start(state: MemoryState | MortalState): Promise<TrainingSwarm> {
    const { time, store } = this;
    return new TrainingSwarm(await testContext({ state, time, store }));
  }
}

for (const isCarriedOut of [false, true]) {
  for (const asksAgain of [false, true]) {
    const [when, what] = [isCarriedOut ? "after" : "before", asksAgain ? "told again" : "lost"];
    test(`a death ${when} any call of the state, the request ${what}, doubles nothing`, async () => {
      const calls = await new Run(NEVER).run();
      assert.isAbove(calls, 100);
      for (let call = 1; call <= calls; call++) {
        const run = new Run({ call, isCarriedOut }, asksAgain);
        await run.run();
        assert.equal(run.deaths, 1, `death at call ${call}`);
        const { counted, shown } = await run.backwards();
        assert.deepEqual(counted, shown, `backwards after a death at call ${call}`);
      }
    });
  }
}

test("of losses that were answered none is missing after a death at any call", async () => {
  const calls = await new Run(NEVER).run();
  for (let call = 1; call <= calls; call++) {
    const run = new Run({ call, isCarriedOut: true });
    await run.run();
    const losses = await run.state.journals.last(LOSSES, 100);
    assert.isAtLeast(losses.length, BATCHES, `losses after a death at call ${call}`);
  }
});
