/**
 * A validator registers, stays registered and sets weights, on a clock that only a test moves.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/host.ts";
import {
  RefusedError,
  SpecMismatchError,
  VersionMismatchError,
} from "../../../core/iota/api/client_errors.ts";
import type { RouteName } from "../../../core/iota/api/routes.ts";
import {
  type SetWeights,
  ValidatorService,
} from "../../../core/iota/gradient_validator/service.ts";
import { BODY, TestSwarm, UID } from "./test_swarm.ts";

/** Runs a service; what is between two sleeps is a turn. */
interface Run {
  readonly swarm: TestSwarm;
  /** What happens during each sleep, one after another; after the last the service is stopped. */
  readonly during: readonly (() => unknown)[];
  readonly setWeights?: SetWeights;
}

/** Runs a service to its end. @returns the routes asked in each turn, and the sleeps */
async function run(
  { swarm, during, setWeights }: Run,
): Promise<{ turns: RouteName[][]; sleepsMs: number[] }> {
  const stop = new AbortController();
  const turns: RouteName[][] = [];
  const sleepsMs: number[] = [];
  const clock: Clock = {
    nowMs: () => swarm.clock.nowMs(),
    sleep: async (durationMs) => {
      turns.push(swarm.asked.splice(0));
      sleepsMs.push(durationMs);
      swarm.clock.advance(durationMs);
      const next = during[sleepsMs.length - 1];
      if (next) await next();
      else stop.abort();
    },
  };
  const log = (message: string): void => void swarm.messages.push(message);
  const service = new ValidatorService({
    ...{ validator: swarm.validator, client: swarm, clock, setWeights },
    address: { host: "203.0.113.9", port: 9000, scheme: "http" },
    wallClock: { unixMs: () => swarm.clock.nowMs() },
    log: { debug: log, info: log, warn: log, error: log },
    weightsIntervalMs: 3_600_000,
    onEvent: (event) => swarm.events.push(event),
  });
  await service.run(stop.signal);
  return { turns, sleepsMs };
}

const nothing = (): void => {};

test("it registers once, and looks every hundred seconds whether the orchestrator is there", async () => {
  const { turns, sleepsMs } = await run({ swarm: new TestSwarm(), during: [nothing, nothing] });
  assert.deepEqual(turns, [["registerValidator", "globalScores"], ["globalScores"], [
    "globalScores",
  ]]);
  assert.deepEqual(sleepsMs, [100_000, 100_000, 100_000]);
});

test("it waits for an orchestrator that is not there", async () => {
  const swarm = new TestSwarm();
  swarm.down.add("registerValidator");
  const up = (): boolean => swarm.down.delete("registerValidator");
  const { turns, sleepsMs } = await run({ swarm, during: [nothing, up, nothing] });
  assert.deepEqual(sleepsMs, [30_000, 30_000, 100_000, 100_000]);
  assert.deepEqual(turns[2], ["registerValidator", "globalScores"]);
});

test("it registers again after the orchestrator was away", async () => {
  const swarm = new TestSwarm();
  const { turns } = await run({
    swarm,
    during: [() => swarm.down.add("globalScores"), () => swarm.down.clear(), nothing],
  });
  assert.deepEqual(turns.map((names) => names.includes("registerValidator")), [
    true,
    false,
    true,
    false,
  ]);
});

test("it registers again with an orchestrator that has begun anew", async () => {
  const swarm = new TestSwarm();
  const mismatch = new VersionMismatchError("Orchestrator version mismatch. Expected: b");
  const { turns } = await run({
    swarm,
    during: [
      () => swarm.failures.set("globalScores", mismatch),
      () => swarm.failures.clear(),
      nothing,
    ],
  });
  assert.include(turns[2], "registerValidator");
});

