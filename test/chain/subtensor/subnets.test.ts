/**
 * Tests of the subnets' rules.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { newestState } from "../../../core/chain/subtensor/chain_state.ts";
import { readNetuids, readSubnet } from "../../../core/chain/subtensor/subnets.ts";
import type { SubnetParameters } from "../../../core/chain/chain.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { BLOCK_HASH, MadeChain } from "./made_chain.ts";
import { bySubnet, LASTING_ITEMS, type MadeRuntime, PLAIN_RUNTIME } from "./made_runtime.ts";
import { BOOL, U16, U64 } from "./made_types.ts";
import { rejection } from "./rejection.ts";

const RULES = {
  networksAdded: true,
  networkRegistrationAllowed: true,
  networkPowRegistrationAllowed: true,
  burn: 10n ** 18n + 1n,
  minBurn: 500_000n,
  maxBurn: 100_000_000_000n,
  difficulty: (1n << 64n) - 1n,
  subnetworkN: 3,
  maxAllowedUids: 256,
  immunityPeriod: 4096,
  tempo: 360,
  servingRateLimit: 50n,
  weightsSetRateLimit: 100n,
  weightsVersionKey: (1n << 60n) + 1n,
  minAllowedWeights: 1,
  maxRegistrationsPerBlock: 2,
  targetRegistrationsPerInterval: 4,
  adjustmentInterval: 100,
};

function withItems(items: MadeRuntime["items"]): MadeRuntime {
  return { ...PLAIN_RUNTIME, items: { ...LASTING_ITEMS, ...items } };
}

function without(...names: readonly string[]): MadeRuntime {
  const left = Object.entries(LASTING_ITEMS).filter(([name]) => !names.includes(name));
  return { ...PLAIN_RUNTIME, items: Object.fromEntries(left) };
}

async function rulesOf(runtime: MadeRuntime, values: object = RULES): Promise<SubnetParameters> {
  const chain = await MadeChain.open(runtime);
  chain.setSubnet(27, Object.fromEntries(Object.entries(values)));
  return await readSubnet(await newestState(chain.connection()), 27);
}

test("rules are read as the chain keeps them, the largest numbers exactly", async () => {
  assert.deepEqual(await rulesOf(PLAIN_RUNTIME), {
    netuid: 27,
    registrationAllowed: true,
    powRegistrationAllowed: true,
    burnRao: 10n ** 18n + 1n,
    minBurnRao: 500_000n,
    maxBurnRao: 100_000_000_000n,
    difficulty: (1n << 64n) - 1n,
    neuronCount: 3,
    maxNeuronCount: 256,
    immunityBlocks: 4096,
    tempoBlocks: 360,
    servingRateLimitBlocks: 50,
    weightsRateLimitBlocks: 100,
    weightsVersionKey: (1n << 60n) + 1n,
    minAllowedWeights: 1,
    commitRevealEnabled: false,
    revealPeriodEpochs: undefined,
    maxRegistrationsPerBlock: 2,
    targetRegistrationsPerInterval: 4,
    adjustmentIntervalBlocks: 100,
  });
});

test("rules about commitments are read where there are any", async () => {
  const runtime = withItems({
    CommitRevealWeightsEnabled: bySubnet(BOOL),
    RevealPeriodEpochs: { keys: [["twox64", U16]], value: U64 },
  });
  const values = { ...RULES, commitRevealWeightsEnabled: true, revealPeriodEpochs: 3 };
  assert.deepInclude(await rulesOf(runtime, values), {
    commitRevealEnabled: true,
    revealPeriodEpochs: 3,
  });
});

test("a runtime whose price rises by itself counts no registrations", async () => {
  const rules = await rulesOf(withItems({ BurnHalfLife: bySubnet(U16) }));
  assert.deepInclude(rules, {
    maxRegistrationsPerBlock: undefined,
    targetRegistrationsPerInterval: undefined,
    adjustmentIntervalBlocks: undefined,
  });
});

test("a rule that a runtime does not have does not bind", async () => {
  const runtime = without(
    ...["NetworkPowRegistrationAllowed", "Difficulty", "ServingRateLimit", "MinBurn", "MaxBurn"],
    ...["WeightsVersionKey", "MaxRegistrationsPerBlock", "AdjustmentInterval"],
  );
  const { networksAdded, burn, subnetworkN, maxAllowedUids } = RULES;
  assert.deepInclude(await rulesOf(runtime, { networksAdded, burn, subnetworkN, maxAllowedUids }), {
    powRegistrationAllowed: false,
    difficulty: 0n,
    servingRateLimitBlocks: 0,
    weightsVersionKey: 0n,
    maxRegistrationsPerBlock: undefined,
    adjustmentIntervalBlocks: undefined,
    burnRao: burn,
  });
});

test("a price that a runtime does not tell is no price of nothing", async () => {
  const { networksAdded, subnetworkN, maxAllowedUids } = RULES;
  const values = { networksAdded, subnetworkN, maxAllowedUids };
  const error = await rejection(rulesOf(without("Burn"), values));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /for the rules of subnet 27 .*burnRao/);
});

test("a subnet that is not there, or no longer, is a wrong use", async () => {
  for (const values of [{}, { ...RULES, networksAdded: false }]) {
    const error = await rejection(rulesOf(PLAIN_RUNTIME, values));
    assert.instanceOf(error, UsageError);
    assert.include(error.message, "no subnet 27");
  }
});

test("subnets are listed in order, without those that were removed", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  for (const netuid of [300, 2, 0, 65535]) chain.setSubnet(netuid, { networksAdded: true });
  chain.setSubnet(7, { networksAdded: false });
  assert.deepEqual(await readNetuids(await newestState(chain.connection())), [0, 2, 300, 65535]);
  assert.deepEqual([...new Set(chain.blocksAsked)], [BLOCK_HASH]);
});

test("more subnets than a node lists at once are listed all the same", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  const netuids = Array.from({ length: 2500 }, (_, i) => i);
  for (const netuid of netuids) chain.setSubnet(netuid, { networksAdded: true });
  assert.deepEqual(await readNetuids(await newestState(chain.connection())), netuids);
});

test("a chain without subnets has none", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  assert.deepEqual(await readNetuids(await newestState(chain.connection())), []);
});
