/**
 * Calls whose connection is cut on the way. What every test asks: was the call executed once at most,
 * and signed just once.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import { ForeignChainError } from "../../../core/chain/subtensor/rpc_client.ts";
import { BLOCK_MS, refusal, START } from "./fake_node.ts";
import { Bench } from "./submit_bench.ts";

test("a call that arrived although the answer was lost is found, not handed in again", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut after"];
  // Blocks come before the connection does.
  bench.node.clock.after(1, () => bench.node.makeBlock());
  await bench.receipt();
  assert.include(bench.stages, "reconnecting");
  assert.equal(bench.node.handedIn.length, 1);
  bench.assertOnce();
});

test("a call that never arrived is handed in again with the same bytes", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut before"];
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 2);
  bench.assertOnce();
});

test("cuts before every answer cost attempts, but no signature", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut before", "cut before", "cut before", "cut before"];
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 5);
  bench.assertOnce();
});

test("a cut after the block leaves the call in it", async () => {
  const bench = new Bench();
  bench.node.clock.after(BLOCK_MS + 1, () => bench.node.cut(30_000));
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 1);
  bench.assertOnce();
});

test("a cut before the block, and a pool that forgot: handed in again", async () => {
  const bench = new Bench();
  bench.node.clock.after(1000, () => {
    bench.node.cut(5_000);
    bench.node.pool.clear();
  });
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 2);
  bench.assertOnce();
});

test("a pool that still knows the call after a cut is waited for", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut after", refusal("passing", "1013: Already Imported", true)];
  await bench.receipt();
  bench.assertOnce();
});

test("a used nonce after a cut means: look, it was this call", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut after", refusal("stale", "1010: Transaction is outdated")];
  const receipt = await bench.receipt();
  assert.equal(receipt.blockNumber, START + 1);
  bench.assertOnce();
});

test("a node that stays away leaves the outcome unknown: hash and blocks to look in", async () => {
  const bench = new Bench();
  bench.node.clock.after(1000, () => bench.node.cut());
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.deepInclude(error, { extrinsicHash: "hash of pay", blockNumber: START });
  assert.match(error.message, /disconnected\. .* look for hash of pay in blocks 1001 to 1127/);
  bench.assertOnce();
});

test("a node that is away for minutes is waited for", async () => {
  const bench = new Bench();
  bench.node.clock.after(1000, () => bench.node.cut(240_000));
  await bench.receipt();
  bench.assertOnce();
});

test("an address that serves another chain now is not waited for", async () => {
  const bench = new Bench();
  const { node } = bench;
  node.clock.after(1000, () => {
    node.say("lost");
    node.finalizedHead = () => Promise.reject(new ForeignChainError("another chain"));
  });
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.match(error.message, /not known: another chain\. /);
  assert.isBelow(node.clock.nowMs(), BLOCK_MS);
});

test("a chain that stands still leaves the outcome unknown", async () => {
  const bench = new Bench();
  bench.node.isStanding = true;
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.match(error.message, /the chain stands still/);
  bench.assertOnce(0);
});

test("a short cut after a long wait is no long absence", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  bench.node.clock.after(40 * BLOCK_MS, () => bench.node.cut(10_000));
  bench.node.clock.after(42 * BLOCK_MS, () => bench.node.isFull = false);
  await bench.receipt();
  bench.assertOnce();
});
