/**
 * Tests of what is to be solved to register by work.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { hexToBytes } from "@noble/hashes/utils.js";
import { newestState } from "../../../core/chain/subtensor/chain_state.ts";
import { readPowTask } from "../../../core/chain/subtensor/pow_task.ts";
import type { PowTask } from "../../../core/chain/chain.ts";
import { UsageError } from "../../../core/errors.ts";
import { BLOCK_HASH, MadeChain } from "./made_chain.ts";
import { bySubnet, LASTING_ITEMS, type MadeRuntime, PLAIN_RUNTIME } from "./made_runtime.ts";
import { U16 } from "./made_types.ts";
import { rejection } from "./rejection.ts";

const SUBNET = {
  networksAdded: true,
  networkPowRegistrationAllowed: true,
  difficulty: 10_000_000n,
};

async function taskOf(
  runtime: MadeRuntime,
  subnet: Record<string, unknown> = SUBNET,
): Promise<PowTask | undefined> {
  const chain = await MadeChain.open(runtime);
  chain.setSubnet(3, subnet);
  return await readPowTask(await newestState(chain.connection()), 3);
}

test("a task is of one block, by number and hash", async () => {
  assert.deepEqual(await taskOf(PLAIN_RUNTIME), {
    blockNumber: 7,
    blockHash: hexToBytes(BLOCK_HASH.slice(2)),
    difficulty: 10_000_000n,
    endianness: "little",
  });
});

test("a runtime of before the newer Substrate reads a seal as big-endian", async () => {
  const task = await taskOf({ ...PLAIN_RUNTIME, dispatchInfo: "DispatchInfo" });
  assert.equal(task?.endianness, "big");
});

test("a subnet that takes no work has no task", async () => {
  const subnet = { ...SUBNET, networkPowRegistrationAllowed: false };
  assert.isUndefined(await taskOf(PLAIN_RUNTIME, subnet));
});

test("a runtime in which work buys nothing has no task, whatever the subnet says", async () => {
  const items = { ...LASTING_ITEMS, BurnHalfLife: bySubnet(U16) };
  assert.isUndefined(await taskOf({ ...PLAIN_RUNTIME, items }));
});

test("a runtime without the call has no task", async () => {
  assert.isUndefined(await taskOf({ ...PLAIN_RUNTIME, calls: ["burned_register"] }));
});

test("a subnet that is not there is a wrong use", async () => {
  assert.instanceOf(await rejection(taskOf(PLAIN_RUNTIME, {})), UsageError);
});
