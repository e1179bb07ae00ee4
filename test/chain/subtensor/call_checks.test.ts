/**
 * What is refused before anything is signed.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  type ChainReads,
  checkAmount,
  checkFunds,
  checkNetuid,
  checkNewcomer,
  checkPrice,
  checkRecipient,
  checkServed,
  checkStake,
  checkWeights,
  KnownRefusal,
} from "../../../core/chain/subtensor/call_checks.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";

const COLDKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const HOTKEY = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const AXON = { version: 183, ip: "203.0.113.9", port: 8091, ipType: 4, protocol: 4 } as const;
const WEIGHTS = { netuid: 1, uids: [0, 1], values: [1, 65535], versionKey: 0n };

/** A chain with one subnet, on which nobody is registered. */
function reads(changes: Partial<ChainReads> = {}): ChainReads {
  return {
    axonOf: () => Promise.resolve(undefined),
    balance: () => Promise.resolve({ freeRao: 1500n, transferableRao: 1000n }),
    existentialDepositRao: () => Promise.resolve(500n),
    ownerOf: () => Promise.resolve(undefined),
    powTask: () => Promise.resolve(undefined),
    stakesOf: () => Promise.resolve([{ netuid: 1, hotkey: HOTKEY, stakeAlphaRao: 70n }]),
    subnet: (netuid) => Promise.resolve(subnet(netuid)),
    uidOf: () => Promise.resolve(undefined),
    ...changes,
  };
}

function subnet(netuid: number): Awaited<ReturnType<ChainReads["subnet"]>> {
  return {
    netuid,
    registrationAllowed: true,
    powRegistrationAllowed: false,
    burnRao: 900n,
    minBurnRao: 1n,
    maxBurnRao: 1000n,
    difficulty: 1n,
    neuronCount: 0,
    maxNeuronCount: 256,
    immunityBlocks: 0,
    tempoBlocks: 0,
    servingRateLimitBlocks: 0,
    weightsRateLimitBlocks: 0,
    weightsVersionKey: 0n,
    minAllowedWeights: 0,
    commitRevealEnabled: false,
    revealPeriodEpochs: undefined,
    maxRegistrationsPerBlock: undefined,
    targetRegistrationsPerInterval: undefined,
    adjustmentIntervalBlocks: undefined,
  };
}

async function refusedAs(name: string, check: Promise<unknown>): Promise<void> {
  const error = await check.then(() => undefined, (error) => error);
  assert.instanceOf(error, KnownRefusal);
  assert.equal(error.error, name);
}

async function refusedWith(message: RegExp, check: Promise<unknown>): Promise<void> {
  const error = await check.then(() => undefined, (error) => error);
  assert.instanceOf(error, WeftError);
  assert.match(error.message, message);
}

test("a newcomer passes", async () => {
  await checkNewcomer(reads(), 1, HOTKEY, COLDKEY);
  await checkNewcomer(
    reads({ ownerOf: () => Promise.resolve(COLDKEY) }),
    1,
    HOTKEY,
    COLDKEY,
  );
});

test("who is registered, or belongs to somebody else, is no newcomer", async () => {
  const registered = reads({ uidOf: () => Promise.resolve(0) });
  await refusedAs("HotKeyAlreadyRegisteredInSubNet", checkNewcomer(registered, 1, HOTKEY, COLDKEY));
  const owned = reads({ ownerOf: () => Promise.resolve(HOTKEY) });
  await refusedAs("NonAssociatedColdKey", checkNewcomer(owned, 1, HOTKEY, COLDKEY));
  const root = checkNewcomer(reads(), 0, HOTKEY, COLDKEY);
  await refusedAs("RegistrationNotPermittedOnRootSubnet", root);
});

test("a price equal to the limit, and a balance equal to price and fee, are enough", async () => {
  await checkPrice(reads(), 1, COLDKEY, 900n, 100n);
});

test("one rao less is not", async () => {
  await refusedAs("RegistrationPriceLimitExceeded", checkPrice(reads(), 1, COLDKEY, 899n, 0n));
  await refusedAs("NotEnoughBalanceToStake", checkPrice(reads(), 1, COLDKEY, 900n, 101n));
});

