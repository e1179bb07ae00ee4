/**
 * Calls that pools refuse, drop and forget, and that no block takes.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { BLOCK_MS, PERIOD, refusal, START } from "./fake_node.ts";
import { Bench } from "./submit_bench.ts";

test("a pool that bans the call for a while is asked again", async () => {
  const bench = new Bench();
  const banned = refusal("passing", "1012: Transaction is temporarily banned");
  bench.node.faults = ["cut before", banned, banned];
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 4);
  bench.assertOnce();
});

test("a full pool is asked again", async () => {
  const bench = new Bench();
  bench.node.faults = [refusal("passing", "1016: Immediately Dropped")];
  await bench.receipt();
  bench.assertOnce();
});

test("a nonce that another program used is told as such, and nothing is signed again", async () => {
  const bench = new Bench();
  bench.node.faults = new Array(20).fill(refusal("stale", "1010: Transaction is outdated"));
  const draft = bench.node.draft.bind(bench.node);
  // The nonce was read just before the other program used it.
  bench.node.draft = async (call, address) => {
    const old = await draft(call, address);
    bench.node.usurp();
    return old;
  };
  const error = await bench.failure();
  assert.match(error.message, /another call of 5Alice took the place of the call pay: .* safe/);
  bench.assertOnce(0);
});

test("a usurped call is told as such", async () => {
  const bench = new Bench();
  bench.node.clock.after(1000, () => bench.node.usurp());
  const error = await bench.failure();
  assert.match(error.message, /took the place .* not executed/);
  bench.assertOnce(0);
});

test("a watch that falls silent is not believed", async () => {
  const bench = new Bench();
  bench.node.say = () => {};
  await bench.receipt();
  bench.assertOnce();
});

test("a call that no block takes ends with its mortality, and may be repeated", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  const error = await bench.failure();
  assert.match(error.message, /none of the blocks up to 1127, .* not executed, .* safe to repeat/);
  // Only when the last of them is final, for until then a block may be replaced.
  assert.isAtLeast(bench.node.clock.nowMs(), (PERIOD - 1 + bench.node.finalLag) * BLOCK_MS);
  assert.isNotEmpty(bench.node.handedIn);
  bench.assertOnce(0);
});

test("a call that its last block takes was executed", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  bench.node.clock.after((PERIOD - 2) * BLOCK_MS + 1, () => bench.node.isFull = false);
  const receipt = await bench.receipt();
  assert.equal(receipt.blockNumber, START + PERIOD - 1);
  bench.assertOnce();
});

test("a payment that its node threw out is waited for: another node may hold it", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  bench.node.clock.after(1000, () => bench.node.say("invalid"));
  bench.node.faults = [undefined, ...new Array(600).fill(refusal("payment", "1010: no money"))];
  bench.node.clock.after(20 * BLOCK_MS + 1, () => bench.node.isFull = false);
  const receipt = await bench.receipt();
  assert.equal(receipt.blockNumber, START + 21);
  bench.assertOnce();
});

test("a payment that its node threw out and nobody took: the last reason is told", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  bench.node.clock.after(1000, () => bench.node.say("invalid"));
  bench.node.faults = [undefined, ...new Array(600).fill(refusal("payment", "1010: no money"))];
  const error = await bench.failure();
  assert.match(error.message, /\(last: 1010: no money\): it was not executed/);
  bench.assertOnce(0);
});

test("a harmless call that is refused again is given up at once", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  bench.node.clock.after(1000, () => bench.node.say("invalid"));
  bench.node.faults = [undefined, refusal("custom", "1010: Custom error: 12")];
  const error = await bench.failure(bench.request("pay", { isHarmless: true }));
  assert.equal(error.message, "explained");
  assert.isBelow(bench.node.clock.nowMs(), 2 * BLOCK_MS);
  bench.assertOnce(0);
});

test("a refusal of the first copy is final, and explained", async () => {
  const bench = new Bench();
  const no = refusal("payment", "1010: Inability to pay some fees");
  bench.node.faults = [no];
  const error = await bench.failure();
  assert.instanceOf(error, WeftError);
  assert.equal(error.message, "explained");
  assert.deepEqual(bench.problem, { refusal: no });
  bench.assertOnce(0);
});
