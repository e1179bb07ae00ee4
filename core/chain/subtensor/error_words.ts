/**
 * Errors of the runtime in words that a miner knows. Keyed by the error's name in the metadata, for
 * its number differs from one runtime to the next.
 *
 * @module
 */

import { formatAlpha, formatTao } from "../amounts.ts";
import type { CallContext, FailureFacts } from "./call_context.ts";

/** A sentence without its full stop. May ask the chain; if that fails, another one is found. */
export type ErrorWords = (
  context: CallContext,
  facts: FailureFacts,
) => string | Promise<string>;

/** `about 30 blocks (6 minutes)`. */
export function blocksInWords(blocks: number, blockMs: number): string {
  const seconds = Math.ceil(blocks * blockMs / 1000);
  const minutes = Math.ceil(seconds / 60);
  const time = seconds < 120 ? `${seconds} s` : `${minutes} minutes`;
  return `about ${blocks} ${blocks === 1 ? "block" : "blocks"} (${time})`;
}

const subnet = ({ netuid }: CallContext): string =>
  netuid === undefined ? "the subnet" : `subnet ${netuid}`;

const theHotkey = ({ hotkey }: CallContext): string =>
  hotkey === undefined ? "the hotkey" : `the hotkey ${hotkey}`;

const noSubnet: ErrorWords = (context) => `there is no ${subnet(context)} on this chain`;

const notRegistered: ErrorWords = (context) =>
  `${theHotkey(context)} is not registered on ${subnet(context)}: register it first`;

const unknownHotkey: ErrorWords = (context) =>
  `the chain does not know ${theHotkey(context)}: it must be registered on a subnet first`;

const tooLittleToSpend: ErrorWords = async ({ call, signer, netuid, amountRao }, facts) => {
  const has = formatTao((await facts.balance(signer)).transferableRao);
  if (call === "burnedRegister" && netuid !== undefined) {
    const price = formatTao(await facts.burnRao(netuid));
    return `the registration costs ${price}, and the coldkey has ${has} to spend`;
  }
  return amountRao === undefined
    ? `the coldkey has only ${has} to spend`
    : `${formatTao(amountRao)} is more than the coldkey has to spend: ${has}`;
};

const tooLittleStake: ErrorWords = async ({ signer, netuid = 0, hotkey = "" }, facts) => {
  const has = await facts.stakeAlphaRao(signer, netuid, hotkey);
  return `this coldkey has ${formatAlpha(has)} on the hotkey in subnet ${netuid}, no more`;
};

const tooFast = (what: string): ErrorWords => async ({ netuid = 0, hotkey = "" }, facts) => {
  const left = await facts.weightsBlocksLeft(netuid, hotkey);
  return `this hotkey has ${what} weights on subnet ${netuid} a short while ago: try again in ` +
    blocksInWords(left, facts.blockMs);
};

const tooManyStakeChanges: ErrorWords = () =>
  "the chain allows no more changes of stake for now: try again in a while";

const swapAnnounced: ErrorWords = () =>
  "this coldkey is about to be replaced by another one: until then it can only do that";