test("a subnet that takes no registrations is told before its price", async () => {
  const closed = reads({
    subnet: (netuid) => Promise.resolve({ ...subnet(netuid), registrationAllowed: false }),
  });
  await refusedAs("SubNetRegistrationDisabled", checkPrice(closed, 1, COLDKEY, 0n, 0n));
});

test("an address is written as the chain would write it", () => {
  assert.equal(checkServed({ ...AXON, ip: "2001:DB8:0::1", ipType: 6 }).ip, "2001:db8::1");
  assert.deepEqual(checkServed(AXON), AXON);
});

test("an address of another kind than said is refused", () => {
  assert.throws(() => checkServed({ ...AXON, ip: "::2" }), UsageError, "::2 is an IPv6 address");
  assert.throws(() => checkServed({ ...AXON, ipType: 6 }), UsageError, "is an IPv4 address");
  assert.throws(() => checkServed({ ...AXON, ip: "example.org" }), UsageError, "no IP address");
});

test("addresses that nobody reaches are refused as the chain does", () => {
  for (const ip of ["127.0.0.1", "255.255.255.255"]) {
    assert.throws(() => checkServed({ ...AXON, ip }), KnownRefusal, "InvalidIpAddress");
  }
  assert.throws(
    () => checkServed({ ...AXON, ip: "::1", ipType: 6 }),
    KnownRefusal,
    "InvalidIpAddress",
  );
});

test("ports end at 65535 and begin at 1", () => {
  assert.equal(checkServed({ ...AXON, port: 65535 }).port, 65535);
  assert.throws(() => checkServed({ ...AXON, port: 0 }), KnownRefusal, "InvalidPort");
  for (const port of [-1, 65536, 80.5, NaN]) {
    assert.throws(() => checkServed({ ...AXON, port }), UsageError, "is no port");
  }
});

test("weights must fit their fields, pair by pair", () => {
  checkWeights(WEIGHTS);
  checkWeights({ ...WEIGHTS, uids: [], values: [] });
  for (
    const [change, message] of [
      [{ uids: [0] }, "1 uids with 2 weights"],
      [{ values: [1, 65536] }, "65536: uids and weights"],
      [{ values: [1, -1] }, "-1: "],
      [{ uids: [0, 0.5] }, "0.5: "],
      [{ netuid: 65536 }, "65536 is no subnet"],
      [{ versionKey: -1n }, "version key -1"],
      [{ versionKey: 1n << 64n }, "does not fit into 64 bits"],
    ] as const
  ) {
    assert.throws(() => checkWeights({ ...WEIGHTS, ...change }), UsageError, message);
  }
});

test("subnets and amounts are checked", () => {
  checkNetuid(0);
  checkNetuid(65535);
  for (const netuid of [-1, 65536, 1.5, NaN]) {
    assert.throws(() => checkNetuid(netuid), UsageError, "is no subnet");
  }
  checkAmount(1n);
  for (const amount of [0n, -1n]) {
    assert.throws(() => checkAmount(amount), UsageError, "more than 0");
  }
});

test("what may be sent is all but the fee", async () => {
  await checkFunds(reads(), COLDKEY, 990n, 10n);
  await refusedWith(
    /^0.000000991 TAO and a fee of 0.00000001 TAO are more than .* spend: 0.000001 TAO$/,
    checkFunds(reads(), COLDKEY, 991n, 10n),
  );
});

test("a recipient needs the existential deposit, with what it has", async () => {
  const empty = reads({ balance: () => Promise.resolve({ freeRao: 0n, transferableRao: 0n }) });
  await checkRecipient(empty, HOTKEY, 500n);
  await refusedAs("ExistentialDeposit", checkRecipient(empty, HOTKEY, 499n));
  await checkRecipient(reads(), HOTKEY, 1n);
});

test("only the stake of this hotkey in this subnet can be taken out", async () => {
  const change = { netuid: 1, hotkey: HOTKEY, amountRao: 70n };
  await checkStake(reads(), COLDKEY, change);
  const refused = (change: Parameters<typeof checkStake>[2], has: string): Promise<void> =>
    refusedWith(
      new RegExp(`^there is ${has} alpha of this coldkey`),
      checkStake(reads(), COLDKEY, change),
    );
  await refused({ ...change, amountRao: 71n }, "0.00000007");
  await refused({ ...change, netuid: 2 }, "0");
  await refused({ ...change, hotkey: COLDKEY }, "0");
});