test("it registers again when it was not asked anything for half an hour", async () => {
  const swarm = new TestSwarm();
  const during = Array.from({ length: 20 }, () => nothing);
  const { turns } = await run({ swarm, during });
  const registered = turns.flatMap((names, turn) =>
    names.includes("registerValidator") ? [turn] : []
  );
  // The nineteenth turn begins at 1,900 s.
  assert.deepEqual(registered, [0, 19]);
});

test("who is asked is not forgotten", async () => {
  const swarm = new TestSwarm();
  const asked = (): Promise<unknown> => swarm.validator.pass("a", "forward");
  const during = Array.from({ length: 40 }, (_, turn) => turn % 10 === 9 ? asked : nothing);
  const { turns } = await run({ swarm, during });
  assert.lengthOf(turns.filter((names) => names.includes("registerValidator")), 1);
});

const FINAL = [
  new RefusedError(403, "Hotkey is not a validator", "POST /orchestrator/register_validator"),
  new SpecMismatchError("Spec version mismatch. Expected: 5000, Received: 4065"),
];

for (const error of FINAL) {
  test(`it ends with what it is told if it is not taken: ${error.name}`, async () => {
    const swarm = new TestSwarm();
    swarm.failures.set("registerValidator", error);
    const thrown = await run({ swarm, during: [nothing] }).then(() => undefined, (e) => e);
    assert.strictEqual(thrown, error);
  });
}

test("who was taken once tries again when it is refused later", async () => {
  const swarm = new TestSwarm();
  const { turns } = await run({
    swarm,
    during: [() => swarm.failures.set("globalScores", FINAL[0]), () => swarm.failures.clear()],
  });
  assert.include(turns[2], "registerValidator");
});

test("weights are set at once, and then every hour", async () => {
  const swarm = new TestSwarm();
  swarm.globalScores = { [UID]: 2 };
  const set: Record<string, number>[] = [];
  const during = Array.from({ length: 40 }, () => nothing);
  await run({
    ...{ swarm, during },
    setWeights: (scores) => {
      set.push(scores);
      return Promise.resolve([UID]);
    },
  });
  // 41 turns of 100 s are a little more than an hour.
  assert.deepEqual(set, [{ [UID]: 2 }, { [UID]: 2 }]);
});

test("the weights that were set are told", async () => {
  const swarm = new TestSwarm();
  swarm.globalScores = { [UID]: 2 };
  await run({ swarm, during: [], setWeights: () => Promise.resolve([UID]) });
  assert.deepInclude(swarm.events.at(-1), { kind: "weights set", uids: [UID] });
});

test("without scores the weights stay as they are", async () => {
  const none: Record<string, number>[] = [{}, { 1: 0, 2: 0 }];
  for (const scores of none) {
    const swarm = new TestSwarm();
    swarm.globalScores = scores;
    let calls = 0;
    await run({ swarm, during: [], setWeights: () => Promise.resolve([calls++]) });
    assert.equal(calls, 0);
  }
});

test("where nobody has earned anything the log says so, and no weights are told", async () => {
  const swarm = new TestSwarm();
  swarm.globalScores = { 1: -3, 2: 0 };
  await run({ swarm, during: [], setWeights: () => Promise.resolve([]) });
  assert.include(swarm.messages, "no miner has earned anything: no weights are set");
  assert.notInclude(swarm.events.map(({ kind }) => kind), "weights set");
});

test("a chain that refuses the weights costs a line in the log, and the registration stays", async () => {
  const swarm = new TestSwarm();
  swarm.globalScores = { [UID]: 2 };
  const refuse = (): Promise<never> => Promise.reject(new WeftError("the chain is gone"));
  const { turns } = await run({ swarm, during: [nothing], setWeights: refuse });
  assert.include(
    swarm.messages,
    "weights were not set, and will be tried again later: the chain is gone",
  );
  assert.deepEqual(turns[1], ["globalScores"]);
});

test("the score of whom it tracked is submitted at the end", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  await swarm.validator.upload(await swarm.upload(BODY));
  await run({ swarm, during: [] });
  assert.deepEqual(swarm.submitted, [{ [UID]: 1 }]);
});