const REGISTRATION: Readonly<Record<string, ErrorWords>> = {
  RegistrationNotPermittedOnRootSubnet: () =>
    "the root subnet takes no such registration: choose a subnet above 0",
  SubNetRegistrationDisabled: (context) =>
    `${subnet(context)} takes no registrations${context.call === "register" ? " by work" : ""} now`,
  TooManyRegistrationsThisBlock: (context, { blockMs }) =>
    `${subnet(context)} has had all registrations of this block: try again in ` +
    blocksInWords(1, blockMs),
  TooManyRegistrationsThisInterval: async (context, facts) => {
    const left = await facts.intervalBlocksLeft(context.netuid ?? 0);
    return `registrations on ${subnet(context)} are full for this interval, ` +
      `${blocksInWords(left, facts.blockMs)} left`;
  },
  HotKeyAlreadyRegisteredInSubNet: async (context, facts) => {
    const uid = await facts.uidOf(context.netuid ?? 0, context.hotkey ?? "");
    return `this hotkey is already registered on ${subnet(context)}` +
      (uid === undefined ? "" : ` as uid ${uid}`);
  },
  RegistrationPriceLimitExceeded: async ({ netuid = 0, limitRao = 0n }, facts) =>
    `the registration price rose while you waited: it is now ` +
    `${formatTao(await facts.burnRao(netuid))}, your limit was ${formatTao(limitRao)}`,
  NonAssociatedColdKey: async (context, facts) => {
    const owner = await facts.ownerOf(context.hotkey ?? "");
    return `${theHotkey(context)} belongs to ` +
      (owner === undefined ? "another coldkey" : `the coldkey ${owner}`) + ", not to this one";
  },
  NoNeuronIdAvailable: (context) =>
    `${
      subnet(context)
    } has no place for another neuron now: no uid is free, and none may be replaced`,
  InvalidWorkBlock: () =>
    "the work is of a block that is too old: it counts for the 3 blocks after its own",
  InvalidDifficulty: (context) => `the work does not meet the difficulty of ${subnet(context)}`,
  InvalidSeal: () => "the work does not fit its block, its nonce and the hotkey",
  TransactorAccountShouldBeHotKey: () => "this registration must be signed by the hotkey itself",
};

const SERVING: Readonly<Record<string, ErrorWords>> = {
  HotKeyNotRegisteredInNetwork: (context) =>
    `${theHotkey(context)} is not registered on any subnet: register it first`,
  HotKeyNotRegisteredInSubNet: notRegistered,
  InvalidIpType: () => "the chain takes IPv4 and IPv6 addresses only",
  InvalidIpAddress: ({ ip = "this address" }) =>
    `the chain does not take ${ip} as an address to serve: give the one that others reach you at`,
  InvalidPort: () => "port 0 cannot be served: give one from 1 to 65535",
  ServingRateLimitExceeded: async ({ call, netuid = 0, hotkey = "" }, facts) => {
    const left = await facts.servingBlocksLeft(call, netuid, hotkey);
    return `this hotkey has changed its address on subnet ${netuid} a short while ago: try again ` +
      `in ${blocksInWords(left, facts.blockMs)}`;
  },
};

const WEIGHTS: Readonly<Record<string, ErrorWords>> = {
  CanNotSetRootNetworkWeights: () => "the root subnet takes no weights",
  NotEnoughStakeToSetWeights: async (context, facts) =>
    `this hotkey has too little stake to set weights on ${subnet(context)}: ` +
    `${formatTao(await facts.weightsStakeRao())} is the least`,
  NeuronNoValidatorPermit: (context) =>
    `this hotkey has no validator permit on ${subnet(context)}: it may only give itself a weight`,
  WeightVecNotEqualSize: () => "there must be one weight for each uid",
  InputLengthsUnequal: () => "there must be one weight for each uid",
  DuplicateUids: () => "a uid has two weights",
  UidVecContainInvalidOne: (context) =>
    `there are weights for a uid that ${subnet(context)} does not have`,
  UidsLengthExceedUidsInSubNet: (context) =>
    `there are more weights than ${subnet(context)} has neurons`,
  WeightVecLengthIsLow: async ({ netuid = 0 }, facts) =>
    `subnet ${netuid} asks for weights of at least ${await facts.minAllowedWeights(
      netuid,
    )} neurons`,
  MaxWeightExceeded: (context) => `a weight is larger than ${subnet(context)} allows`,
  SettingWeightsTooFast: tooFast("set"),
  CommittingWeightsTooFast: tooFast("committed"),
  IncorrectWeightVersionKey: async ({ netuid = 0 }, facts) =>
    `subnet ${netuid} takes weights of version ${await facts.weightsVersionKey(netuid)} on: ` +
    "the validator is older",
  CommitRevealEnabled: (context) =>
    `${subnet(context)} hides weights at first: commit to them, and reveal them later`,
  CommitRevealDisabled: (context) =>
    `${subnet(context)} takes weights directly: set them instead of committing`,
  NoWeightsCommitFound: (context) =>
    `this hotkey has committed to no such weights on ${subnet(context)}, or too long ago`,
  InvalidRevealCommitHashNotMatch: () =>
    "these are not the weights of a commit: uids, weights, salt and version must be the same",
  RevealTooEarly: () => "these weights are to be revealed in another epoch, not now",
  ExpiredWeightCommit: () => "the commit has expired: its epoch to reveal has passed",
  TooManyUnrevealedCommits: () => "ten commits wait to be revealed, and more are not taken",
  IncorrectCommitRevealVersion: (context) =>
    `${subnet(context)} takes time-locked commits of another version`,
  InvalidRevealRound: () => "the commit would open in the past",
};

