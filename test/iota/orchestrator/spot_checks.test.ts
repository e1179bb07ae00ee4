import { test } from "#test";
import { assert } from "chai";
import type { Direction } from "../../../core/iota/api/schemas.ts";
import {
  changeRecord,
  EVENTS,
  type MinerRecord,
  MINERS,
} from "../../../core/iota/orchestrator/records.ts";
import { Registry } from "../../../core/iota/orchestrator/registry.ts";
import type { SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import { SpotChecks } from "../../../core/iota/orchestrator/spot_checks.ts";
import { ValidatorPool } from "../../../core/iota/orchestrator/validator_pool.ts";
import { type TestContext, testContext } from "./context.ts";
import { FakeValidators } from "./fake_validators.ts";

/** Miners and validators with what looks after them. */
class CheckedSwarm {
  readonly pool: ValidatorPool;
  readonly checks: SpotChecks;

  private constructor(readonly context: TestContext, readonly validators: FakeValidators) {
    this.pool = new ValidatorPool(context);
    this.checks = new SpotChecks(context, this.pool, new Registry(context));
  }

  static async make(settings: Partial<SwarmSettings> = {}): Promise<CheckedSwarm> {
    const validators = new FakeValidators();
    return new CheckedSwarm(await testContext({ settings, http: validators.http }), validators);
  }

  async addMiner(hotkey: string, layer: number, changes: Partial<MinerRecord> = {}): Promise<void> {
    const record: MinerRecord = {
      ...{ hotkey, layer, uid: 1, registeredMs: 0, seenMs: 0, cached: [], backwards: 0 },
      ...{ forwardsEver: 0, backwardsEver: 0, meanWorkMs: 0, lastMerge: null },
      ...changes,
    };
    await changeRecord(this.context.state.records, MINERS, hotkey, () => record);
  }

  async addValidator(hotkey: string): Promise<void> {
    await this.pool.register(hotkey, { host: hotkey, port: 1, scheme: "http" });
  }

  async uploaded(hotkey: string, uid: string, direction: Direction): Promise<void> {
    await this.checks.uploaded({ uid, hotkey, layer: 1, direction });
  }

  async tracked(): Promise<(string | undefined)[]> {
    return (await this.pool.all()).map(({ tracked }) => tracked?.hotkey);
  }
}

/** One miner of layer 1, tracked by one validator. */
async function tracking(): Promise<CheckedSwarm> {
  const swarm = await CheckedSwarm.make();
  await swarm.addMiner("m", 1);
  await swarm.addValidator("v");
  await swarm.checks.tick();
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked.splice(0), ["v:1 initialize"]);
  return swarm;
}

test("a validator gets a miner that has not begun its round", async () => {
  const swarm = await CheckedSwarm.make();
  await swarm.addMiner("busy", 0, { backwards: 1 });
  await swarm.addMiner("fresh", 1);
  await swarm.addValidator("v");
  await swarm.checks.tick();
  await swarm.checks.idle();
  assert.deepEqual(await swarm.tracked(), ["fresh"]);
});

test("a validator waits while all miners are in the middle of their round", async () => {
  const swarm = await CheckedSwarm.make();
  await swarm.addMiner("busy", 0, { backwards: 1 });
  await swarm.addValidator("v");
  await swarm.checks.tick();
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, []);
});

test("two validators track two miners", async () => {
  const swarm = await CheckedSwarm.make();
  for (const miner of ["a", "b"]) await swarm.addMiner(miner, 1);
  for (const validator of ["v", "w"]) await swarm.addValidator(validator);
  await swarm.checks.roundEnded(1, 1);
  await swarm.checks.idle();
  assert.sameMembers(await swarm.tracked(), ["a", "b"]);
});

test("what the tracked miner uploads is checked in its order, and of others nothing", async () => {
  const swarm = await tracking();
  await swarm.uploaded("m", "one", "forward");
  await swarm.uploaded("stranger", "two", "forward");
  await swarm.uploaded("m", "one", "backward");
  await swarm.checks.weightsUploaded("m", {
    weights_path: "weights/m/w.pt",
    metadata_path: "metadata/m/w.pt",
    optimizer_state_path: "optimizer_state/m/o.pt",
    optimizer_state_metadata_path: "metadata/m/o.pt",
  });
  await swarm.checks.idle();
  const expected = ["v:1 forward one", "v:1 backward one", "v:1 validate-weights"];
  assert.deepEqual(swarm.validators.asked, expected);
});

test("tokens of the miner's own are not checked", async () => {
  const swarm = await tracking();
  await swarm.uploaded("m", "one", "initial");
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, []);
});

test("an upload does not wait for a validator", async () => {
  const swarm = await tracking();
  const hold = Promise.withResolvers<void>();
  swarm.validators.held = hold.promise;
  await swarm.uploaded("m", "one", "forward");
  hold.resolve();
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, ["v:1 forward one"]);
});

