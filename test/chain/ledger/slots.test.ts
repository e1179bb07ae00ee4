import { test } from "#test";
import { assert } from "chai";
import type { Caller } from "../../../core/chain/ledger/calls.ts";
import { neuronsOf, neuronToReplace, uidKey } from "../../../core/chain/ledger/neurons.ts";
import type { NeuronRecord, Subnet } from "../../../core/chain/ledger/records.ts";
import { localRules, type SubnetRules } from "../../../core/chain/ledger/rules.ts";
import { createSubnet } from "../../../core/chain/ledger/subnets.ts";
import { caller, fundedLedger, NETUID, refused, TAO, TestLedger } from "./setup.ts";

/** Of one neuron: emission, block of registration, and optionally the numbers of its keys. */
type Slot = readonly [emission: bigint, registeredAt: number, coldkey?: number, hotkey?: number];

function neuron(uid: number, [emissionRao, registeredAt, coldkey, hotkey]: Slot): NeuronRecord {
  return {
    uid,
    hotkey: caller(hotkey ?? 100 + uid).address,
    coldkey: caller(coldkey ?? 200 + uid).address,
    registeredAt,
    lastUpdate: registeredAt,
    active: true,
    validatorPermit: false,
    emissionRao,
    rank: 0,
    trust: 0,
    consensus: 0,
    incentive: 0,
    dividends: 0,
    validatorTrust: 0,
  };
}

/** The uid that goes at block 1000. */
function goes(
  slots: readonly Slot[],
  rules: Partial<SubnetRules> = {},
  owner: Partial<Subnet> = {},
): number | undefined {
  const subnet: Subnet = {
    netuid: NETUID,
    name: "",
    rules: localRules({ immunityBlocks: 100, ...rules }),
    burnRao: 0n,
    burnBlock: 0,
    lastEpochBlock: 0,
    epochIndex: 0,
    emittedRao: 0n,
    neuronCount: slots.length,
    ...owner,
  };
  return neuronToReplace(slots.map((slot, uid) => neuron(uid, slot)), subnet, 1000)?.uid;
}

test("the least emission goes", () => {
  assert.equal(goes([[5n, 0], [3n, 0], [4n, 0]]), 1);
});

test("of equal emissions the earliest registration goes", () => {
  assert.equal(goes([[5n, 7], [5n, 6], [5n, 8]]), 1);
});

test("of equal registrations the lowest uid goes", () => {
  assert.equal(goes([[5n, 7], [5n, 7], [5n, 7]]), 0);
});

test("emissions are compared to the last rao", () => {
  assert.equal(goes([[2n ** 63n + 1n, 0], [2n ** 63n, 9]]), 1);
});

test("immunity ends in the block that its length after the registration", () => {
  assert.equal(goes([[0n, 901], [9n, 0]]), 1);
  assert.equal(goes([[0n, 900], [9n, 0]]), 0);
});

test("where all are immune no one goes", () => {
  assert.isUndefined(goes([[0n, 950], [0n, 999]]));
});

test("where all are immune the least goes if the rules are Subtensor's", () => {
  assert.equal(goes([[2n, 950], [1n, 999]], { replacesImmune: true }), 1);
});

test("an immune one does not go before one that is not, however little it earns", () => {
  assert.equal(goes([[0n, 950], [9n, 0]], { replacesImmune: true }), 1);
});

test("so many that are not immune stay as the rules say", () => {
  const slots: Slot[] = [[1n, 0], [2n, 0], [3n, 999]];
  assert.equal(goes(slots, { minNonImmuneCount: 1 }), 0);
  assert.isUndefined(goes(slots, { minNonImmuneCount: 2 }));
  assert.equal(goes(slots, { minNonImmuneCount: 2, replacesImmune: true }), 2);
});

test("the owner's hotkey never goes", () => {
  const owner = { ownerColdkey: caller(1).address, ownerHotkey: caller(2).address };
  assert.equal(goes([[0n, 0, 1, 2], [9n, 0]], {}, owner), 1);
  assert.isUndefined(goes([[0n, 0, 1, 2]], {}, owner));
});

test("if the owner's hotkey is gone, the first of the coldkey's own stays", () => {
  const owner = { ownerColdkey: caller(1).address, ownerHotkey: caller(2).address };
  assert.equal(goes([[0n, 5, 1], [1n, 4, 1], [9n, 0]], {}, owner), 0);
});

test("an empty subnet has no one to go", () => {
  assert.isUndefined(goes([]));
});

