/**
 * A ledger's subnets.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { SubnetParameters } from "../chain.ts";
import { plainAddress } from "../../wallet/address.ts";
import { decayedBurnRao } from "./burn_price.ts";
import { bindHotkey, takeSlot } from "./neurons.ts";
import type { Subnet } from "./records.ts";
import { misuse } from "./refusal.ts";
import { localRules, type SubnetRules } from "./rules.ts";
import type { LedgerState } from "./state.ts";

/** So many subnets keep all emission together within a u64. */
const MAX_SUBNETS = 256;

/** A subnet to be. */
export interface NewSubnet {
  /** @default the lowest free number from 1 on */
  readonly netuid?: number;
  readonly name: string;
  /** Earns the owner's cut on the hotkey, which becomes uid 0. Without one it is not issued. */
  readonly owner?: { readonly coldkey: string; readonly hotkey: string };
  /** What differs from {@linkcode LOCAL_RULES}. */
  readonly rules?: Partial<SubnetRules>;
}

/** What a new ledger has beside the root: the subnets that Weft mines. */
export const LOCAL_SUBNETS: readonly NewSubnet[] = [
  { netuid: 9, name: "iota" },
  { netuid: 27, name: "compute" },
];

/** Root takes TAO stake and has no neurons, epochs or emission of its own. */
const ROOT: NewSubnet = {
  netuid: 0,
  name: "root",
  rules: {
    registrationAllowed: false,
    powRegistrationAllowed: false,
    maxNeuronCount: 0,
    tempoBlocks: 0,
    emissionPerBlockRao: 0n,
  },
};

/** @throws {UsageError} if there is no such subnet */
export function existingSubnet(state: LedgerState, netuid: number): Subnet {
  const subnet = state.subnets.get(String(netuid));
  if (subnet) return subnet;
  throw misuse(
    "SubnetNotExists",
    `there is no subnet ${netuid} on this ledger, only ${netuids(state).join(", ")}`,
  );
}

/** Numbers of all subnets, ascending. */
export function netuids(state: LedgerState): number[] {
  return state.subnets.entries().map(([, subnet]) => subnet.netuid).sort((a, b) => a - b);
}

/** Puts root and the first subnets into an empty ledger. */
export function createFirstSubnets(state: LedgerState, subnets: readonly NewSubnet[]): void {
  [ROOT, ...subnets].forEach((subnet) => createSubnet(state, subnet));
}

/**
 * Adds a subnet.
 *
 * @returns its number
 * @throws {UsageError} if the number is taken, or a rule cannot be
 */
export function createSubnet(state: LedgerState, wanted: NewSubnet): number {
  const rules = localRules(wanted.rules ?? {});
  const taken = netuids(state);
  const netuid = wanted.netuid ?? lowestFree(taken);
  if (!Number.isInteger(netuid) || netuid < 0 || netuid > 65535) {
    throw new UsageError(`${netuid} is no number of a subnet: give 1 to 65535.`);
  }
  if (taken.includes(netuid)) throw new UsageError(`There is a subnet ${netuid} already.`);
  if (taken.length >= MAX_SUBNETS) {
    throw new UsageError(`A ledger has at most ${MAX_SUBNETS} subnets.`);
  }
  const subnet: Subnet = {
    netuid,
    name: wanted.name,
    ownerColdkey: wanted.owner && plainAddress(wanted.owner.coldkey),
    ownerHotkey: wanted.owner && plainAddress(wanted.owner.hotkey),
    rules,
    burnRao: rules.initialBurnRao,
    burnBlock: state.block,
    lastEpochBlock: state.block,
    epochIndex: 0,
    emittedRao: 0n,
    neuronCount: 0,
  };
  if (subnet.ownerColdkey !== undefined && subnet.ownerHotkey !== undefined) {
    bindHotkey(state, subnet.ownerHotkey, subnet.ownerColdkey);
    takeSlot(state, subnet, subnet.ownerHotkey, subnet.ownerColdkey);
  }
  state.subnets.put(String(netuid), subnet);
  return netuid;
}

/** What a registration costs in the present block. */
export function burnRao(state: LedgerState, subnet: Subnet): bigint {
  return decayedBurnRao(subnet.burnRao, state.block - subnet.burnBlock, subnet.rules);
}

/** The rules as every chain tells them. */
export function subnetParameters(state: LedgerState, subnet: Subnet): SubnetParameters {
  const { rules } = subnet;
  return {
    netuid: subnet.netuid,
    registrationAllowed: rules.registrationAllowed,
    powRegistrationAllowed: rules.powRegistrationAllowed,
    burnRao: burnRao(state, subnet),
    minBurnRao: rules.minBurnRao,
    maxBurnRao: rules.maxBurnRao,
    difficulty: rules.difficulty,
    neuronCount: subnet.neuronCount,
    maxNeuronCount: rules.maxNeuronCount,
    immunityBlocks: rules.immunityBlocks,
    tempoBlocks: rules.tempoBlocks,
    servingRateLimitBlocks: rules.servingRateLimitBlocks,
    weightsRateLimitBlocks: rules.weightsRateLimitBlocks,
    weightsVersionKey: rules.weightsVersionKey,
    minAllowedWeights: rules.minAllowedWeights,
    commitRevealEnabled: rules.commitRevealEnabled,
    revealPeriodEpochs: rules.revealPeriodEpochs,
    maxRegistrationsPerBlock: undefined,
    targetRegistrationsPerInterval: undefined,
    adjustmentIntervalBlocks: undefined,
  };
}

function lowestFree(taken: readonly number[]): number {
  let netuid = 1;
  while (taken.includes(netuid)) netuid++;
  return netuid;
}
