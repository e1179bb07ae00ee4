/**
 * What a miner reads when the chain says no.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { CallContext, FailureFacts } from "../../../core/chain/subtensor/call_context.ts";
import { explainProblem } from "../../../core/chain/subtensor/dispatch_errors.ts";
import { blocksInWords, ERROR_WORDS } from "../../../core/chain/subtensor/error_words.ts";
import type { CallProblem } from "../../../core/chain/subtensor/submission.ts";
import { readRefusal } from "../../../core/chain/subtensor/pool_refusal.ts";

const COLDKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const HOTKEY = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

const FACTS: FailureFacts = {
  blockMs: 12_000,
  balance: () => Promise.resolve({ freeRao: 300_000_000n, transferableRao: 299_999_500n }),
  uidOf: () => Promise.resolve(12),
  ownerOf: () => Promise.resolve(COLDKEY),
  burnRao: () => Promise.resolve(510_000_000n),
  stakeAlphaRao: () => Promise.resolve(2_000_000_000n),
  intervalBlocksLeft: () => Promise.resolve(73),
  servingBlocksLeft: () => Promise.resolve(3),
  weightsBlocksLeft: () => Promise.resolve(1),
  weightsStakeRao: () => Promise.resolve(1000_000_000_000n),
  weightsVersionKey: () => Promise.resolve(183n),
  minAllowedWeights: () => Promise.resolve(8),
  existentialDepositRao: () => Promise.resolve(500n),
};

const REGISTER: CallContext = {
  call: "burnedRegister",
  signer: COLDKEY,
  netuid: 9,
  hotkey: HOTKEY,
  limitRao: 500_000_000n,
};
const SERVE: CallContext = {
  call: "serveAxon",
  signer: HOTKEY,
  netuid: 9,
  hotkey: HOTKEY,
  ip: "127.0.0.1",
};
const SET: CallContext = { call: "setWeights", signer: HOTKEY, netuid: 9, hotkey: HOTKEY };
const SEND: CallContext = { call: "transfer", signer: COLDKEY, amountRao: 10n ** 9n };

const NEW = { areOld: false };

function failure(name: string, docs = ""): CallProblem {
  return { failure: { name, pallet: "SubtensorModule", docs } };
}

for (
  const [name, context, expected] of [
    [
      "RegistrationPriceLimitExceeded",
      REGISTER,
      "the registration price rose while you waited: it is now 0.51 TAO, your limit was 0.5 TAO",
    ],
    [
      "HotKeyAlreadyRegisteredInSubNet",
      REGISTER,
      "this hotkey is already registered on subnet 9 as uid 12",
    ],
    [
      "TooManyRegistrationsThisInterval",
      REGISTER,
      "registrations on subnet 9 are full for this interval, about 73 blocks (15 minutes) left",
    ],
    [
      "NotEnoughBalanceToStake",
      REGISTER,
      "the registration costs 0.51 TAO, and the coldkey has 0.2999995 TAO to spend",
    ],
    [
      "NonAssociatedColdKey",
      REGISTER,
      `the hotkey ${HOTKEY} belongs to the coldkey ${COLDKEY}, not to this one`,
    ],
    ["SubNetRegistrationDisabled", REGISTER, "subnet 9 takes no registrations now"],
    [
      "SubNetRegistrationDisabled",
      { ...REGISTER, call: "register" },
      "subnet 9 takes no registrations by work now",
    ],
    ["SubNetworkDoesNotExist", REGISTER, "there is no subnet 9 on this chain"],
    [
      "InvalidIpAddress",
      SERVE,
      "the chain does not take 127.0.0.1 as an address to serve: give the one that others reach " +
      "you at",
    ],
    [
      "ServingRateLimitExceeded",
      SERVE,
      "this hotkey has changed its address on subnet 9 a short while ago: try again in about 3 " +
      "blocks (36 s)",
    ],
    [
      "NotEnoughStakeToSetWeights",
      SET,
      "this hotkey has too little stake to set weights on subnet 9: 1000 TAO is the least",
    ],
    [
      "SettingWeightsTooFast",
      SET,
      "this hotkey has set weights on subnet 9 a short while ago: try again in about 1 block (12 s)",
    ],
    [
      "IncorrectWeightVersionKey",
      SET,
      "subnet 9 takes weights of version 183 on: the validator is older",
    ],
    [
      "NotEnoughStakeToWithdraw",
      { ...REGISTER, call: "removeStake" },
      "this coldkey has 2 alpha on the hotkey in subnet 9, no more",
    ],
  ] as const satisfies readonly (readonly [string, CallContext, string])[]
) {
  test(`${name} of ${context.call} is told in a miner's words`, async () => {
    const message = await explainProblem(failure(name), context, FACTS, NEW);
    assert.equal(message, `${expected} [SubtensorModule.${name}]`);
  });
}

test("errors of no pallet are told in words too", async () => {
  const message = await explainProblem(
    { failure: { pallet: undefined, name: "Token.FundsUnavailable", docs: "" } },
    SEND,
    FACTS,
    NEW,
  );
  assert.equal(
    message,
    "1 TAO is more than the coldkey has to spend: 0.2999995 TAO [Token.FundsUnavailable]",
  );
});

test("an unknown error is told by the metadata's words and its name", async () => {
  const unknown = failure("SymbolInUse", "The symbol is taken.");
  assert.equal(
    await explainProblem(unknown, SET, FACTS, NEW),
    "The symbol is taken. [SubtensorModule.SymbolInUse]",
  );
});

test("an unknown error without words still has its name", async () => {
  assert.equal(
    await explainProblem(failure("SymbolInUse"), SET, FACTS, NEW),
    "the chain ended the call with an error [SubtensorModule.SymbolInUse]",
  );
});

test("a chain that answers no questions leaves the name", async () => {
  const facts = { ...FACTS, uidOf: () => Promise.reject(new Error("cut")) };
  assert.equal(
    await explainProblem(failure("HotKeyAlreadyRegisteredInSubNet"), REGISTER, facts, NEW),
    "the chain ended the call with an error [SubtensorModule.HotKeyAlreadyRegisteredInSubNet]",
  );
});

test("all words are one line without a full stop", async () => {
  for (const [name, words] of ERROR_WORDS) {
    for (const context of [REGISTER, SERVE, SET, SEND]) {
      const text = await words(context, FACTS);
      assert.match(text, /^[^\n]+[^.\n]$/, name);
      assert.notMatch(text, /undefined|NaN|\[object/, `${name} of ${context.call}`);
    }
  }
});

for (
  const [code, context, isOld, words] of [
    [1, SET, false, /too little stake to set weights/],
    [3, SET, true, /too little stake to set weights/],
    [1, REGISTER, false, /amount is too small/],
    [5, REGISTER, true, /registrations on subnet 9 are full/],
    [6, REGISTER, false, /registrations on subnet 9 are full/],
    [6, SET, false, /has set weights on subnet 9 a short while ago/],
    [6, { ...SET, call: "commitWeights" }, false, /has committed weights/],
    [6, SEND, false, /too many calls/],
    [10, SERVE, false, /not registered on any subnet/],
    [11, SERVE, false, /does not take 127.0.0.1/],
    [12, SERVE, false, /changed its address/],
    [13, SERVE, false, /port 0/],
    [0, SEND, true, /about to be replaced/],
    [12, SEND, true, /by number only/],
    [99, SEND, false, /by number only/],
    [22, SEND, false, /by number only/],
  ] as const satisfies readonly (readonly [number, CallContext, boolean, RegExp])[]
) {
  const runtime = isOld ? "an old" : "a new";
  test(`${runtime} pool's number ${code} for ${context.call} is told in words`, async () => {
    const text = `1010: Invalid Transaction: Custom error: ${code}`;
    const refusal = readRefusal(1010, text);
    const message = await explainProblem({ refusal }, context, FACTS, { areOld: isOld });
    assert.match(message, words);
    assert.include(message, `[${text}]`);
  });
}

test("a fee that cannot be paid is told with what there is", async () => {
  const refusal = readRefusal(1010, "1010: Invalid Transaction: Inability to pay some fees");
  assert.match(
    await explainProblem({ refusal }, SEND, FACTS, NEW),
    /^the account 5Grwva\w+ cannot pay the call's fee, it holds 0.3 TAO \[1010: /,
  );
});

test("a bad signature is told as such", async () => {
  const refusal = readRefusal(1010, "1010: Invalid Transaction: Transaction has a bad signature");
  assert.match(
    await explainProblem({ refusal }, SEND, FACTS, NEW),
    /^the chain does not accept the signature: /,
  );
});

test("blocks are counted in seconds below two minutes, then in minutes, rounded up", () => {
  assert.equal(blocksInWords(0, 12_000), "about 0 blocks (0 s)");
  assert.equal(blocksInWords(9, 12_000), "about 9 blocks (108 s)");
  assert.equal(blocksInWords(10, 12_000), "about 10 blocks (2 minutes)");
  assert.equal(blocksInWords(11, 12_000), "about 11 blocks (3 minutes)");
  assert.equal(blocksInWords(3, 250), "about 3 blocks (1 s)");
});
