/**
 * A node's JSON-RPC as submitting reads it.
 *
 * @module
 */

import { test, testWhere } from "#test";
import { assert } from "chai";
import { ApiNode } from "../../../core/chain/subtensor/api_node.ts";
import type { Connection } from "../../../core/chain/subtensor/connection.ts";
import { transfer } from "../../../core/chain/subtensor/extrinsics.ts";
import { RpcError } from "../../../core/chain/subtensor/rpc_message.ts";
import type { RpcSubscription } from "../../../core/chain/subtensor/rpc_socket.ts";
import type { CallStatus } from "../../../core/chain/subtensor/submission.ts";
import { WeftError } from "../../../core/errors.ts";
import { noMetadata, openMetadata } from "./metadata_api.ts";

const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const HASH = `0x${"ab".repeat(32)}`;
const FINAL_HASH = `0x${"cd".repeat(32)}`;

/** A connection that gives prepared answers. */
function connection(
  answers: Readonly<Record<string, unknown>>,
  subscribe?: Connection["subscribe"],
  api?: Connection["api"],
): Connection {
  return {
    get api(): Connection["api"] {
      if (api === undefined) throw new Error("not needed here");
      return api;
    },
    genesisHash: HASH,
    ready: () => Promise.resolve(),
    request: (method, params) =>
      Promise.resolve(answers[`${method}(${params.join()})`] ?? answers[method]),
    subscribe: subscribe ?? (() => Promise.resolve(() => {})),
    close: () => Promise.resolve(),
  };
}

/** What an item of the node's subscription is read as. */
async function statusOf(item: unknown): Promise<CallStatus | undefined> {
  let heard: CallStatus | undefined;
  const node = new ApiNode(connection({}, ({ onItem }) => {
    onItem(item);
    return Promise.resolve(() => {});
  }));
  await node.handIn("0x00", (status) => void (heard = status));
  return heard;
}

for (
  const [item, status] of [
    ["future", "waiting"],
    ["ready", "waiting"],
    [{ broadcast: ["peer"] }, "waiting"],
    [{ inBlock: HASH }, "inBlock"],
    [{ retracted: HASH }, "retracted"],
    [{ finalityTimeout: HASH }, "finalityTimeout"],
    [{ finalized: HASH }, "finalized"],
    [{ usurped: HASH }, "usurped"],
    ["dropped", "dropped"],
    ["invalid", "invalid"],
    ["lost", "waiting"],
    ["something new", "waiting"],
    [{}, "waiting"],
    [null, "waiting"],
    [7, "waiting"],
  ] as const
) {
  test(`the status ${JSON.stringify(item)} means "${status}"`, async () => {
    assert.equal(await statusOf(item), status);
  });
}

test("a call is handed in with the methods of the author's interface", async () => {
  let asked: RpcSubscription | undefined;
  let isStopped = false;
  const heard: CallStatus[] = [];
  const node = new ApiNode(connection({}, (subscription) => {
    asked = subscription;
    return Promise.resolve(() => void (isStopped = true));
  }));
  const answer = await node.handIn("0x1234", (status) => heard.push(status));
  assert.deepInclude(asked, {
    method: "author_submitAndWatchExtrinsic",
    unsubscribe: "author_unwatchExtrinsic",
    params: ["0x1234"],
  });
  asked?.onLost?.();
  assert.deepEqual(heard, ["lost"]);
  if ("stop" in answer) answer.stop();
  assert.isTrue(isStopped);
});

test("a node's no is a refusal", async () => {
  const error = new RpcError("author_submit", 1010, "Invalid Transaction: Custom error: 5");
  const node = new ApiNode(connection({}, () => Promise.reject(error)));
  assert.deepEqual(await node.handIn("0x00", () => {}), {
    refusal: {
      kind: "custom",
      customCode: 5,
      isKnown: false,
      text: "1010: Invalid Transaction: Custom error: 5",
    },
  });
});

