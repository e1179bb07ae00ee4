/**
 * Says why a call was not executed: what a pool refused, and what the runtime ended with an error.
 *
 * @module
 */

import { formatTao } from "../amounts.ts";
import type { CallContext, FailureFacts } from "./call_context.ts";
import { ERROR_WORDS } from "./error_words.ts";
import type { PoolRefusal } from "./pool_refusal.ts";
import type { CallProblem, DispatchFailure } from "./submission.ts";

/** What the chain's numbers of errors mean. */
export interface ErrorNumbers {
  /** Whether the runtime numbers its pool's errors as it did before `AmountTooLow` existed. */
  readonly areOld: boolean;
}

/** `CustomTransactionError` of Subtensor, from about spec 233 on. */
const CUSTOM_NAMES: readonly (string | undefined)[] = [
  "ColdkeySwapAnnounced",
  "AmountTooLow",
  "InsufficientBalance",
  "SubnetNotExists",
  "HotKeyAccountNotExists",
  "NotEnoughStakeToWithdraw",
  undefined, // a rate limit, which one depends on the call
  "InsufficientLiquidity",
  "SlippageTooHigh",
  "TransferDisallowed",
  "HotKeyNotRegisteredInNetwork",
  "InvalidIpAddress",
  "ServingRateLimitExceeded",
  "InvalidPort",
  "ZeroMaxAmount",
  "InvalidRevealRound",
  "NoWeightsCommitFound",
  "RevealTooEarly",
  "InputLengthsUnequal",
  "HotKeyNotRegisteredInSubNet",
  "EvmKeyAssociateRateLimitExceeded",
  "ColdkeySwapDisputed",
  undefined,
  undefined,
  undefined,
  "NonAssociatedColdKey",
];

const STAKE_TOO_LOW = 1;
const RATE_LIMIT = 6;

/** One line: what happened and what to do, with the error's name in brackets. Never rejects. */
export async function explainProblem(
  problem: CallProblem,
  context: CallContext,
  facts: FailureFacts,
  numbers: ErrorNumbers,
): Promise<string> {
  return "failure" in problem
    ? await explainFailure(problem.failure, context, facts)
    : await explainRefusal(problem.refusal, context, facts, numbers);
}

async function explainFailure(
  { name, pallet, docs }: DispatchFailure,
  context: CallContext,
  facts: FailureFacts,
): Promise<string> {
  const fullName = pallet === undefined ? name : `${pallet}.${name}`;
  const words = await wordsOf(name, context, facts);
  return `${words ?? (docs || "the chain ended the call with an error")} [${fullName}]`;
}

async function explainRefusal(
  refusal: PoolRefusal,
  context: CallContext,
  facts: FailureFacts,
  numbers: ErrorNumbers,
): Promise<string> {
  return `${await refusalWords(refusal, context, facts, numbers)} [${refusal.text}]`;
}

async function refusalWords(
  { kind, customCode }: PoolRefusal,
  context: CallContext,
  facts: FailureFacts,
  numbers: ErrorNumbers,
): Promise<string> {
  switch (kind) {
    case "payment":
      return await feeWords(context, facts);
    case "badProof":
      return "the chain does not accept the signature: it was made for another chain or too long ago";
    case "custom": {
      const name = customName(customCode ?? -1, context, numbers);
      const words = name === undefined ? undefined : await wordsOf(name, context, facts);
      return words ?? "the chain does not take the call, for a reason that it gives by number only";
    }
    default:
      return "the chain does not take the call";
  }
}

async function feeWords({ signer }: CallContext, facts: FailureFacts): Promise<string> {
  const balance = await facts.balance(signer).catch(() => undefined);
  const has = balance === undefined ? "" : `, it holds ${formatTao(balance.freeRao)}`;
  return `the account ${signer} cannot pay the call's fee${has}`;
}

/** The words for an error's name; undefined where there are none. */
async function wordsOf(
  name: string,
  context: CallContext,
  facts: FailureFacts,
): Promise<string | undefined> {
  const words = ERROR_WORDS.get(name);
  if (words === undefined) return undefined;
  try {
    return await words(context, facts);
  } catch {
    // The chain, which has just said no, does not tell why. The name must do.
    return undefined;
  }
}

/** The module error that says the same as a number of the pool. */
function customName(
  code: number,
  { call }: CallContext,
  { areOld }: ErrorNumbers,
): string | undefined {
  const isRegistration = call === "burnedRegister" || call === "register";
  const isWeights = call === "setWeights" || call === "commitWeights" || call === "revealWeights";
  if (areOld) {
    if (isWeights) return "NotEnoughStakeToSetWeights";
    if (isRegistration) return "TooManyRegistrationsThisInterval";
    return code === 0 ? CUSTOM_NAMES[0] : undefined;
  }
  if (code === STAKE_TOO_LOW && isWeights) return "NotEnoughStakeToSetWeights";
  if (code !== RATE_LIMIT) return CUSTOM_NAMES[code];
  if (isRegistration) return "TooManyRegistrationsThisInterval";
  if (isWeights) {
    return call === "setWeights" ? "SettingWeightsTooFast" : "CommittingWeightsTooFast";
  }
  return "TxRateLimitExceeded";
}
