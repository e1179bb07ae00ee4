/**
 * The subnets and their rules.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import type { SubnetParameters } from "../chain.ts";
import { BIG, COUNT, parseAnswer } from "./answers.ts";
import { checkNetuid } from "./call_checks.ts";
import type { ChainState, Entry } from "./chain_state.ts";

/** The items that hold a subnet's rules, each by netuid. */
const ITEMS = {
  isThere: "networksAdded",
  registrationAllowed: "networkRegistrationAllowed",
  powRegistrationAllowed: "networkPowRegistrationAllowed",
  burnRao: "burn",
  minBurnRao: "minBurn",
  maxBurnRao: "maxBurn",
  difficulty: "difficulty",
  neuronCount: "subnetworkN",
  maxNeuronCount: "maxAllowedUids",
  immunityBlocks: "immunityPeriod",
  tempoBlocks: "tempo",
  servingRateLimitBlocks: "servingRateLimit",
  weightsRateLimitBlocks: "weightsSetRateLimit",
  weightsVersionKey: "weightsVersionKey",
  minAllowedWeights: "minAllowedWeights",
  commitRevealEnabled: "commitRevealWeightsEnabled",
  revealPeriodEpochs: "revealPeriodEpochs",
  maxRegistrationsPerBlock: "maxRegistrationsPerBlock",
  targetRegistrationsPerInterval: "targetRegistrationsPerInterval",
  adjustmentIntervalBlocks: "adjustmentInterval",
};

/** A rule that a runtime does not have does not bind: no limit, nothing to pay, not allowed. */
const PARAMETERS = v.object({
  registrationAllowed: v.optional(v.boolean(), true),
  powRegistrationAllowed: v.optional(v.boolean(), false),
  burnRao: BIG,
  minBurnRao: v.optional(BIG, 0),
  maxBurnRao: v.optional(BIG, 0),
  difficulty: v.optional(BIG, 0),
  neuronCount: COUNT,
  maxNeuronCount: COUNT,
  immunityBlocks: v.optional(COUNT, 0),
  tempoBlocks: v.optional(COUNT, 0),
  servingRateLimitBlocks: v.optional(COUNT, 0),
  weightsRateLimitBlocks: v.optional(COUNT, 0),
  weightsVersionKey: v.optional(BIG, 0),
  minAllowedWeights: v.optional(COUNT, 0),
  commitRevealEnabled: v.optional(v.boolean(), false),
  revealPeriodEpochs: v.undefinedable(COUNT),
  maxRegistrationsPerBlock: v.undefinedable(COUNT),
  targetRegistrationsPerInterval: v.undefinedable(COUNT),
  adjustmentIntervalBlocks: v.undefinedable(COUNT),
});

/** @throws {UsageError} where the chain says that there is no such subnet */
export function requireSubnet(isThere: unknown, netuid: number): void {
  if (isThere === true) return;
  throw new UsageError(`there is no subnet ${netuid} on this chain`);
}

/** Numbers of all subnets, ascending. */
export async function readNetuids(state: ChainState): Promise<number[]> {
  const keys = await state.keysOf("networksAdded");
  const netuids = parseAnswer(v.array(COUNT), keys, "for its subnets");
  const areThere = await state.read(netuids.map((netuid): Entry => ["networksAdded", netuid]));
  return netuids.filter((_, i) => areThere[i] === true).sort((a, b) => a - b);
}

/**
 * The rules of a subnet.
 *
 * @throws {UsageError} if there is no such subnet
 */
export async function readSubnet(state: ChainState, netuid: number): Promise<SubnetParameters> {
  checkNetuid(netuid);
  const names = Object.entries(ITEMS);
  const entries = names.map(([name, item]): [string, Entry] => [name, [item, netuid]]);
  const { isThere, ...values } = await state.readNamed(Object.fromEntries(entries));
  requireSubnet(isThere, netuid);
  const parameters = parseAnswer(PARAMETERS, values, `for the rules of subnet ${netuid}`);
  return { netuid, ...parameters, ...countingRules(state, parameters) };
}

/**
 * Runtimes in which a registration makes the next one dearer keep the old counters and heed them no
 * more. They are those with a half-life of the price (Subtensor commit e7f05a05, spec 397).
 */
function countingRules(
  state: ChainState,
  rules: v.InferOutput<typeof PARAMETERS>,
): Pick<
  SubnetParameters,
  "maxRegistrationsPerBlock" | "targetRegistrationsPerInterval" | "adjustmentIntervalBlocks"
> {
  const counts = !state.has("burnHalfLife");
  return {
    maxRegistrationsPerBlock: counts ? rules.maxRegistrationsPerBlock : undefined,
    targetRegistrationsPerInterval: counts ? rules.targetRegistrationsPerInterval : undefined,
    adjustmentIntervalBlocks: counts ? rules.adjustmentIntervalBlocks : undefined,
  };
}
