import { test } from "#test";
import { assert } from "chai";
import { weightsCommitHash } from "../../../core/chain/weights_commit.ts";
import { asHex } from "../../../core/chain/ledger/block_time.ts";
import { neuronsOf } from "../../../core/chain/ledger/neurons.ts";
import type { NeuronRecord, Subnet } from "../../../core/chain/ledger/records.ts";
import { metagraphOf, supplyOf } from "../../../core/chain/ledger/reads.ts";
import type { SubnetRules } from "../../../core/chain/ledger/rules.ts";
import { caller, fund, fundedLedger, NETUID, TAO, TestLedger } from "./setup.ts";

const [COLDKEY, VALIDATOR, MINER, OTHER] = [0, 1, 2, 3].map(caller);

/** What an epoch of 20 blocks brings: 18% for an owner, the rest in two halves. */
const EPOCH_RAO = 20_000_000_000n;
const OWNER_RAO = EPOCH_RAO * 11796n / 65535n;
const MINERS_RAO = (EPOCH_RAO - OWNER_RAO) / 2n;
const VALIDATORS_RAO = EPOCH_RAO - OWNER_RAO - MINERS_RAO;

/** A validator with 10 TAO at uid 0 and two miners of the same coldkey; block 0. */
function setUp(rules: Partial<SubnetRules> = {}): TestLedger {
  const { ledger } = fundedLedger({ weightsRateLimitBlocks: 0, ...rules }, COLDKEY);
  for (const hotkey of [VALIDATOR, MINER, OTHER]) ledger.register(COLDKEY, hotkey);
  ledger.stake(COLDKEY, VALIDATOR, 10n * TAO);
  return ledger;
}

function neurons(ledger: TestLedger): NeuronRecord[] {
  return ledger.inState((state) => neuronsOf(state, NETUID));
}

function subnet(ledger: TestLedger): Subnet {
  return ledger.inState((state) => state.subnets.get(String(NETUID))) ?? assert.fail();
}

function stakeRao(ledger: TestLedger, hotkey = VALIDATOR, coldkey = COLDKEY): bigint {
  const key = `${NETUID}/${hotkey.address}/${coldkey.address}`;
  return ledger.inState((state) => state.stakes.get(key)) ?? 0n;
}

test("epochs come every tempo, and not before", async () => {
  const ledger = setUp();
  await ledger.passBlocks(19);
  assert.equal(subnet(ledger).epochIndex, 0);
  await ledger.passBlocks(1);
  assert.deepInclude(subnet(ledger), { epochIndex: 1, lastEpochBlock: 20 });
  await ledger.passBlocks(59);
  assert.deepInclude(subnet(ledger), { epochIndex: 3, lastEpochBlock: 60 });
});

test("a subnet's epochs count from its creation", async () => {
  const ledger = setUp();
  await ledger.passBlocks(7);
  const chain = ledger.asChain();
  const netuid = await chain.createSubnet({ name: "late", rules: { tempoBlocks: 20 } });
  await ledger.passBlocks(19);
  const at = () => ledger.inState((state) => state.subnets.get(String(netuid)))?.epochIndex;
  assert.equal(at(), 0);
  await ledger.passBlocks(1);
  assert.equal(at(), 1);
});

test("without weights the validators get miners' and validators' parts by their stake", async () => {
  const ledger = setUp();
  await ledger.passBlocks(20);
  assert.equal(stakeRao(ledger), 10n * TAO + MINERS_RAO + VALIDATORS_RAO);
  assert.equal(neurons(ledger)[0].emissionRao, MINERS_RAO + VALIDATORS_RAO);
  assert.equal(neurons(ledger)[0].dividends, 0);
});

test("with weights, 41% go to miners by incentive and 41% to validators", async () => {
  const ledger = setUp();
  await ledger.passBlocks(20);
  ledger.weigh(VALIDATOR, [1, 2], [3, 1]);
  const before = stakeRao(ledger);
  await ledger.passBlocks(20);
  const [validator, miner, other] = neurons(ledger);
  assert.equal(stakeRao(ledger) - before, VALIDATORS_RAO);
  // Rounding to steps of 2^-48 may take a rao.
  assert.approximately(Number(stakeRao(ledger, MINER)), Number(MINERS_RAO) * 0.75, 1);
  assert.approximately(Number(stakeRao(ledger, OTHER)), Number(MINERS_RAO) * 0.25, 1);
  assert.deepInclude(validator, {
    dividends: 65535,
    incentive: 0,
    validatorTrust: 65535,
    validatorPermit: true,
    emissionRao: VALIDATORS_RAO,
  });
  assert.deepInclude(miner, { incentive: 49151, rank: 49151, trust: 65535, consensus: 49151 });
  assert.deepInclude(other, { incentive: 16383, emissionRao: stakeRao(ledger, OTHER) });
});

