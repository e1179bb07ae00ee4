/**
 * Submitting: one signature, one execution, one call of an account at a time.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import { WeftError } from "../../../core/errors.ts";
import { BLOCK_MS, refusal, START } from "./fake_node.ts";
import { Bench } from "./submit_bench.ts";

test("a call is signed, submitted, in a block and final, and the receipt says where", async () => {
  const bench = new Bench();
  const receipt = await bench.receipt();
  assert.deepEqual(bench.stages, ["signing", "submitted", "inBlock", "finalized"]);
  assert.deepInclude(receipt, { extrinsicHash: "hash of pay", feeRao: 7n, blockNumber: START + 1 });
  assert.equal(bench.node.handedIn.length, 1);
  bench.assertOnce();
});

test("who waits for a block only, does not wait until it is final", async () => {
  const bench = new Bench();
  await bench.receipt({ waitFor: "inBlock" });
  assert.deepEqual(bench.stages, ["signing", "submitted", "inBlock"]);
  bench.assertOnce();
});

test("a block is final only when the node says so", async () => {
  const bench = new Bench();
  bench.node.finalLag = 10;
  await bench.receipt();
  assert.isAtLeast(bench.node.clock.nowMs(), 11 * BLOCK_MS);
  bench.assertOnce();
});

test("an error inside the block is explained", async () => {
  const bench = new Bench();
  const failure = { pallet: "SubtensorModule", name: "SubNetworkDoesNotExist", docs: "" };
  bench.node.outcome = { failure, feeRao: 0n, uid: undefined };
  const error = await bench.failure();
  assert.equal(error.message, "explained");
  assert.deepEqual(bench.problem, { failure });
  bench.assertOnce();
});

test("an outcome that cannot be read at first is read later", async () => {
  const bench = new Bench();
  bench.node.outcomeFaults = 3;
  assert.equal((await bench.receipt()).feeRao, 7n);
  bench.assertOnce();
});

test("an outcome that cannot be read at all is unknown, not a success", async () => {
  const bench = new Bench();
  bench.node.outcomeFaults = 100;
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.match(error.message, /is in block 1001, but .* \(state discarded\)/);
  bench.assertOnce();
});

test("a signer that says no leaves nothing behind", async () => {
  const bench = new Bench();
  const signer = { ...bench.signer, sign: () => Promise.reject(new WeftError("Cancelled")) };
  const error = await bench.submitter.submit(signer, bench.request()).catch((error) => error);
  assert.equal(error.message, "Cancelled");
  assert.isEmpty(bench.node.handedIn);
});

test("checks that fail leave nothing signed", async () => {
  const bench = new Bench();
  const prepare = (): Promise<string> => Promise.reject(new WeftError("too little"));
  assert.equal((await bench.failure(bench.request("pay", { prepare }))).message, "too little");
  assert.equal(bench.signatures, 0);
});

test("a call with nothing to do is not signed", async () => {
  const bench = new Bench();
  const prepare = (): Promise<undefined> => Promise.resolve(undefined);
  assert.isUndefined(await bench.submit(bench.request("pay", { prepare })));
  assert.equal(bench.signatures, 0);
});

test("the same payment asked for twice at once is made once", async () => {
  const bench = new Bench();
  const first = bench.receipt();
  const error = await bench.failure();
  assert.match(error.message, /the call pay is under way already/);
  await first;
  bench.assertOnce();
});

test("the same payment may be made again when the first is done", async () => {
  const bench = new Bench();
  await bench.receipt();
  await bench.receipt();
  assert.equal(bench.signatures, 2);
  assert.equal(bench.node.executions("pay"), 2);
});

test("two calls of an account are made one after the other, each with its own nonce", async () => {
  const bench = new Bench();
  const receipts = await Promise.all([
    bench.receipt(),
    bench.receipt({}, bench.request("stake")),
  ]);
  assert.isBelow(receipts[0].blockNumber, receipts[1].blockNumber);
  assert.equal(bench.node.executions("stake"), 1);
  assert.equal(bench.signatures, 2);
});

test("a failed call does not block the account's next one", async () => {
  const bench = new Bench();
  bench.node.faults = [refusal("other", "1010: no")];
  const failed = bench.failure();
  await bench.receipt({}, bench.request("stake"));
  await failed;
  assert.equal(bench.node.executions("stake"), 1);
});
