import { test } from "#test";
import { assert } from "chai";
import { uidKey } from "../../../core/chain/ledger/neurons.ts";
import type { NeuronRecord, SparseRow } from "../../../core/chain/ledger/records.ts";
import type { SubnetRules } from "../../../core/chain/ledger/rules.ts";
import { caller, fundedLedger, NETUID, refused, TAO, type TestLedger } from "./setup.ts";

const [VALIDATOR, MINER, OTHER] = [caller(1), caller(2), caller(3)];

/** A validator with a permit, uid 0, and two miners, at block 20. */
async function setUp(rules: Partial<SubnetRules> = {}): Promise<TestLedger> {
  const { ledger, coldkey } = fundedLedger(rules);
  for (const hotkey of [VALIDATOR, MINER, OTHER]) ledger.register(coldkey, hotkey);
  ledger.stake(coldkey, VALIDATOR, 10n * TAO);
  await ledger.passBlocks(20);
  return ledger;
}

function weightsOf(ledger: TestLedger, uid: number): SparseRow | undefined {
  return ledger.inState((state) => state.weights.get(uidKey(NETUID, uid)));
}

function neuronAt(ledger: TestLedger, uid: number): NeuronRecord {
  return ledger.inState((state) => state.neurons.get(uidKey(NETUID, uid))) ?? assert.fail();
}

test("weights are kept with the largest scaled to 65535", async () => {
  const ledger = await setUp();
  ledger.weigh(VALIDATOR, [1, 2], [1, 3]);
  assert.deepEqual(weightsOf(ledger, 0), { uids: [1, 2], values: [21845, 65535] });
  assert.equal(neuronAt(ledger, 0).lastUpdate, 20);
});

test("weights of nothing but zeros stay zeros", async () => {
  const ledger = await setUp();
  ledger.weigh(VALIDATOR, [1, 2], [0, 0]);
  assert.deepEqual(weightsOf(ledger, 0)?.values, [0, 0]);
});

test("weights replace those before them", async () => {
  const ledger = await setUp();
  ledger.weigh(VALIDATOR, [1, 2], [1, 1]);
  await ledger.passBlocks(10);
  ledger.weigh(VALIDATOR, [2], [5]);
  assert.deepEqual(weightsOf(ledger, 0), { uids: [2], values: [65535] });
});

test("a registration counts as an update, so weights wait from there", async () => {
  const { ledger, coldkey } = fundedLedger();
  await ledger.passBlocks(5);
  ledger.register(coldkey, VALIDATOR);
  await ledger.passBlocks(9);
  const message = refused("SettingWeightsTooFast", () => ledger.weigh(VALIDATOR, [0], [1]));
  assert.include(message, "wait 1 more");
  await ledger.passBlocks(1);
  ledger.weigh(VALIDATOR, [0], [1]);
});

test("weights come no faster than the rate limit", async () => {
  const ledger = await setUp();
  ledger.weigh(VALIDATOR, [1], [1]);
  await ledger.passBlocks(9);
  refused("SettingWeightsTooFast", () => ledger.weigh(VALIDATOR, [1], [1]));
  await ledger.passBlocks(1);
  ledger.weigh(VALIDATOR, [1], [1]);
});

test("a refused call does not count against the rate limit", async () => {
  const ledger = await setUp();
  refused("DuplicateUids", () => ledger.weigh(VALIDATOR, [1, 1], [1, 1]));
  ledger.weigh(VALIDATOR, [1], [1]);
});

test("a permit comes with the epoch after the stake, not before", async () => {
  const { ledger, coldkey } = fundedLedger({ weightsRateLimitBlocks: 0 });
  for (const hotkey of [VALIDATOR, MINER]) ledger.register(coldkey, hotkey);
  ledger.stake(coldkey, VALIDATOR, 10n * TAO);
  await ledger.passBlocks(19);
  refused("NeuronNoValidatorPermit", () => ledger.weigh(VALIDATOR, [1], [1]));
  await ledger.passBlocks(1);
  ledger.weigh(VALIDATOR, [1], [1]);
  refused("NeuronNoValidatorPermit", () => ledger.weigh(MINER, [0], [1]));
});

test("anyone may weigh itself alone", async () => {
  const ledger = await setUp({ minAllowedWeights: 3 });
  ledger.weigh(MINER, [1], [7]);
  assert.deepEqual(weightsOf(ledger, 1), { uids: [1], values: [65535] });
});