test("the metagraph tells shares from 0 to 1 and stake with what was earned", async () => {
  const ledger = setUp();
  await ledger.passBlocks(20);
  ledger.weigh(VALIDATOR, [1], [1]);
  await ledger.passBlocks(20);
  const { neurons: [validator, miner], block } = ledger.inState((state) =>
    metagraphOf(state, NETUID)
  );
  assert.equal(block, 40);
  assert.deepInclude(miner, { incentive: 1, consensus: 1, trust: 1, rank: 1, dividends: 0 });
  assert.equal(miner.alphaStakeRao, MINERS_RAO);
  assert.equal(miner.totalStakeRao, MINERS_RAO);
  assert.deepInclude(validator, { dividends: 1, validatorTrust: 1, active: true, lastUpdate: 20 });
});

test("stakers share a validator's dividends by their stake, after its take of 18%", async () => {
  const ledger = setUp();
  const staker = caller(7);
  fund(ledger, staker, 100n * TAO);
  ledger.stake(staker, VALIDATOR, 30n * TAO);
  await ledger.passBlocks(20);
  const earned = MINERS_RAO + VALIDATORS_RAO;
  const shared = earned - earned * 11796n / 65535n;
  assert.equal(stakeRao(ledger, VALIDATOR, staker), 30n * TAO + shared * 3n / 4n);
  assert.equal(stakeRao(ledger), 10n * TAO + earned - shared * 3n / 4n);
});

test("a validator with stake on root alone earns, and its coldkey is paid in alpha", async () => {
  const { ledger } = fundedLedger({}, COLDKEY);
  ledger.register(COLDKEY, VALIDATOR);
  const change = { netuid: 0, hotkey: VALIDATOR.address, amountRao: 10n * TAO };
  ledger.call(COLDKEY, { call: "add_stake", change });
  await ledger.passBlocks(20);
  assert.equal(stakeRao(ledger), MINERS_RAO + VALIDATORS_RAO);
});

test("the owner's 18% go to the owner's hotkey", async () => {
  const ledger = new TestLedger();
  const owner = { coldkey: COLDKEY.address, hotkey: OTHER.address };
  const netuid = await ledger.asChain().createSubnet({ name: "own", owner });
  await ledger.passBlocks(20);
  const [position] = await ledger.asChain().stakesOf(COLDKEY.address);
  assert.deepEqual(position, { hotkey: OTHER.address, netuid, stakeAlphaRao: OWNER_RAO });
});

test("what a miner earns under the owner's coldkey is burned", async () => {
  const ledger = setUp();
  ledger.inState((state) => {
    const record = state.subnets.get(String(NETUID)) ?? assert.fail();
    const owner = { ownerColdkey: COLDKEY.address, ownerHotkey: OTHER.address };
    state.subnets.put(String(NETUID), { ...record, ...owner });
  });
  await ledger.passBlocks(20);
  ledger.weigh(VALIDATOR, [1], [1]);
  const before = ledger.inState((state) => state.header.burnedRao);
  await ledger.passBlocks(20);
  assert.equal(ledger.inState((state) => state.header.burnedRao) - before, MINERS_RAO);
  assert.equal(stakeRao(ledger, MINER), 0n);
  // Seen in the metagraph all the same: it decides who is replaced.
  assert.equal(neurons(ledger)[1].emissionRao, MINERS_RAO);
});

test("what no one earns is never issued", async () => {
  const { ledger } = fundedLedger({}, COLDKEY);
  ledger.register(COLDKEY, MINER);
  await ledger.passBlocks(2000);
  const supply = ledger.inState(supplyOf);
  assert.equal(supply.issuedRao, 1000n * TAO);
  assert.equal(subnet(ledger).emittedRao, 0n);
  assert.equal(subnet(ledger).epochIndex, 100);
});

test("a validator that sets no weights goes inactive after the cutoff, and no earlier", async () => {
  const ledger = setUp({ activityCutoffBlocks: 40 });
  await ledger.passBlocks(40);
  assert.isTrue(neurons(ledger)[0].active);
  await ledger.passBlocks(20);
  assert.isFalse(neurons(ledger)[0].active);
});

test("weights for a neuron that was replaced since do not count for the one after it", async () => {
  const ledger = setUp({ maxNeuronCount: 3, immunityBlocks: 0 });
  await ledger.passBlocks(20);
  ledger.weigh(VALIDATOR, [1, 2], [1, 1]);
  await ledger.passBlocks(1);
  // All that earned nothing go; the lowest such uid is the first miner's.
  assert.equal(ledger.register(COLDKEY, caller(9)), 1);
  await ledger.passBlocks(19);
  const [, newcomer, other] = neurons(ledger);
  assert.equal(newcomer.incentive, 0);
  assert.equal(other.incentive, 65535);
});