test("a validator that lags far behind is asked nothing more about that round", async () => {
  const swarm = await tracking();
  const hold = Promise.withResolvers<void>();
  swarm.validators.held = hold.promise;
  for (let upload = 0; upload < 1000; upload++) await swarm.uploaded("m", `${upload}`, "forward");
  await swarm.context.time.settle();
  hold.resolve();
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, ["v:1 forward 0"]);
});

test("what is found stands in the journal, and a bad result in the log", async () => {
  const swarm = await tracking();
  swarm.validators.answer = { is_valid: false, score: 0.1, reason: "magnitude-ratio-failed" };
  await swarm.uploaded("m", "one", "forward");
  await swarm.checks.idle();
  const text = "forward of one: not valid, magnitude-ratio-failed (0.1000)";
  assert.include(swarm.context.lines, `warn: check of m on layer 1: ${text}`);
  const [event] = await swarm.context.state.journals.last(EVENTS, 1);
  assert.deepInclude(event.value, { kind: "check", hotkey: "m", layer: 1, text });
});

test("a new round of its layer gives the validator a miner again", async () => {
  const swarm = await tracking();
  await swarm.checks.roundEnded(1, 1);
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, ["v:1 initialize"]);
});

test("a new round of another layer leaves the validator to its miner", async () => {
  const swarm = await tracking();
  await swarm.checks.roundEnded(0, 1);
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, []);
});

test("with a share of zero no miner is tracked", async () => {
  const swarm = await CheckedSwarm.make({ spotCheckShare: 0 });
  await swarm.addMiner("m", 1);
  await swarm.addValidator("v");
  await swarm.checks.tick();
  await swarm.checks.roundEnded(1, 1);
  await swarm.checks.idle();
  assert.deepEqual(await swarm.tracked(), [undefined]);
});

test("with a share of a half about half of the rounds are tracked", async () => {
  const swarm = await CheckedSwarm.make({ spotCheckShare: 0.5 });
  await swarm.addMiner("m", 1);
  await swarm.addValidator("v");
  for (let round = 0; round < 400; round++) await swarm.checks.roundEnded(1, round);
  await swarm.checks.idle();
  // Five standard deviations of 400 tosses.
  assert.closeTo(swarm.validators.asked.length, 200, 50);
});

test("a validator whose miner has gone gets another", async () => {
  const swarm = await tracking();
  await changeRecord(swarm.context.state.records, MINERS, "m", () => undefined);
  await swarm.addMiner("n", 2);
  await swarm.checks.tick();
  await swarm.checks.idle();
  assert.deepEqual(await swarm.tracked(), ["n"]);
});

test("a validator that registers again gets a miner again", async () => {
  const swarm = await tracking();
  await swarm.context.time.pass(1000);
  await swarm.addValidator("v");
  await swarm.checks.tick();
  await swarm.checks.idle();
  assert.deepEqual(await swarm.tracked(), ["m"]);
});

test("a validator that cannot begin is asked nothing more about that miner", async () => {
  const swarm = await CheckedSwarm.make();
  await swarm.addMiner("m", 1);
  await swarm.addValidator("v");
  swarm.validators.refused.add("initialize");
  await swarm.checks.tick();
  await swarm.uploaded("m", "one", "forward");
  await swarm.uploaded("m", "one", "backward");
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, ["v:1 initialize"]);
  assert.deepEqual(await swarm.tracked(), [undefined]);
});

test("after a pass that got lost the rest of the round is not judged", async () => {
  const swarm = await tracking();
  swarm.validators.refused.add("forward");
  await swarm.uploaded("m", "one", "forward");
  await swarm.checks.idle();
  swarm.validators.refused.clear();
  await swarm.uploaded("m", "one", "backward");
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, ["v:1 forward one"]);
  await swarm.checks.roundEnded(1, 1);
  await swarm.uploaded("m", "two", "forward");
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked.slice(1), ["v:1 initialize", "v:1 forward two"]);
});

test("validators are spread over the layers, however many miners these have", async () => {
  const swarm = await CheckedSwarm.make();
  for (let miner = 0; miner < 8; miner++) await swarm.addMiner(`a${miner}`, 0);
  await swarm.addMiner("b", 1);
  await swarm.addMiner("c", 2);
  for (const validator of ["u", "v", "w"]) await swarm.addValidator(validator);
  await swarm.checks.tick();
  await swarm.checks.idle();
  const layers = (await swarm.pool.all()).map(({ tracked }) => tracked?.layer);
  assert.sameMembers(layers, [0, 1, 2]);
});

test("a state that fails costs a line of the log and no request", async () => {
  const swarm = await tracking();
  swarm.pool.trackersOf = () => Promise.reject(new Error("disk"));
  await swarm.uploaded("m", "one", "forward");
  await swarm.checks.idle();
  assert.include(swarm.context.lines, "error: a check failed: disk");
});

test("who has closed asks nobody any more", async () => {
  const swarm = await tracking();
  swarm.checks.close();
  await swarm.uploaded("m", "one", "forward");
  await swarm.checks.idle();
  assert.deepEqual(swarm.validators.asked, []);
});
