import { test } from "#test";
import { assert } from "chai";
import { Refusal } from "../../../core/iota/api/service.ts";
import type { RouteName } from "../../../core/iota/api/routes.ts";
import { FakeSwarm, unreachable } from "./fake_swarm.ts";

/** Polls are rare where minutes pass, for each costs the test time. */
const SELDOM = { pollMs: 10_000 };
const VERSION_TEXT = "Orchestrator version mismatch. Expected: two, Received: one";

/** Refuses a route until the miner registers again. */
function refuseUntilRegistered(swarm: FakeSwarm, name: RouteName, refusal: Refusal): void {
  swarm.instead[name] = () => {
    swarm.instead.registerMiner = () => {
      delete swarm.instead.registerMiner;
      delete swarm.instead[name];
      swarm.version = "two";
      return { hotkey: "h", layer: 1, version: "two" };
    };
    throw refusal;
  };
}

test("whether it is registered is asked every 100 seconds", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => await swarm.time.pass(350_000), SELDOM);
  assert.deepEqual(swarm.of("isRegistered").map(({ atMs }) => atMs), [100_000, 200_000, 300_000]);
});

test("a miner that is forgotten registers again, with a fresh stage", async () => {
  const swarm = new FakeSwarm();
  let answers = 0;
  swarm.instead.isRegistered = () => ({ is_registered: ++answers !== 1 });
  await swarm.mine(async (miner) => {
    await swarm.time.pass(150_000);
    assert.isTrue(miner.health().registered);
  }, SELDOM);
  assert.equal(swarm.of("registerMiner").length, 2);
  assert.equal(swarm.trainers.length, 2);
});

test("a forgotten miner may be given another layer", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.isRegistered = () => {
    swarm.layer = 2;
    return { is_registered: false };
  };
  await swarm.mine(async (miner) => {
    await swarm.time.pass(110_000);
    assert.equal(miner.health().layer, 2);
    assert.deepEqual(swarm.of("layerWeights").at(-1)?.query, { layer: 2 });
  }, SELDOM);
});

test("that nobody can say whether it is registered changes nothing", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.isRegistered = unreachable;
  await swarm.mine(async () => await swarm.time.pass(350_000), SELDOM);
  assert.equal(swarm.of("registerMiner").length, 1);
});

const refusals: [what: string, refusal: Refusal][] = [
  ["has begun anew", new Refusal(409, VERSION_TEXT)],
  ["does not know the miner", new Refusal(404, "Miner not found in registry")],
];
const routes: RouteName[] = [
  "randomActivation",
  "updateStatus",
  "initiateUpload",
  "isRegistered",
  "phase",
];
for (const [what, refusal] of refusals) {
  for (const name of routes) {
    test(`the miner registers again when ${name} says that the orchestrator ${what}`, async () => {
      const swarm = new FakeSwarm();
      await swarm.mine(async () => {
        await swarm.time.pass(100);
        if (name === "phase") swarm.phase = "weights_uploading";
        refuseUntilRegistered(swarm, name, refusal);
        swarm.offerForward("one");
        await swarm.time.pass(101_000);
        assert.equal(swarm.of("registerMiner").length, 2);
        swarm.phase = "is_training";
        await swarm.time.pass(50_000);
      }, SELDOM);
      const { headers } = swarm.of("randomActivation").at(-1) ??
        assert.fail("no work was asked for");
      assert.equal(headers["X-Orchestrator-Version"], "two");
      assert.equal(swarm.trainers.length, 2);
    });
  }
}

test("batches of before a registration are gone after it", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  await swarm.mine(async () => {
    await swarm.time.pass(5_000);
    const first = swarm.trainer;
    assert.deepEqual([...first.inFlight], ["one"]);
    refuseUntilRegistered(swarm, "randomActivation", new Refusal(409, VERSION_TEXT));
    await swarm.time.pass(5_000);
    assert.isEmpty(first.inFlight);
    swarm.offerBackward("one");
    await swarm.time.pass(5_000);
  });
  assert.match(swarm.logged("warn").at(-1) ?? "", /a gradient of one was given, which is unknown/);
});

for (const name of ["randomActivation", "updateStatus", "reportLoss", "initiateUpload"] as const) {
  test(`a miner whose orchestrator is gone at ${name} waits for it and goes on`, async () => {
    const swarm = new FakeSwarm();
    swarm.layer = 2;
    swarm.offerForward("one");
    swarm.instead[name] = unreachable;
    swarm.instead.health = unreachable;
    await swarm.mine(async (miner) => {
      await swarm.time.pass(60_000);
      const asked = swarm.of("randomActivation").length;
      await swarm.time.pass(60_000);
      assert.equal(swarm.of("randomActivation").length, asked, "asked for work meanwhile");
      delete swarm.instead[name];
      delete swarm.instead.health;
      await swarm.time.pass(30_000);
      swarm.offerForward("two");
      await swarm.time.pass(10_000);
      assert.isTrue(miner.health().registered);
      assert.include(swarm.statuses.map(({ activation_uid }) => activation_uid), "two");
    });
    assert.equal(swarm.of("registerMiner").length, 1);
  });
}

test("a request that only fails on the server does not end the registration", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("one");
  let failures = 0;
  swarm.instead.updateStatus = () => {
    if (++failures <= 3) throw new Refusal(503, "Internal Server Error");
    return { message: "" };
  };
  await swarm.mine(async () => {
    await swarm.time.pass(60_000);
    swarm.offerForward("two");
    await swarm.time.pass(10_000);
  });
  assert.equal(swarm.of("registerMiner").length, 1);
  assert.include(swarm.statuses.map(({ activation_uid }) => activation_uid), "two");
});

test("a spec that has changed ends the miner", async () => {
  const swarm = new FakeSwarm();
  let thrown: unknown;
  await swarm.mine(async () => {
    swarm.instead.randomActivation = () => {
      throw new Refusal(409, "Spec version mismatch. Expected: 5000, Received: 4065");
    };
    await swarm.time.pass(10_000);
  }).catch((error: unknown) => thrown = error);
  assert.match(String(thrown), /SpecMismatchError.*Expected: 5000/);
});

test("a clock that is wrong is refused and logged, and asked again now and then", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.randomActivation = () => {
    throw new Refusal(401, "Request is too stale");
  };
  await swarm.mine(async () => await swarm.time.pass(60_000));
  assert.match(swarm.logged("warn")[0], /401: Request is too stale/);
  assert.isAtMost(swarm.of("randomActivation").length, 7);
  assert.equal(swarm.of("registerMiner").length, 1);
});