const MONEY: Readonly<Record<string, ErrorWords>> = {
  NotEnoughBalanceToStake: tooLittleToSpend,
  InsufficientBalance: tooLittleToSpend,
  BalanceWithdrawalError: tooLittleToSpend,
  ZeroBalanceAfterWithdrawn: tooLittleToSpend,
  "Token.FundsUnavailable": tooLittleToSpend,
  "Token.NotExpendable": tooLittleToSpend,
  "Arithmetic.Underflow": tooLittleToSpend,
  Expendability: tooLittleToSpend,
  LiquidityRestrictions: () => "part of the balance is locked and cannot be sent",
  "Token.Frozen": () => "part of the balance is locked and cannot be sent",
  ExistentialDeposit: belowDeposit,
  "Token.BelowMinimum": belowDeposit,
  HotKeyAccountNotExists: unknownHotkey,
  NotEnoughStake: tooLittleStake,
  NotEnoughStakeToWithdraw: tooLittleStake,
  StakeToWithdrawIsZero: () => "there is nothing to take out",
  AmountTooLow: () => "the amount is too small: the chain moves no stake below its minimum",
  NomStakeBelowMinimumThreshold: () =>
    "the amount is too small: a stake on a hotkey of somebody else has a minimum",
  HotKeyNotDelegateAndSignerNotOwnHotKey: (context) =>
    `${theHotkey(context)} belongs to another coldkey and takes no stake from others`,
  InsufficientLiquidity: (context) =>
    `${subnet(context)} has too little in its pool for this amount: try a smaller one`,
  SlippageTooHigh: () =>
    "the price would move further than allowed: try a smaller amount, or allow more",
  ZeroMaxAmount: () => "the price has moved further than allowed: try again, or allow more",
  SubtokenDisabled: (context) => `${subnet(context)} has not been started by its owner yet`,
  TransferDisallowed: (context) => `${subnet(context)} does not allow stake to be transferred`,
  CannotUnstakeLock: () => "this stake is locked and cannot be taken out",
  StakeUnavailable: () => "this stake is locked and cannot be taken out",
  StakeRateLimitExceeded: tooManyStakeChanges,
  UnstakeRateLimitExceeded: tooManyStakeChanges,
  StakingRateLimitExceeded: tooManyStakeChanges,
};

const GENERAL: Readonly<Record<string, ErrorWords>> = {
  SubNetworkDoesNotExist: noSubnet,
  SubnetNotExists: noSubnet,
  MechanismDoesNotExist: noSubnet,
  ColdkeyIsInArbitration: swapAnnounced,
  ColdkeySwapAnnounced: swapAnnounced,
  ColdkeySwapDisputed: () => "the replacement of this coldkey is disputed: it is frozen until then",
  TxRateLimitExceeded: () => "this key has made too many calls: try again in a while",
  CallDisabled: () => "the chain has switched this call off",
  DisabledTemporarily: () => "the chain has switched this call off for now",
  Deprecated: () => "this runtime no longer has this call",
  BadOrigin: () => "this key may not make this call",
};

/** All of them. */
export const ERROR_WORDS: ReadonlyMap<string, ErrorWords> = new Map(
  [REGISTRATION, SERVING, WEIGHTS, MONEY, GENERAL].flatMap((words) => Object.entries(words)),
);

async function belowDeposit(_context: CallContext, facts: FailureFacts): Promise<string> {
  const least = formatTao(await facts.existentialDepositRao());
  return `the recipient's account would hold less than ${least}, the least of an account that lives`;
}
