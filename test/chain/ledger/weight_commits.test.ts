import { test } from "#test";
import { assert } from "chai";
import type { SaltedWeights } from "../../../core/chain/chain.ts";
import { asHex } from "../../../core/chain/ledger/block_time.ts";
import { uidKey } from "../../../core/chain/ledger/neurons.ts";
import type { SubnetRules } from "../../../core/chain/ledger/rules.ts";
import { weightsCommitHash } from "../../../core/chain/weights_commit.ts";
import { caller, fundedLedger, NETUID, refused, TAO, type TestLedger } from "./setup.ts";

const [VALIDATOR, MINER] = [caller(1), caller(2)];

/** Commits are free at any time, epochs come every 20 blocks; the validator is uid 0, at block 20. */
async function setUp(rules: Partial<SubnetRules> = {}): Promise<TestLedger> {
  const { ledger, coldkey } = fundedLedger({
    commitRevealEnabled: true,
    weightsRateLimitBlocks: 0,
    ...rules,
  });
  for (const hotkey of [VALIDATOR, MINER]) ledger.register(coldkey, hotkey);
  ledger.stake(coldkey, VALIDATOR, 10n * TAO);
  await ledger.passBlocks(20);
  return ledger;
}

function salted(salt: number, changes: Partial<SaltedWeights> = {}): SaltedWeights {
  return { netuid: NETUID, uids: [1], values: [7], versionKey: 0n, salt: [salt], ...changes };
}

function commit(ledger: TestLedger, weights: SaltedWeights, hotkey = VALIDATOR): void {
  const commitHash = asHex(weightsCommitHash(hotkey.publicKey, weights));
  ledger.call(hotkey, { call: "commit_weights", netuid: weights.netuid, commitHash });
}

function reveal(ledger: TestLedger, weights: SaltedWeights, hotkey = VALIDATOR): void {
  ledger.call(hotkey, { call: "reveal_weights", weights });
}

test("weights are revealed in the epoch after their commit", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(20);
  reveal(ledger, salted(1));
  ledger.inState((state) => {
    assert.deepEqual(state.weights.get(uidKey(NETUID, 0)), { uids: [1], values: [65535] });
    // The time of weights is that of their commit.
    assert.equal(state.neurons.get(uidKey(NETUID, 0))?.lastUpdate, 20);
    assert.isEmpty(state.commits.entries());
  });
});

test("weights are not revealed in the epoch of their commit", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(19);
  const message = refused("RevealTooEarly", () => reveal(ledger, salted(1)));
  assert.include(message, "in epoch 2");
});

test("weights are not revealed an epoch too late", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(40);
  refused("ExpiredWeightCommit", () => reveal(ledger, salted(1)));
});

test("a longer reveal period is waited for", async () => {
  const ledger = await setUp({ revealPeriodEpochs: 3 });
  commit(ledger, salted(1));
  await ledger.passBlocks(59);
  refused("RevealTooEarly", () => reveal(ledger, salted(1)));
  await ledger.passBlocks(1);
  reveal(ledger, salted(1));
});

test("other weights than those committed to are refused, whatever differs", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(20);
  for (const changes of [{ uids: [0] }, { values: [8] }, { salt: [2] }, { versionKey: 1n }]) {
    refused("InvalidRevealCommitHashNotMatch", () => reveal(ledger, salted(1, changes)));
  }
});

test("another hotkey's commit cannot be revealed", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(20);
  refused("NoWeightsCommitFound", () => reveal(ledger, salted(1), MINER));
});

test("a reveal is used once", async () => {
  const ledger = await setUp();
  commit(ledger, salted(1));
  await ledger.passBlocks(20);
  reveal(ledger, salted(1));
  refused("NoWeightsCommitFound", () => reveal(ledger, salted(1)));
});

test("a reveal drops the commits before it and keeps those after it", async () => {
  const ledger = await setUp();
  [1, 2, 3].forEach((salt) => commit(ledger, salted(salt)));
  await ledger.passBlocks(20);
  reveal(ledger, salted(2));
  refused("InvalidRevealCommitHashNotMatch", () => reveal(ledger, salted(1)));
  reveal(ledger, salted(3));
});

test("ten commits may wait, and an expired one makes room", async () => {
  const ledger = await setUp();
  for (let salt = 0; salt < 10; salt++) commit(ledger, salted(salt));
  refused("TooManyUnrevealedCommits", () => commit(ledger, salted(10)));
  await ledger.passBlocks(20);
  refused("TooManyUnrevealedCommits", () => commit(ledger, salted(10)));
  await ledger.passBlocks(20);
  commit(ledger, salted(10));
  assert.lengthOf(ledger.inState((state) => state.commits.entries())[0][1], 1);
});

test("commits come no faster than weights", async () => {
  const ledger = await setUp({ weightsRateLimitBlocks: 5 });
  commit(ledger, salted(1));
  await ledger.passBlocks(4);
  refused("CommittingWeightsTooFast", () => commit(ledger, salted(2)));
  await ledger.passBlocks(1);
  commit(ledger, salted(2));
});

test("revealed weights must stand up to all checks but the rate limit", async () => {
  const ledger = await setUp({ weightsRateLimitBlocks: 15 });
  const wrong = salted(1, { uids: [1, 1], values: [1, 1] });
  commit(ledger, wrong);
  await ledger.passBlocks(15);
  commit(ledger, salted(2));
  await ledger.passBlocks(5);
  refused("DuplicateUids", () => reveal(ledger, wrong));
  reveal(ledger, salted(2));
});

test("a refused reveal leaves its commit", async () => {
  const ledger = await setUp();
  const wrong = salted(1, { uids: [9] });
  commit(ledger, wrong);
  await ledger.passBlocks(20);
  refused("UidVecContainInvalidOne", () => reveal(ledger, wrong));
  assert.lengthOf(ledger.inState((state) => state.commits.entries()), 1);
});

test("a subnet without commits takes none", async () => {
  const ledger = await setUp({ commitRevealEnabled: false });
  refused("CommitRevealDisabled", () => commit(ledger, salted(1)));
  refused("CommitRevealDisabled", () => reveal(ledger, salted(1)));
});

test("committing takes registration and stake", async () => {
  const ledger = await setUp({ stakeThresholdRao: 1000n * TAO });
  refused("HotKeyNotRegisteredInSubNet", () => commit(ledger, salted(1), caller(77)));
  refused("NotEnoughStakeToSetWeights", () => commit(ledger, salted(1)));
});
