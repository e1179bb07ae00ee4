/**
 * A miner whose orchestrator holds its answers back: what happens at the same time.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { Refusal } from "../../../core/iota/api/service.ts";
import { FakeSwarm, LAST_LAYER, response } from "./fake_swarm.ts";

const LONG_POLL = { longPollMs: 20_000 };

test("an orchestrator that holds its answers back is asked again at once", async () => {
  const swarm = new FakeSwarm();
  await swarm.mine(async () => await swarm.time.pass(61_000), LONG_POLL);
  assert.deepEqual(swarm.of("randomActivation").map(({ atMs }) => atMs), [
    0,
    20_000,
    40_000,
    60_000,
  ]);
  assert.equal(swarm.of("randomActivation")[0].headers["X-Weft-Wait"], "20");
});

test("one that answers at once with nothing is not asked more often than once a second", async () => {
  const swarm = new FakeSwarm();
  swarm.instead.randomActivation = () => ({ direction: null, reason: "no_activation_found" });
  await swarm.mine(async () => await swarm.time.pass(10_000), LONG_POLL);
  assert.isAtMost(swarm.of("randomActivation").length, 11);
});

test("work follows on work without a pause", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b"]) {
    swarm.offerForward(uid);
    swarm.offerBackward(uid);
  }
  await swarm.mine(async () => {
    await swarm.time.settle();
    await swarm.time.settle();
    assert.equal(swarm.time.nowMs(), 0);
    assert.deepEqual(swarm.trainer.calls, ["forward a", "backward a", "forward b", "backward b"]);
  }, LONG_POLL);
});

test("while the stage computes, the next piece of work is fetched", async () => {
  const swarm = new FakeSwarm();
  const { promise, resolve } = Promise.withResolvers<void>();
  swarm.prepare = (trainer) => trainer.hold = promise;
  for (const uid of ["a", "b"]) swarm.offerForward(uid);
  await swarm.mine(async () => {
    await swarm.time.pass(100);
    assert.isEmpty(swarm.statuses);
    assert.deepEqual(swarm.transfers, ["GET in/a.forward.pt", "GET in/b.forward.pt"]);
    resolve();
    await swarm.time.pass(100);
    assert.equal(swarm.statuses.length, 2);
  }, LONG_POLL);
});

test("no more than two results are under way, and one piece of work is at hand", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  const { promise, resolve } = Promise.withResolvers<void>();
  swarm.prepare = (trainer) => trainer.hold = promise;
  for (const uid of ["a", "b", "c", "d"]) swarm.offerForward(uid);
  await swarm.mine(async () => {
    await swarm.time.pass(1_000);
    assert.deepEqual(swarm.trainer.calls, ["loss a", "loss b"]);
    assert.include(swarm.transfers, "GET in/c.forward.pt");
    assert.notInclude(swarm.transfers, "GET in/d.forward.pt");
    resolve();
    await swarm.time.pass(1_000);
    assert.equal(swarm.of("reportLoss").length, 4);
  }, LONG_POLL);
});

test("results are reported in the order of their batches, whichever is uploaded first", async () => {
  const swarm = new FakeSwarm();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const uid of ["a", "b"]) swarm.offerForward(uid);
  swarm.storeInstead = ({ method }, key) => {
    if (method !== "PUT" || !key.startsWith("activations/a/")) return undefined;
    return promise.then(() => response(200, ""));
  };
  await swarm.mine(async () => {
    await swarm.time.pass(1_000);
    assert.isTrue(swarm.transfers.some((line) => line.startsWith("PUT activations/b/")));
    assert.isEmpty(swarm.statuses);
    resolve();
    await swarm.time.pass(1_000);
    assert.deepEqual(swarm.statuses.map(({ activation_uid }) => activation_uid), ["a", "b"]);
  }, LONG_POLL);
});

test("a result that is lost does not hold up the next", async () => {
  const swarm = new FakeSwarm();
  for (const uid of ["a", "b"]) swarm.offerForward(uid);
  swarm.storeInstead = ({ method }, key) => {
    if (method !== "PUT" || !key.startsWith("activations/a/")) return undefined;
    return Promise.resolve(response(404, ""));
  };
  await swarm.mine(async () => await swarm.time.pass(1_000), LONG_POLL);
  assert.deepEqual(swarm.statuses.map(({ activation_uid }) => activation_uid), ["b"]);
});

test("a stage that takes long fetches no work that would wait for it", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = LAST_LAYER;
  swarm.prepare = (trainer) => {
    const { forwardLoss } = trainer;
    trainer.forwardLoss = async (uid, activation) => {
      const result = await forwardLoss.call(trainer, uid, activation);
      await swarm.time.sleep(15_000);
      return result;
    };
  };
  for (const uid of ["a", "b", "c", "d", "e"]) swarm.offerForward(uid);
  await swarm.mine(async () => {
    await swarm.time.pass(16_000);
    // The first two were begun before anyone knew how long one takes.
    const fetched = swarm.transfers.filter((line) => line.endsWith("forward.pt"));
    assert.isAtMost(fetched.length, 4);
    await swarm.time.pass(120_000);
    assert.equal(swarm.of("reportLoss").length, 5);
  }, LONG_POLL);
});

test("layer 0 asks for more only when the orchestrator knows of its last batch", async () => {
  const swarm = new FakeSwarm();
  swarm.layer = 0;
  swarm.reason = null;
  await swarm.mine(async () => {
    await swarm.time.pass(500);
    const asked = swarm.calls.map(({ name, body }) => name === "updateStatus" ? body : name);
    for (const [index, call] of asked.entries()) {
      if (call !== "randomActivation" || index < 3) continue;
      const before = swarm.calls.slice(0, index);
      const begun = before.filter(({ name }) => name === "updateStatus").length;
      const earlier = before.filter(({ name }) => name === "randomActivation").length;
      assert.isAtLeast(begun, Math.min(2, earlier));
    }
    assert.equal(swarm.trainer.inFlight.size, 2);
  }, LONG_POLL);
});

test("a result that meets the end of the phase ends the search for work at once", async () => {
  const swarm = new FakeSwarm();
  swarm.offerForward("a");
  swarm.instead.updateStatus = () => {
    swarm.phase = "weights_uploading";
    delete swarm.instead.updateStatus;
    throw new Refusal(409, "weights_uploading");
  };
  await swarm.mine(async () => {
    await swarm.time.settle();
    await swarm.time.settle();
    // It knows of the phase, though its search for work would have been held back for long.
    assert.isNotEmpty(swarm.of("phase"));
    assert.equal(swarm.time.nowMs(), 0);
    swarm.phase = "is_training";
    await swarm.time.pass(1_000);
  }, LONG_POLL);
});

test("stopping a miner in the middle of everything leaves nothing behind", async () => {
  const swarm = new FakeSwarm();
  swarm.storeInstead = ({ method, signal }) => {
    if (method !== "PUT") return undefined;
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  };
  for (const uid of ["a", "b"]) swarm.offerForward(uid);
  await swarm.mine(async () => await swarm.time.pass(1_000), LONG_POLL);
  assert.isEmpty(swarm.statuses);
  assert.isEmpty(swarm.logged("warn"));
});