test("revealed weights do not count for a newcomer while an older commit waits", async () => {
  const ledger = setUp({ commitRevealEnabled: true, revealPeriodEpochs: 2 });
  const commit = (uids: number[]): () => void => {
    const weights = { netuid: NETUID, uids, values: uids.map(() => 1), salt: [1], versionKey: 0n };
    const commitHash = asHex(weightsCommitHash(VALIDATOR.publicKey, weights));
    ledger.call(VALIDATOR, { call: "commit_weights", netuid: NETUID, commitHash });
    return () => void ledger.call(VALIDATOR, { call: "reveal_weights", weights });
  };
  await ledger.passBlocks(30);
  const reveal = commit([1, 3]);
  await ledger.passBlocks(15);
  commit([1]);
  await ledger.passBlocks(5);
  assert.equal(ledger.register(COLDKEY, caller(9)), 3);
  await ledger.passBlocks(2);
  commit([1]);
  await ledger.passBlocks(8);
  reveal();
  const incentives = (): number[] => neurons(ledger).map((neuron) => neuron.incentive);
  await ledger.passBlocks(20);
  assert.deepEqual(incentives(), [0, 65535, 0, 0]);
  // The other commits have expired.
  await ledger.passBlocks(20);
  assert.deepEqual(incentives(), [0, 32767, 0, 32767]);
});

test("the owner's stake counts below the threshold", async () => {
  const ledger = setUp({ stakeThresholdRao: 100n * TAO });
  await ledger.passBlocks(20);
  assert.equal(neurons(ledger)[0].emissionRao, 0n);
  ledger.inState((state) => {
    const record = state.subnets.get(String(NETUID)) ?? assert.fail();
    const owner = { ownerColdkey: COLDKEY.address, ownerHotkey: VALIDATOR.address };
    state.subnets.put(String(NETUID), { ...record, ...owner });
  });
  await ledger.passBlocks(20);
  assert.equal(neurons(ledger)[0].emissionRao, MINERS_RAO + VALIDATORS_RAO);
});

test("a subnet of tempo 0 has no epochs", async () => {
  const ledger = setUp({ tempoBlocks: 0 });
  await ledger.passBlocks(100_000);
  assert.equal(subnet(ledger).epochIndex, 0);
  assert.equal(stakeRao(ledger), 10n * TAO);
});

/** Two months of life in a subnet, by block; calls that are refused are part of it. */
async function liveThrough(ledger: TestLedger, everyBlock: boolean): Promise<void> {
  const attempt = (action: () => unknown): void => {
    try {
      action();
    } catch {
      // Refused in both ledgers, or their states differ in the end.
    }
  };
  const pass = async (blocks: number): Promise<void> => {
    if (!everyBlock) return await ledger.passBlocks(blocks);
    for (let i = 0; i < blocks; i++) {
      await ledger.passBlocks(1);
      ledger.inState(supplyOf);
    }
  };
  fund(ledger, COLDKEY, 1000n * TAO);
  for (let i = 1; i <= 8; i++) ledger.register(COLDKEY, caller(i));
  for (let i = 1; i <= 3; i++) ledger.stake(COLDKEY, caller(i), BigInt(i * 7) * TAO);
  for (let round = 0; round < 12; round++) {
    await pass(17 + round);
    for (let i = 1; i <= 3; i++) {
      attempt(() => ledger.weigh(caller(i), [4, 5, 6], [i, 9, round]));
    }
    attempt(() => ledger.register(COLDKEY, caller(20 + round)));
    if (round === 5) await pass(700);
    if (round === 8) attempt(() => ledger.stake(COLDKEY, caller(2), 50n * TAO));
  }
  await pass(1500);
}

test("epochs run late and all at once leave what they leave when each runs in its block", async () => {
  const rules: Partial<SubnetRules> = {
    maxNeuronCount: 10,
    immunityBlocks: 60,
    maxValidatorCount: 3,
    activityCutoffBlocks: 130,
  };
  const [late, steady] = [new TestLedger(rules), new TestLedger(rules)];
  await liveThrough(late, false);
  await liveThrough(steady, true);
  assert.deepEqual(late.inState(supplyOf), steady.inState(supplyOf));
  assert.deepEqual(late.dump(), steady.dump());
});

test("idle epochs that are skipped leave what they leave when each runs in its block", async () => {
  // The hotkeys have no stake, and go inactive on the way.
  const rules = { activityCutoffBlocks: 90 };
  const dumps = await Promise.all([false, true].map(async (everyBlock) => {
    const { ledger } = fundedLedger(rules, COLDKEY);
    for (const hotkey of [VALIDATOR, MINER]) ledger.register(COLDKEY, hotkey);
    for (let block = 0; block < 333; block++) {
      await ledger.passBlocks(1);
      if (everyBlock) ledger.inState(() => {});
    }
    ledger.inState(() => {});
    return ledger.dump();
  }));
  assert.deepEqual(dumps[0], dumps[1]);
});

test("the epoch index by which commits are revealed does not depend on who looks when", async () => {
  const ledger = setUp({ commitRevealEnabled: true });
  await ledger.passBlocks(30);
  const weights = { netuid: NETUID, uids: [1], values: [1], salt: [5], versionKey: 0n };
  const commitHash = asHex(weightsCommitHash(VALIDATOR.publicKey, weights));
  ledger.call(VALIDATOR, { call: "commit_weights", netuid: NETUID, commitHash });
  await ledger.passBlocks(25);
  ledger.call(VALIDATOR, { call: "reveal_weights", weights });
  await ledger.passBlocks(10);
  assert.equal(neurons(ledger)[1].incentive, 65535);
});