test("a full subnet gives the newcomer the uid of the one that goes", async () => {
  const { ledger, coldkey } = fundedLedger({ maxNeuronCount: 2, immunityBlocks: 10 });
  ledger.register(coldkey, caller(1));
  await ledger.passBlocks(1);
  ledger.register(coldkey, caller(2));
  await ledger.passBlocks(8);
  const message = refused("NoNeuronIdAvailable", () => ledger.register(coldkey, caller(3)));
  assert.include(message, "immunity");
  await ledger.passBlocks(1);
  assert.equal(ledger.register(coldkey, caller(3)), 0);
  ledger.inState((state) => {
    const [first, second] = neuronsOf(state, NETUID);
    assert.equal(first.hotkey, caller(3).address);
    assert.equal(first.registeredAt, 10);
    assert.equal(second.hotkey, caller(2).address);
    assert.isUndefined(state.uids.get(`${NETUID}/${caller(1).address}`));
  });
});

test("many registrations in one block replace one after the other, then no one", async () => {
  const { ledger, coldkey } = fundedLedger({ maxNeuronCount: 3, immunityBlocks: 10 });
  for (let i = 1; i <= 3; i++) ledger.register(coldkey, caller(i));
  await ledger.passBlocks(10);
  const uids = [4, 5, 6].map((i) => ledger.register(coldkey, caller(i)));
  assert.deepEqual(uids, [0, 1, 2]);
  refused("NoNeuronIdAvailable", () => ledger.register(coldkey, caller(7)));
});

/** Makes a neuron of {@linkcode NETUID} earn so much in its last epoch. */
function setEmission(ledger: TestLedger, uid: number, emissionRao: bigint): void {
  ledger.inState((state) => {
    const record = state.neurons.get(uidKey(NETUID, uid)) ?? assert.fail("no neuron");
    state.neurons.put(uidKey(NETUID, uid), { ...record, emissionRao });
  });
}

/** A validator at uid 0 that weighs a miner with an axon at uid 1, after an epoch with its weights. */
async function weighedLedger(): Promise<{ ledger: TestLedger; coldkey: Caller }> {
  const { ledger, coldkey } = fundedLedger({ maxNeuronCount: 2, weightsRateLimitBlocks: 0 });
  ledger.register(coldkey, caller(1));
  ledger.register(coldkey, caller(2));
  ledger.stake(coldkey, caller(1), TAO);
  await ledger.passBlocks(20);
  ledger.weigh(caller(1), [1], [1]);
  await ledger.passBlocks(80);
  const axon = { version: 1, ip: "1.2.3.4", port: 1, ipType: 4, protocol: 4 } as const;
  ledger.call(caller(2), { call: "serve_axon", netuid: NETUID, axon });
  return { ledger, coldkey };
}

test("who comes after a miner inherits nothing, no axon, no shares, no one's weight", async () => {
  const { ledger, coldkey } = await weighedLedger();
  setEmission(ledger, 1, 0n);
  assert.equal(ledger.register(coldkey, caller(3)), 1);
  ledger.inState((state) => {
    assert.equal(state.subnets.get(String(NETUID))?.neuronCount, 2);
    assert.deepEqual(state.neurons.get(uidKey(NETUID, 1)), {
      ...neuron(1, [0n, 100, 0, 3]),
      coldkey: coldkey.address,
    });
    assert.deepEqual(state.weights.get(uidKey(NETUID, 0)), { uids: [1], values: [0] });
  });
});

test("who comes after a validator inherits nothing, no permit, weights, bonds or commits", async () => {
  const { ledger, coldkey } = await weighedLedger();
  setEmission(ledger, 0, 0n);
  ledger.inState((state) => {
    const commits = [{ hash: `0x${"0".repeat(64)}`, epoch: 0, block: 0 }];
    state.commits.put(`${NETUID}/${caller(1).address}`, commits);
    assert.isNotEmpty(state.bonds.get(uidKey(NETUID, 0))?.uids);
  });
  assert.equal(ledger.register(coldkey, caller(3)), 0);
  ledger.inState((state) => {
    assert.isFalse(state.neurons.get(uidKey(NETUID, 0))?.validatorPermit);
    for (const table of [state.weights, state.bonds, state.commits]) {
      assert.isEmpty(table.entries());
    }
  });
});

test("the owner of a new subnet has its uid 0", () => {
  const ledger = new TestLedger();
  const owner = { coldkey: caller(1).address, hotkey: caller(2).address };
  const netuid = ledger.inState((state) => createSubnet(state, { name: "own", owner }));
  ledger.inState((state) => {
    assert.equal(netuid, 1);
    assert.equal(neuronsOf(state, netuid)[0].hotkey, owner.hotkey);
    assert.equal(state.owners.get(owner.hotkey), owner.coldkey);
  });
});
