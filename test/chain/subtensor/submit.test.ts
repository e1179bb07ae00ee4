/**
 * Submitting over a node that loses connections and calls. What every test asks: was the call
 * executed once at most, and signed just once.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import type { CallOptions, CallStage, Receipt } from "../../../core/chain/receipt.ts";
import type { CallProblem } from "../../../core/chain/subtensor/submission.ts";
import { ForeignChainError } from "../../../core/chain/subtensor/rpc_client.ts";
import { type CallRequest, Submitter } from "../../../core/chain/subtensor/submit.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { BLOCK_MS, FakeNode, PERIOD, refusal, START } from "./fake_node.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A submitter over a fake node, and how often its one key was used. */
class Bench {
  readonly node = new FakeNode();
  readonly submitter = new Submitter<string>(this.node, { clock: this.node.clock, log: SILENT });
  readonly stages: CallStage[] = [];
  signatures = 0;
  /** What the request was asked to explain. */
  problem: CallProblem | undefined;
  readonly signer: Signer = {
    address: "5Alice",
    publicKey: new Uint8Array(32),
    sign: () => {
      this.signatures += 1;
      return Promise.resolve(Uint8Array.of(this.signatures));
    },
  };

  request(call = "pay", changes: Partial<CallRequest<string>> = {}): CallRequest<string> {
    return {
      label: `the call ${call}`,
      isHarmless: false,
      prepare: () => Promise.resolve(call),
      explain: (problem) => {
        this.problem = problem;
        return Promise.resolve("explained");
      },
      ...changes,
    };
  }

  submit(request = this.request(), options: CallOptions = {}): Promise<Receipt | undefined> {
    const onProgress = (stage: CallStage): void => void this.stages.push(stage);
    return this.submitter.submit(this.signer, request, { onProgress, ...options });
  }

  /** Submits a call that must succeed. */
  async receipt(options: CallOptions = {}, request = this.request()): Promise<Receipt> {
    const receipt = await this.submit(request, options);
    assert.isDefined(receipt);
    return receipt as Receipt;
  }

  /** Submits a call that must fail, and gives the error. */
  async failure(request = this.request(), options: CallOptions = {}): Promise<Error> {
    const error = await this.submit(request, options).then(() => undefined, (error) => error);
    assert.instanceOf(error, Error);
    return error;
  }

  /** @param executions of the one call */
  assertOnce(executions = 1): void {
    assert.equal(this.signatures, 1, "signatures");
    assert.isAtMost(new Set(this.node.handedIn).size, 1, "different bytes handed in");
    assert.equal(this.node.executions("pay"), executions, "executions");
  }
}

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

test("a used nonce after a cut means: look, it was this call", async () => {
  const bench = new Bench();
  bench.node.faults = ["cut after", refusal("stale", "1010: Transaction is outdated")];
  const receipt = await bench.receipt();
  assert.equal(receipt.blockNumber, START + 1);
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

test("a block that is taken back counts no more: the receipt names the next one", async () => {
  const bench = new Bench();
  bench.node.clock.after(BLOCK_MS + 2, () => {
    bench.node.reorganize(1);
    bench.node.isFull = true;
  });
  bench.node.clock.after(3 * BLOCK_MS, () => bench.node.isFull = false);
  const receipt = await bench.receipt();
  assert.isAbove(receipt.blockNumber, START + 1);
  assert.deepEqual(bench.stages.filter((stage) => stage === "inBlock").length, 2);
  bench.assertOnce();
});

for (const elsewhere of [undefined, { number: START + 2, hash: "0xelse", nonce: 0 }]) {
  const told = elsewhere === undefined ? "" : ", whatever another node calls final";
  test(`a block that was searched and then replaced is searched again${told}`, async () => {
    const bench = new Bench();
    const { node } = bench;
    node.isFull = true;
    node.foreignFinal = elsewhere;
    // Two blocks without the call are searched, and give way to one with it.
    node.clock.after(2 * BLOCK_MS + 5_000, () => {
      node.reorganize(2);
      node.isFull = false;
      node.makeBlock();
    });
    node.clock.after(3 * BLOCK_MS, () => node.foreignFinal = undefined);
    const receipt = await bench.receipt();
    assert.equal(receipt.blockNumber, START + 1);
    bench.assertOnce();
  });
}

test("a call that a taken-back block has lost from the pool is handed in again", async () => {
  const bench = new Bench();
  bench.node.clock.after(BLOCK_MS + 2, () => {
    bench.node.reorganize(1);
    bench.node.pool.clear();
    bench.node.say("dropped");
  });
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 2);
  bench.assertOnce();
});

test("a node that gives up waiting for finality is asked for it instead", async () => {
  const bench = new Bench();
  bench.node.finalLag = 40;
  bench.node.clock.after(2 * BLOCK_MS, () => bench.node.say("finalityTimeout"));
  await bench.receipt();
  assert.equal(bench.node.handedIn.length, 1);
  bench.assertOnce();
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

test("an error inside the block is explained", async () => {
  const bench = new Bench();
  const failure = { pallet: "SubtensorModule", name: "SubNetworkDoesNotExist", docs: "" };
  bench.node.outcome = { failure, feeRao: 0n, uid: undefined };
  const error = await bench.failure();
  assert.equal(error.message, "explained");
  assert.deepEqual(bench.problem, { failure });
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

test("a block that never becomes final leaves the outcome unknown", async () => {
  const bench = new Bench();
  bench.node.finalLag = 10_000;
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.match(error.message, /it was in block 1001, which does not become final/);
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

test("a final head of another fork makes nothing final", async () => {
  const bench = new Bench();
  const foreign = { number: START + 1, hash: "0xelse", nonce: 0 };
  bench.node.clock.after(1, () => bench.node.foreignFinal = foreign);
  bench.node.clock.after(20 * BLOCK_MS, () => bench.node.foreignFinal = undefined);
  await bench.receipt();
  assert.isAtLeast(bench.node.clock.nowMs(), 20 * BLOCK_MS);
  bench.assertOnce();
});

test("a final head of another fork proves no absence", async () => {
  const bench = new Bench();
  bench.node.isFull = true;
  // There another call has used the nonce.
  const foreign = { number: START + 1, hash: "0xelse", nonce: 99 };
  bench.node.clock.after(1, () => bench.node.foreignFinal = foreign);
  bench.node.clock.after(5 * BLOCK_MS + 1, () => {
    bench.node.isFull = false;
    bench.node.foreignFinal = undefined;
  });
  await bench.receipt();
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