test("no answer is no refusal", async () => {
  const cut = new WeftError("the connection was cut");
  const node = new ApiNode(connection({}, () => Promise.reject(cut)));
  assert.equal(await node.handIn("0x00", () => {}).catch((error) => error), cut);
});

test("heads are a hash and the number of its header", async () => {
  const node = new ApiNode(connection({
    "chain_getBlockHash()": HASH,
    chain_getFinalizedHead: FINAL_HASH,
    [`chain_getHeader(${HASH})`]: { number: "0x1b4", digest: {} },
    [`chain_getHeader(${FINAL_HASH})`]: { number: "0x1b2" },
  }));
  assert.deepEqual(await node.head(), { number: 436, hash: HASH });
  assert.deepEqual(await node.finalizedHead(), { number: 434, hash: FINAL_HASH });
});

test("a block's extrinsics are given as they are written", async () => {
  const extrinsics = ["0x280403000b", "0x"];
  const node = new ApiNode(connection({ chain_getBlock: { block: { extrinsics } } }));
  assert.deepEqual(await node.extrinsicsOf(HASH), extrinsics);
});

for (
  const [what, ask, answer] of [
    ["a hash that is none", (node: ApiNode) => node.blockHashAt(1), "0x12"],
    ["a block that is not there", (node: ApiNode) => node.extrinsicsOf(HASH), null],
    ["a hash of nothing", (node: ApiNode) => node.blockHashAt(1), null],
    ["an extrinsic that is no hex", (node: ApiNode) => node.extrinsicsOf(HASH), {
      block: { extrinsics: ["hello"] },
    }],
  ] as const
) {
  test(`${what} is no answer`, async () => {
    const node = new ApiNode(connection({ chain_getBlockHash: answer, chain_getBlock: answer }));
    const error = await ask(node).then(() => undefined, (error) => error);
    assert.instanceOf(error, Error);
  });
}

/** The birth and death of a draft that is made when the head is so far ahead of the final block. */
async function mortality(lag: number): Promise<{ birthBlock: number; deathBlock: number }> {
  const api = await openMetadata();
  const hex = (number: number): string => `0x${number.toString(16)}`;
  const answers = {
    system_accountNextIndex: 7,
    "chain_getBlockHash()": HASH,
    chain_getFinalizedHead: FINAL_HASH,
    [`chain_getHeader(${HASH})`]: { number: hex(1000 + lag) },
    [`chain_getHeader(${FINAL_HASH})`]: { number: hex(1000) },
  };
  const node = new ApiNode(connection(answers, undefined, api));
  const draft = await node.draft(transfer(api, ALICE, 1n), ALICE);
  const { birthBlock, deathBlock, nonce } = draft.complete(new Uint8Array(65).fill(1, 0, 1));
  assert.equal(nonce, 7);
  await api.disconnect();
  return { birthBlock, deathBlock };
}

testWhere(noMetadata, "a call lives for 128 blocks from the final one", async () => {
  assert.deepEqual(await mortality(3), { birthBlock: 1000, deathBlock: 1128 });
  assert.deepEqual(await mortality(32), { birthBlock: 1000, deathBlock: 1128 });
});

testWhere(noMetadata, "where finality is far behind, a call lives from the head", async () => {
  assert.deepEqual(await mortality(33), { birthBlock: 1033, deathBlock: 1161 });
});

testWhere(noMetadata, "a call of the runtime before an upgrade is not drafted", async () => {
  const [old, api] = [await openMetadata(), await openMetadata()];
  const answers = {
    system_accountNextIndex: 7,
    "chain_getBlockHash()": HASH,
    chain_getFinalizedHead: HASH,
    chain_getHeader: { number: "0x1" },
  };
  const node = new ApiNode(connection(answers, undefined, api));
  const error = await node.draft(transfer(old, ALICE, 1n), ALICE).catch((error) => error);
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /upgraded just now: nothing was sent/);
  await Promise.all([old.disconnect(), api.disconnect()]);
});
