import { test } from "#test";
import { assert } from "chai";
import type { Caller } from "../../../core/chain/ledger/calls.ts";
import { UsageError } from "../../../core/errors.ts";
import { caller, fund, fundedLedger, NETUID, refused, rejected, TAO, TestLedger } from "./setup.ts";

const [ALICE, BOB, HOTKEY] = [caller(0), caller(1), caller(2)];

function send(ledger: TestLedger, from: Caller, to: Caller, amountRao: bigint): void {
  ledger.call(from, { call: "transfer_keep_alive", to: to.address, amountRao });
}

function change(
  ledger: TestLedger,
  call: "add_stake" | "remove_stake",
  amountRao: bigint,
  netuid = NETUID,
): void {
  ledger.call(ALICE, { call, change: { netuid, hotkey: HOTKEY.address, amountRao } });
}

function free(ledger: TestLedger, { address }: Caller): bigint {
  return ledger.inState((state) => state.accounts.get(address)?.freeRao ?? 0n);
}

/** Alice has 1000 TAO less a registration, and a hotkey. No emission disturbs her stake. */
function staked(): TestLedger {
  const { ledger } = fundedLedger({ emissionPerBlockRao: 0n }, ALICE);
  ledger.register(ALICE, HOTKEY);
  return ledger;
}

test("a transfer moves just its amount", () => {
  const { ledger } = fundedLedger();
  send(ledger, ALICE, BOB, 123_456_789n);
  assert.equal(free(ledger, ALICE), 1000n * TAO - 123_456_789n);
  assert.equal(free(ledger, BOB), 123_456_789n);
});

test("a transfer to oneself changes nothing", () => {
  const { ledger } = fundedLedger();
  send(ledger, ALICE, ALICE, 5n * TAO);
  assert.equal(free(ledger, ALICE), 1000n * TAO);
});

test("the sender keeps the existential deposit, to the rao", () => {
  const { ledger } = fundedLedger();
  refused("NotExpendable", () => send(ledger, ALICE, BOB, 1000n * TAO - 499n));
  send(ledger, ALICE, BOB, 1000n * TAO - 500n);
  assert.equal(free(ledger, ALICE), 500n);
  refused("NotExpendable", () => send(ledger, ALICE, BOB, 1n));
});

test("more than there is cannot be sent", () => {
  const { ledger } = fundedLedger();
  const message = refused("FundsUnavailable", () => send(ledger, ALICE, BOB, 1000n * TAO + 1n));
  assert.include(message, "1000 TAO");
  refused("FundsUnavailable", () => send(ledger, BOB, ALICE, 1n));
});

test("a new account needs the existential deposit, one that lives takes less", () => {
  const { ledger } = fundedLedger();
  refused("BelowMinimum", () => send(ledger, ALICE, BOB, 499n));
  send(ledger, ALICE, BOB, 500n);
  send(ledger, ALICE, BOB, 1n);
  assert.equal(free(ledger, BOB), 501n);
});

test("nothing and less than nothing cannot be sent, nor more than a u64", async () => {
  const ledger = new TestLedger().asChain();
  for (const amountRao of [0n, -1n, 2n ** 64n]) {
    const failure = await ledger.faucet(ALICE.address, amountRao).catch((error: unknown) => error);
    assert.instanceOf(failure, UsageError);
  }
});

test("the faucet stops before all money outgrows a u64", async () => {
  const ledger = new TestLedger().asChain();
  await ledger.faucet(ALICE.address, 2n ** 63n);
  await rejected("Overflow", ledger.faucet(BOB.address, 500n));
  assert.equal((await ledger.balance(ALICE.address)).freeRao, 2n ** 63n);
});

test("a balance beyond 2^53 rao is exact", () => {
  const { ledger } = fundedLedger();
  fund(ledger, ALICE, 2n ** 62n + 1n);
  send(ledger, ALICE, BOB, 2n ** 62n);
  assert.equal(free(ledger, ALICE), 1000n * TAO + 1n);
});

test("stake is TAO taken from the balance, one for one", () => {
  const ledger = staked();
  const before = free(ledger, ALICE);
  change(ledger, "add_stake", 3n * TAO);
  change(ledger, "add_stake", 2n * TAO);
  assert.equal(free(ledger, ALICE), before - 5n * TAO);
  change(ledger, "remove_stake", 5n * TAO);
  assert.equal(free(ledger, ALICE), before);
  assert.isEmpty(ledger.inState((state) => state.stakes.entries()));
});

test("anyone may stake on a hotkey, and each takes out only their own", () => {
  const ledger = staked();
  fund(ledger, BOB, 10n * TAO);
  ledger.stake(BOB, HOTKEY, 4n * TAO);
  refused("NotEnoughStakeToWithdraw", () => change(ledger, "remove_stake", 4n * TAO));
});

test("the least stake is 0.002 TAO", () => {
  const ledger = staked();
  refused("AmountTooLow", () => change(ledger, "add_stake", 1_999_999n));
  change(ledger, "add_stake", 2_000_000n);
});

test("less than the least is taken out only if it is all", () => {
  const ledger = staked();
  change(ledger, "add_stake", 3_000_000n);
  refused("AmountTooLow", () => change(ledger, "remove_stake", 1_000_000n));
  change(ledger, "remove_stake", 2_000_000n);
  change(ledger, "remove_stake", 1_000_000n);
});

test("staking leaves the coldkey alive", () => {
  const ledger = staked();
  const all = free(ledger, ALICE);
  refused("NotEnoughBalanceToStake", () => change(ledger, "add_stake", all - 499n));
  change(ledger, "add_stake", all - 500n);
});

test("a hotkey that never registered takes no stake", () => {
  const { ledger } = fundedLedger();
  refused("HotKeyAccountNotExists", () => change(ledger, "add_stake", TAO));
  refused("HotKeyAccountNotExists", () => change(ledger, "remove_stake", TAO));
});

test("root takes stake, and another subnet that is not there does not", () => {
  const ledger = staked();
  change(ledger, "add_stake", TAO, 0);
  refused("SubnetNotExists", () => change(ledger, "add_stake", TAO, 1));
});

test("stake in one subnet is none in another", () => {
  const ledger = staked();
  change(ledger, "add_stake", TAO, 0);
  refused("NotEnoughStakeToWithdraw", () => change(ledger, "remove_stake", TAO));
});

test("stake stays when its hotkey loses its slot", () => {
  const { ledger } = fundedLedger({ maxNeuronCount: 1, immunityBlocks: 0 }, ALICE);
  ledger.register(ALICE, HOTKEY);
  change(ledger, "add_stake", TAO);
  ledger.register(ALICE, caller(3));
  change(ledger, "remove_stake", TAO);
});
