import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { LedgerCall } from "../../../core/chain/ledger/calls.ts";
import { mint } from "../../../core/chain/ledger/accounts.ts";
import { hotkeyKey, neuronsOf } from "../../../core/chain/ledger/neurons.ts";
import { supplyOf } from "../../../core/chain/ledger/reads.ts";
import { createSubnet } from "../../../core/chain/ledger/subnets.ts";
import { caller, NETUID, TAO, TestLedger } from "./setup.ts";

const ACTORS = 14;
/** Sequences of calls, and calls in each. */
const SEQUENCES = 12;
const CALLS = 150;
const U64_MAX = 2n ** 64n - 1n;

/** Park and Miller's generator: the same sequence for the same seed, everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = this.#state * 48271 % 0x7fffffff;
    return this.#state % limit;
  }

  /** Small, middling and huge amounts, and some that cannot be. */
  amount(): bigint {
    const amounts = [0n, 1n, 499n, 500n, 1_999_999n, 2_000_000n, TAO, 77n * TAO, 2n ** 62n];
    return amounts[this.below(amounts.length)] + BigInt(this.below(1000));
  }
}

function randomCall(random: Random, netuids: readonly number[]): LedgerCall {
  const netuid = netuids[random.below(netuids.length)];
  const { address } = caller(random.below(ACTORS));
  const amountRao = random.amount();
  const change = { netuid, hotkey: address, amountRao };
  const list = Array.from({ length: random.below(4) }, () => random.below(6));
  switch (random.below(6)) {
    case 0:
      return { call: "transfer_keep_alive", to: address, amountRao };
    case 1:
      return { call: "add_stake", change };
    case 2:
      return { call: "remove_stake", change };
    case 3:
      return {
        call: "set_weights",
        weights: { netuid, uids: list, values: list.map((uid) => uid * 9), versionKey: 0n },
      };
    default:
      return {
        call: "register_limit",
        registration: { netuid, hotkey: address, limitRao: 10n * TAO },
      };
  }
}

/** Everything that was issued is somewhere, and nothing is where it cannot be. */
function checkMoney(ledger: TestLedger): void {
  ledger.inState((state) => {
    const { issuedRao, freeRao, stakedRao, burnedRao } = supplyOf(state);
    assert.equal(freeRao + stakedRao + burnedRao, issuedRao);
    for (const [address, account] of state.accounts.entries()) {
      assert.isTrue(account.freeRao >= 500n && account.freeRao <= U64_MAX, address);
    }
    for (const [key, amount] of state.stakes.entries()) {
      assert.isTrue(amount > 0n && amount <= U64_MAX, key);
    }
  });
}

/** Uids without gaps, and each hotkey found under its uid. */
function checkSlots(ledger: TestLedger): void {
  ledger.inState((state) => {
    let registered = 0;
    for (const [, subnet] of state.subnets.entries()) {
      const neurons = neuronsOf(state, subnet.netuid);
      assert.lengthOf(neurons, subnet.neuronCount);
      neurons.forEach((neuron, uid) => {
        assert.equal(neuron.uid, uid);
        assert.equal(state.uids.get(hotkeyKey(subnet.netuid, neuron.hotkey)), uid);
        assert.equal(state.owners.get(neuron.hotkey), neuron.coldkey);
      });
      registered += neurons.length;
    }
    assert.lengthOf(state.uids.entries(), registered);
  });
}

test("whatever is called, all that was issued is free, staked or burned", async () => {
  let executed = 0;
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const random = new Random(seed * 7919);
    const ledger = new TestLedger({
      maxNeuronCount: 5,
      immunityBlocks: 10,
      tempoBlocks: 7,
      weightsRateLimitBlocks: 3,
      activityCutoffBlocks: 60,
    });
    const owned = ledger.inState((state) => {
      for (let i = 0; i < ACTORS; i++) {
        mint(state, caller(i).address, TAO + BigInt(random.below(100)) * TAO);
      }
      mint(state, caller(2).address, 2n ** 62n);
      const owner = { coldkey: caller(0).address, hotkey: caller(1).address };
      return createSubnet(state, { name: "own", owner, rules: { tempoBlocks: 11 } });
    });
    for (let i = 0; i < CALLS; i++) {
      if (random.below(3) === 0) await ledger.passBlocks(random.below(40));
      try {
        ledger.call(caller(random.below(ACTORS)), randomCall(random, [NETUID, NETUID, owned, 0]));
        executed++;
      } catch (error) {
        assert.instanceOf(error, WeftError, String(error));
      }
      if (i % 10 === 0) checkMoney(ledger);
    }
    checkMoney(ledger);
    checkSlots(ledger);
  }
  // A test of refusals alone would prove nothing.
  assert.isAbove(executed, SEQUENCES * CALLS / 4);
});

test("a refused call changes nothing at all", () => {
  const random = new Random(4242);
  const ledger = new TestLedger({ maxNeuronCount: 3 });
  ledger.inState((state) => {
    for (let i = 0; i < ACTORS; i++) mint(state, caller(i).address, 20n * TAO);
  });
  let refusals = 0;
  for (let i = 0; i < 300; i++) {
    const before = ledger.dump();
    try {
      ledger.call(caller(random.below(ACTORS)), randomCall(random, [NETUID, 0, 5]));
    } catch {
      refusals++;
      assert.deepEqual(ledger.dump(), before);
    }
  }
  assert.isAbove(refusals, 100);
});
