/**
 * Neurons of a metagraph, of which only some facts matter.
 *
 * @module
 */

import type { AxonInfo, Neuron } from "../../../core/chain/metagraph.ts";

const RAO_PER_TAO = 1e9;

/** What a test says of a neuron. */
export interface NeuronFacts {
  readonly hotkey: string;
  readonly uid?: number;
  readonly coldkey?: string;
  readonly stakeTao?: number;
  readonly axon?: Pick<AxonInfo, "ip" | "port"> & Partial<AxonInfo>;
}

/** A neuron with these facts, and with nothing else to its name. */
export function neuronOf(
  { hotkey, uid = 0, coldkey = "", stakeTao = 0, axon }: NeuronFacts,
): Neuron {
  return {
    ...{ uid, hotkey, coldkey, active: true, validatorPermit: true },
    axon: axon && { block: 0, version: 183, ipType: 4, protocol: 4, ...axon },
    totalStakeRao: BigInt(Math.round(stakeTao * RAO_PER_TAO)),
    ...{ alphaStakeRao: 0n, taoStakeRao: undefined, emissionRao: 0n, incentive: 0, consensus: 0 },
    ...{ trust: 0, validatorTrust: 0, dividends: 0, rank: 0, lastUpdate: 0 },
    registeredAt: undefined,
  };
}
