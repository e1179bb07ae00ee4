/**
 * The chain that a node registers on. Two stand behind this interface: Subtensor over WebSocket, and
 * the local ledger, a chain without a chain.
 *
 * Amounts are in rao (1e-9 TAO), those of a subnet's own token in alpha rao (1e-9 alpha). Methods
 * reject with WeftError when the chain cannot be reached or refuses, and with UsageError when asked
 * for what cannot be.
 *
 * @module
 */

import type { Signer } from "../wallet/signer.ts";
import type { AxonInfo, Metagraph, PrometheusInfo } from "./metagraph.ts";
import type { CallOptions, Receipt } from "./receipt.ts";

/** Which chain answers, and how far it is. */
export interface ChainIdentity {
  /** `finney`, `test`, `local`, `ledger`, or the endpoint where it has no name. */
  readonly network: string;
  /** Where it answers. */
  readonly endpoint: string;
  /** 0x and 64 digits; tells chains apart that share a name. */
  readonly genesisHash: string;
  readonly specName: string;
  readonly specVersion: number;
}

/** A block of the chain. */
export interface Block {
  readonly number: number;
  /** 0x and 64 digits. */
  readonly hash: string;
  /** When its author made it, in milliseconds since 1970. */
  readonly unixMs: number;
}

/** What an account holds. */
export interface Balance {
  readonly freeRao: bigint;
  /** What may be sent away while the account lives on: free, less what is frozen and the deposit. */
  readonly transferableRao: bigint;
}

/** The rules of a subnet. Undefined where the runtime has no such rule. */
export interface SubnetParameters {
  readonly netuid: number;
  readonly registrationAllowed: boolean;
  readonly powRegistrationAllowed: boolean;
  /** What a registration costs now. */
  readonly burnRao: bigint;
  readonly minBurnRao: bigint;
  readonly maxBurnRao: bigint;
  readonly difficulty: bigint;
  /** Neurons now, and at most. */
  readonly neuronCount: number;
  readonly maxNeuronCount: number;
  readonly immunityBlocks: number;
  readonly tempoBlocks: number;
  readonly servingRateLimitBlocks: number;
  readonly weightsRateLimitBlocks: number;
  readonly weightsVersionKey: bigint;
  readonly minAllowedWeights: number;
  readonly commitRevealEnabled: boolean;
  readonly revealPeriodEpochs: number | undefined;
  /** Older runtimes: the most registrations in one block. */
  readonly maxRegistrationsPerBlock: number | undefined;
  /** Older runtimes: three times as many registrations fit into an interval. */
  readonly targetRegistrationsPerInterval: number | undefined;
  readonly adjustmentIntervalBlocks: number | undefined;
}

/** What a coldkey has staked on one hotkey in one subnet. */
export interface StakePosition {
  readonly hotkey: string;
  readonly netuid: number;
  /** In alpha rao; on the root subnet (netuid 0) that is rao. */
  readonly stakeAlphaRao: bigint;
}

/** A burned registration. */
export interface BurnedRegistration {
  readonly netuid: number;
  readonly hotkey: string;
  /** The most that may be paid; enforced by the chain where it knows `register_limit`. */
  readonly limitRao: bigint;
}

/** A registration paid with work. */
export interface PowRegistration {
  readonly netuid: number;
  readonly coldkey: string;
  readonly blockNumber: number;
  readonly nonce: bigint;
  /** The 32 bytes of the seal. */
  readonly work: Uint8Array;
}

/** What a miner has to solve to register by work; undefined from chains that no longer check it. */
export interface PowTask {
  readonly blockNumber: number;
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly difficulty: bigint;
  /** How the chain reads the seal as a number. */
  readonly endianness: "little" | "big";
}

/** Where an axon listens, as `serve_axon` takes it. */
export type AxonAddress = Omit<AxonInfo, "block">;

/** Where metrics are served, as `serve_prometheus` takes it. */
export type PrometheusAddress = Omit<PrometheusInfo, "block">;

/** Weights that a validator sets: uids and values from 0 to 65535, pair by pair. */
export interface Weights {
  readonly netuid: number;
  readonly uids: readonly number[];
  readonly values: readonly number[];
  readonly versionKey: bigint;
}

/** Weights that were committed, with the salt that hid them: numbers from 0 to 65535. */
export interface SaltedWeights extends Weights {
  readonly salt: readonly number[];
}

/** An amount of stake to move between a coldkey and a hotkey of a subnet. */
export interface StakeChange {
  readonly netuid: number;
  readonly hotkey: string;
  /** Rao to stake; alpha rao to take out. */
  readonly amountRao: bigint;
  /**
   * By what share of itself the price may get worse meanwhile, what the amount itself does to it
   * included; else nothing is moved. Infinity takes any price, as do chains that know no limits.
   *
   * @default {0.005}
   */
  readonly priceTolerance?: number;
}

/** A chain: what it knows, and what it can be told. */
export interface Chain {
  identity(): Promise<ChainIdentity>;
  /** The newest block. */
  head(): Promise<Block>;
  /** Calls with the number of each new block until the returned function is called. */
  watchHead(listener: (blockNumber: number) => void): Promise<() => void>;
  balance(address: string): Promise<Balance>;
  /** The least balance of an account that lives. */
  existentialDepositRao(): Promise<bigint>;
  /** Numbers of all subnets, ascending. */
  netuids(): Promise<number[]>;
  /** @throws {UsageError} if there is no such subnet */
  subnet(netuid: number): Promise<SubnetParameters>;
  /** @throws {UsageError} if there is no such subnet */
  metagraph(netuid: number): Promise<Metagraph>;
  /** The uid of a hotkey in a subnet, or undefined if it is not registered there. */
  uidOf(netuid: number, hotkey: string): Promise<number | undefined>;
  /** The axon that a hotkey serves in a subnet, or undefined. */
  axonOf(netuid: number, hotkey: string): Promise<AxonInfo | undefined>;
  /** The coldkey that a hotkey belongs to, or undefined if the chain never met it. */
  ownerOf(hotkey: string): Promise<string | undefined>;
  stakesOf(coldkey: string): Promise<StakePosition[]>;
  /** Undefined where registration by work is not checked any more, or not allowed in this subnet. */
  powTask(netuid: number): Promise<PowTask | undefined>;

  /** Pays the registration of a hotkey. The signer is the coldkey. */
  burnedRegister(
    coldkey: Signer,
    registration: BurnedRegistration,
    options?: CallOptions,
  ): Promise<Receipt>;
  /** Registers by work. The signer is the hotkey. */
  powRegister(
    hotkey: Signer,
    registration: PowRegistration,
    options?: CallOptions,
  ): Promise<Receipt>;
  /** Publishes where the axon listens; does nothing if the chain has just that already. */
  serveAxon(
    hotkey: Signer,
    netuid: number,
    axon: AxonAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined>;
  servePrometheus(
    hotkey: Signer,
    netuid: number,
    address: PrometheusAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined>;
  setWeights(hotkey: Signer, weights: Weights, options?: CallOptions): Promise<Receipt>;
  commitWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt>;
  revealWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt>;
  /** Sends rao; the sender's account stays alive. */
  transfer(
    coldkey: Signer,
    to: string,
    amountRao: bigint,
    options?: CallOptions,
  ): Promise<Receipt>;
  addStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt>;
  removeStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt>;
  /** The fee of a transfer, in rao. */
  transferFeeRao(from: string, to: string, amountRao: bigint): Promise<bigint>;

  close(): Promise<void>;
}
