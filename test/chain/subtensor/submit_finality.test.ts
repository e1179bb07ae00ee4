/**
 * Blocks that are taken back, and what is final.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import { BLOCK_MS, START } from "./fake_node.ts";
import { Bench } from "./submit_bench.ts";

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

test("a block that never becomes final leaves the outcome unknown", async () => {
  const bench = new Bench();
  bench.node.finalLag = 10_000;
  const error = await bench.failure();
  assert.instanceOf(error, UnknownOutcomeError);
  assert.match(error.message, /it was in block 1001, which does not become final/);
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

test("a block that comes while the node is asked is not taken for another call's", async () => {
  const bench = new Bench();
  const { node } = bench;
  node.finalLag = 0;
  const head = node.head.bind(node);
  let isFirst = true;
  node.head = async () => {
    const answer = await head();
    if (node.handedIn.length > 0 && isFirst) {
      isFirst = false;
      node.makeBlock();
    }
    return answer;
  };
  node.clock.after(1000, () => node.say("finalityTimeout"));
  await bench.receipt();
  assert.isFalse(isFirst);
  bench.assertOnce();
});

test("a node that tells of a block before it shows it is asked again soon", async () => {
  const bench = new Bench();
  const { node } = bench;
  node.clock.after(1000, () => {
    node.say("inBlock");
    node.say = () => {};
  });
  node.clock.after(1300, () => node.makeBlock());
  await bench.receipt({ waitFor: "inBlock" });
  assert.isBelow(node.clock.nowMs(), 2000);
  bench.assertOnce();
});
