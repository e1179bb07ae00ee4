/**
 * What a ledger tells.
 *
 * @module
 */

import type { AxonAddress, PrometheusAddress } from "../chain.ts";
import type { AxonInfo, Metagraph, Neuron, PrometheusInfo } from "../metagraph.ts";
import { neuronsOf } from "./neurons.ts";
import type { NeuronRecord } from "./records.ts";
import { hotkeyStakeRao, ROOT_NETUID, stakeBook, stakeWeightRao } from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import { existingSubnet } from "./subnets.ts";
import { U16_ONE } from "./yuma.ts";

/** Where all that was ever issued is. `issued = free + staked + burned`, always. */
export interface Supply {
  readonly issuedRao: bigint;
  readonly freeRao: bigint;
  /** TAO and alpha, which are worth the same here. */
  readonly stakedRao: bigint;
  readonly burnedRao: bigint;
}

/** The neurons of a subnet. */
export function metagraphOf(state: LedgerState, netuid: number): Metagraph {
  const { name } = existingSubnet(state, netuid);
  const stakes = stakeBook(state, netuid);
  const rootStakes = stakeBook(state, ROOT_NETUID);
  const neurons = neuronsOf(state, netuid).map((neuron) =>
    asNeuron(
      neuron,
      hotkeyStakeRao(stakes, neuron.hotkey),
      hotkeyStakeRao(rootStakes, neuron.hotkey),
    )
  );
  return { netuid, name, block: state.block, neurons };
}

/** Adds up where everything is. */
export function supplyOf(state: LedgerState): Supply {
  const sum = (amounts: bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
  return {
    issuedRao: state.header.issuedRao,
    freeRao: sum(state.accounts.entries().map(([, account]) => account.freeRao)),
    stakedRao: sum(state.stakes.entries().map(([, amountRao]) => amountRao)),
    burnedRao: state.header.burnedRao,
  };
}

/** Whether the chain would learn nothing new. */
export function isServedAlready(
  served: AxonInfo | PrometheusInfo | undefined,
  wanted: AxonAddress | PrometheusAddress,
): boolean {
  if (!served) return false;
  const known: Readonly<Record<string, unknown>> = { ...served };
  return Object.entries(wanted).every(([name, value]) => known[name] === value);
}

function asNeuron(record: NeuronRecord, alphaRao: bigint, taoRao: bigint): Neuron {
  return {
    uid: record.uid,
    hotkey: record.hotkey,
    coldkey: record.coldkey,
    axon: record.axon,
    active: record.active,
    validatorPermit: record.validatorPermit,
    totalStakeRao: stakeWeightRao(alphaRao, taoRao),
    alphaStakeRao: alphaRao,
    taoStakeRao: taoRao,
    emissionRao: record.emissionRao,
    incentive: record.incentive / U16_ONE,
    consensus: record.consensus / U16_ONE,
    trust: record.trust / U16_ONE,
    validatorTrust: record.validatorTrust / U16_ONE,
    dividends: record.dividends / U16_ONE,
    rank: record.rank / U16_ONE,
    lastUpdate: record.lastUpdate,
    registeredAt: record.registeredAt,
  };
}
