/**
 * Tests of which chain it is, and how far.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { readHead, readIdentity, watchHead } from "../../../core/chain/subtensor/identity.ts";
import type { RpcSubscription } from "../../../core/chain/subtensor/rpc_socket.ts";
import type { Log } from "../../../core/host.ts";
import { BLOCK_HASH, GENESIS, MadeChain } from "./made_chain.ts";
import { PLAIN_RUNTIME } from "./made_runtime.ts";

/** Watches the head of a chain whose node tells what the test wants. */
async function watch(): Promise<{
  readonly blocks: number[];
  readonly warnings: string[];
  readonly tell: (item: unknown) => void;
  readonly stop: () => void;
  readonly isStopped: () => boolean;
}> {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  const blocks: number[] = [];
  const warnings: string[] = [];
  const ignore = (): void => {};
  const warn = (text: string): void => void warnings.push(text);
  const log: Log = { debug: ignore, info: ignore, warn, error: ignore };
  let tell = (_item: unknown): void => {};
  let isStopped = false;
  const subscribe = (subscription: RpcSubscription): Promise<() => void> => {
    tell = subscription.onItem;
    assert.isUndefined(subscription.onLost, "it is to be made again after a cut");
    return Promise.resolve(() => isStopped = true);
  };
  const connection = { ...chain.connection(), subscribe };
  const stop = await watchHead(connection, (number) => blocks.push(number), log);
  return { blocks, warnings, tell, stop, isStopped: () => isStopped };
}

test("a chain is known by its runtime and its genesis", async () => {
  const connection = (await MadeChain.open(PLAIN_RUNTIME)).connection();
  const place = { network: "local", endpoint: "ws://127.0.0.1:9944" };
  assert.deepEqual(readIdentity(connection, place), {
    ...place,
    genesisHash: GENESIS,
    specName: "node-subtensor",
    specVersion: 300,
  });
});

test("the head has the time of its own block", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  chain.set("timestamp.now", [], 1_795_404_643_342);
  assert.deepEqual(await readHead(chain.connection()), {
    number: 7,
    hash: BLOCK_HASH,
    unixMs: 1_795_404_643_342,
  });
});

test("each new head is told by its number", async () => {
  const { blocks, tell } = await watch();
  tell({ number: "0x8", parentHash: "0x00" });
  tell({ number: "0xffffffff" });
  assert.deepEqual(blocks, [8, 2 ** 32 - 1]);
});

test("a head that is none is not told, but complained of", async () => {
  const { blocks, warnings, tell } = await watch();
  for (const item of [null, "block", {}, { number: "eight" }, { number: -1 }]) tell(item);
  assert.isEmpty(blocks);
  assert.lengthOf(warnings, 5);
});

test("who has stopped watching hears no more", async () => {
  const { blocks, tell, stop, isStopped } = await watch();
  stop();
  tell({ number: "0x9" });
  assert.isEmpty(blocks);
  assert.isTrue(isStopped());
});
