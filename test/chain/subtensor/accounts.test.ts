/**
 * Tests of what accounts hold.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  existentialDepositRao,
  readBalance,
  readOwner,
  readStakes,
} from "../../../core/chain/subtensor/accounts.ts";
import { type ChainState, newestState } from "../../../core/chain/subtensor/chain_state.ts";
import type { Balance } from "../../../core/chain/chain.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { MadeChain } from "./made_chain.ts";
import { type MadeRuntime, PLAIN_RUNTIME } from "./made_runtime.ts";
import { ACCOUNT, BOOL, compact, record, sequence, U16, U64, U8, wrapper } from "./made_types.ts";
import { account } from "./metagraph_runtime.ts";
import { rejection } from "./rejection.ts";

const ME = account(1, 1);
/** One account, with the prefixes 42 and 0. */
const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const ALICE_ON_POLKADOT = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
const STAKES = "StakeInfoRuntimeApi.get_stake_info_for_coldkey";
const DEPOSIT = 500n;

function stateOf(chain: MadeChain): Promise<ChainState> {
  return newestState(chain.connection());
}

async function balanceOf(data: Record<string, bigint>): Promise<Balance> {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  chain.set("system.account", [ME], { data });
  return await readBalance(await stateOf(chain), ME, DEPOSIT);
}

test("the deposit is the runtime's", async () => {
  assert.equal(existentialDepositRao((await MadeChain.open(PLAIN_RUNTIME)).connection()), DEPOSIT);
});

test("an account keeps the deposit back", async () => {
  assert.deepEqual(await balanceOf({ free: 10_000n }), {
    freeRao: 10_000n,
    transferableRao: 9_500n,
  });
});

test("what is frozen stays, unless what is reserved covers it", async () => {
  const frozen = await balanceOf({ free: 10_000n, frozen: 4_000n });
  assert.equal(frozen.transferableRao, 6_000n);
  const partly = await balanceOf({ free: 10_000n, frozen: 4_000n, reserved: 3_000n });
  assert.equal(partly.transferableRao, 9_000n);
  const covered = await balanceOf({ free: 10_000n, frozen: 4_000n, reserved: 9_000n });
  assert.equal(covered.transferableRao, 9_500n);
});

test("an account with less than must stay has nothing to send", async () => {
  assert.equal((await balanceOf({ free: 499n })).transferableRao, 0n);
  assert.equal((await balanceOf({ free: 900n, frozen: 1_000n })).transferableRao, 0n);
});

test("an account that nobody has used has nothing", async () => {
  const state = await stateOf(await MadeChain.open(PLAIN_RUNTIME));
  assert.deepEqual(await readBalance(state, ME, DEPOSIT), { freeRao: 0n, transferableRao: 0n });
});

test("the largest balance is exact", async () => {
  const free = (1n << 64n) - 1n;
  assert.equal((await balanceOf({ free })).freeRao, free);
});

test("an address is what is not mistyped", async () => {
  const state = await stateOf(await MadeChain.open(PLAIN_RUNTIME));
  const wrong = `${ME.slice(0, -1)}${ME.endsWith("a") ? "b" : "a"}`;
  for (
    const read of [readOwner(state, wrong), readStakes(state, ""), readBalance(state, "x", 0n)]
  ) {
    assert.instanceOf(await rejection(read), UsageError);
  }
});

test("the owner of a hotkey is a coldkey, or nobody", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  chain.set("owner", [ME], account(2, 2));
  chain.set("owner", [account(1, 3)], new Uint8Array(32));
  const state = await stateOf(chain);
  assert.equal(await readOwner(state, ME), account(2, 2));
  assert.isUndefined(await readOwner(state, account(1, 2)), "nothing is stored");
  assert.isUndefined(await readOwner(state, account(1, 3)), "the account of zeros is stored");
});

test("an account is found by its address of another chain", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  chain.set("owner", [ALICE], account(2, 2));
  assert.equal(await readOwner(await stateOf(chain), ALICE_ON_POLKADOT), account(2, 2));
});

test("stakes are those of the runtime, without what is empty", async () => {
  const chain = await MadeChain.open(runtimeWithStakes());
  const asked: unknown[] = [];
  chain.define(STAKES, (coldkey) => {
    asked.push(coldkey);
    return [stake(9, 5n), stake(0, 10n ** 19n), stake(3, 0n)];
  });
  assert.deepEqual(await readStakes(await stateOf(chain), ME), [
    { hotkey: account(1, 9), netuid: 9, stakeAlphaRao: 5n },
    { hotkey: account(1, 0), netuid: 0, stakeAlphaRao: 10n ** 19n },
  ]);
  assert.deepEqual(asked, [ME]);
});

test("stakes that older runtimes tell in bytes are read, for a coldkey in bytes", async () => {
  const chain = await MadeChain.open({
    ...PLAIN_RUNTIME,
    functions: { [STAKES]: { inputs: { coldkey: sequence(U8) }, output: sequence(U8) } },
  });
  const asked: unknown[] = [];
  chain.define(STAKES, (coldkey) => {
    asked.push(coldkey);
    return chain.api.registry.createType("Vec<WeftStakeInfo>", [stake(9, 5n)]).toHex();
  });
  assert.deepEqual(await readStakes(await stateOf(chain), ME), [
    { hotkey: account(1, 9), netuid: 9, stakeAlphaRao: 5n },
  ]);
  assert.deepEqual(asked, [`0x01${"01".repeat(31)}`]);
});

test("stakes are not guessed", async () => {
  const state = await stateOf(await MadeChain.open(PLAIN_RUNTIME));
  const error = await rejection(readStakes(state, ME));
  assert.instanceOf(error, WeftError);
  assert.include(error.message, "does not tell the stakes");
});

function runtimeWithStakes(): MadeRuntime {
  const info = record("pallet_subtensor::StakeInfo", {
    hotkey: ACCOUNT,
    coldkey: ACCOUNT,
    netuid: compact(wrapper("subtensor_runtime_common::NetUid", U16)),
    stake: compact(wrapper("subtensor_runtime_common::AlphaBalance", U64)),
    locked: compact(U64),
    is_registered: BOOL,
  });
  const functions = { [STAKES]: { inputs: { coldkey: ACCOUNT }, output: sequence(info) } };
  return { ...PLAIN_RUNTIME, functions };
}

function stake(netuid: number, amount: bigint): object {
  return { hotkey: account(1, netuid), coldkey: ME, netuid, stake: amount };
}