test("the subnet's owner needs neither permit nor stake", async () => {
  const ledger = await setUp({ stakeThresholdRao: TAO });
  ledger.inState((state) => {
    const subnet = state.subnets.get(String(NETUID)) ?? assert.fail();
    state.subnets.put(String(NETUID), { ...subnet, ownerHotkey: MINER.address });
  });
  ledger.weigh(MINER, [2], [1]);
  assert.deepEqual(weightsOf(ledger, 1)?.uids, [2]);
});

test("weights take the stake that the rules ask for", async () => {
  // The validator has 10 TAO and what the first epoch paid it, less than 50.
  const ledger = await setUp({ stakeThresholdRao: 50n * TAO });
  const message = refused("NotEnoughStakeToSetWeights", () => ledger.weigh(VALIDATOR, [1], [1]));
  assert.include(message, "50 TAO");
});

test("TAO on root counts towards that stake by its weight", async () => {
  const { ledger, coldkey } = fundedLedger({ stakeThresholdRao: 10n * TAO });
  for (const hotkey of [VALIDATOR, MINER]) ledger.register(coldkey, hotkey);
  const onRoot = (amountRao: bigint) =>
    ledger.call(coldkey, {
      call: "add_stake",
      change: { netuid: 0, hotkey: VALIDATOR.address, amountRao },
    });
  await ledger.passBlocks(10);
  // 5.2677% of 180 TAO are 9.48, of 190 TAO 10.01.
  onRoot(180n * TAO);
  refused("NotEnoughStakeToSetWeights", () => ledger.weigh(VALIDATOR, [0], [1]));
  onRoot(10n * TAO);
  ledger.weigh(VALIDATOR, [0], [1]);
});

test("old versions of weights are refused, the same and newer ones taken", async () => {
  const ledger = await setUp({ weightsVersionKey: 10n, weightsRateLimitBlocks: 0 });
  refused("IncorrectWeightVersionKey", () => ledger.weigh(VALIDATOR, [1], [1], 9n));
  ledger.weigh(VALIDATOR, [1], [1], 10n);
  ledger.weigh(VALIDATOR, [1], [1], 2n ** 64n - 1n);
});

test("a uid that comes twice is refused", async () => {
  const ledger = await setUp();
  refused("DuplicateUids", () => ledger.weigh(VALIDATOR, [1, 2, 1], [1, 1, 1]));
});

test("a uid that is not there is refused", async () => {
  const ledger = await setUp();
  refused("UidVecContainInvalidOne", () => ledger.weigh(VALIDATOR, [3], [1]));
});

test("more weights than neurons are refused", async () => {
  const ledger = await setUp();
  refused(
    "UidsLengthExceedUidsInSubNet",
    () => ledger.weigh(VALIDATOR, [0, 1, 2, 3], [1, 1, 1, 1]),
  );
});

test("lists of different lengths are refused", async () => {
  const ledger = await setUp();
  refused("WeightVecNotEqualSize", () => ledger.weigh(VALIDATOR, [1, 2], [1]));
});

test("too few weights are refused, and all neurons are enough in a small subnet", async () => {
  const ledger = await setUp({ minAllowedWeights: 100 });
  refused("WeightVecLengthIsLow", () => ledger.weigh(VALIDATOR, [1, 2], [1, 1]));
  ledger.weigh(VALIDATOR, [0, 1, 2], [1, 1, 1]);
});

test("no weights at all are too few", async () => {
  const ledger = await setUp();
  refused("WeightVecLengthIsLow", () => ledger.weigh(VALIDATOR, [], []));
});

test("a hotkey that is not registered sets no weights", async () => {
  const ledger = await setUp();
  refused("HotKeyNotRegisteredInSubNet", () => ledger.weigh(caller(99), [1], [1]));
});

test("root takes no weights, nor does a subnet that is not there", async () => {
  const ledger = await setUp();
  const weights = { uids: [0], values: [1], versionKey: 0n };
  const set = (netuid: number) => () =>
    ledger.call(VALIDATOR, { call: "set_weights", weights: { ...weights, netuid } });
  refused("CanNotSetRootNetworkWeights", set(0));
  refused("SubnetNotExists", set(1));
});

test("a subnet with commits takes no open weights", async () => {
  const ledger = await setUp({ commitRevealEnabled: true });
  refused("CommitRevealEnabled", () => ledger.weigh(VALIDATOR, [1], [1]));
});
