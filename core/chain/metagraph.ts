/**
 * The neurons of a subnet, as the chain knows them at one block.
 *
 * @module
 */

/** Where a neuron's axon listens: `Axons` of the chain. */
export interface AxonInfo {
  /** The block of its last change. */
  readonly block: number;
  readonly version: number;
  /** As written: `203.0.113.9` or `2001:db8::1`. */
  readonly ip: string;
  readonly port: number;
  readonly ipType: 4 | 6;
  readonly protocol: number;
}

/** Where a neuron serves metrics: `Prometheus` of the chain. */
export type PrometheusInfo = Omit<AxonInfo, "protocol">;

/** A registered neuron. Shares from 0 to 1 are values of the chain divided by 65535. */
export interface Neuron {
  readonly uid: number;
  readonly hotkey: string;
  readonly coldkey: string;
  /** Undefined if it serves none. */
  readonly axon: AxonInfo | undefined;
  readonly active: boolean;
  readonly validatorPermit: boolean;
  /** What validators must have, `S` of the Python SDK: alpha, and TAO by its weight; in rao. */
  readonly totalStakeRao: bigint;
  /** Alpha of the hotkey in this subnet, as the subnet weighs it, child hotkeys included; alpha rao. */
  readonly alphaStakeRao: bigint;
  /** TAO staked on the hotkey's root, in rao; undefined where the runtime does not tell. */
  readonly taoStakeRao: bigint | undefined;
  /** Alpha rao of the last epoch. */
  readonly emissionRao: bigint;
  readonly incentive: number;
  readonly consensus: number;
  readonly trust: number;
  readonly validatorTrust: number;
  readonly dividends: number;
  readonly rank: number;
  /** Block of its last weights. */
  readonly lastUpdate: number;
  /** Undefined where the runtime does not tell in one call. */
  readonly registeredAt: number | undefined;
}

/** A subnet's neurons, by uid. */
export interface Metagraph {
  readonly netuid: number;
  /** Empty where the runtime knows no names. */
  readonly name: string;
  readonly block: number;
  readonly neurons: readonly Neuron[];
}

/** Blocks for which a neuron cannot be replaced yet; 0 when it can. */
export function immunityLeft(
  registeredAt: number,
  immunityBlocks: number,
  blockNumber: number,
): number {
  return Math.max(0, registeredAt + immunityBlocks - blockNumber);
}
