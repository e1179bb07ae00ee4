/**
 * A Subtensor chain over WebSocket.
 *
 * @module
 */

import type { Clock, Log, OpenSocket } from "../../host.ts";
import type {
  AxonAddress,
  Balance,
  Block,
  BurnedRegistration,
  Chain,
  ChainIdentity,
  PowRegistration,
  PowTask,
  PrometheusAddress,
  SaltedWeights,
  StakeChange,
  StakePosition,
  SubnetParameters,
  Weights,
} from "../chain.ts";
import type { AxonInfo, Metagraph } from "../metagraph.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import type { Signer } from "../../wallet/signer.ts";
import { SubtensorCalls } from "./calls.ts";
import { type Connection, openConnection } from "./connection.ts";
import { SubtensorReads } from "./reads.ts";

/** How to reach a chain. */
export interface SubtensorSettings {
  /** `ws://` or `wss://` */
  readonly endpoint: string;
  /** The chain's name, or its address again. */
  readonly network: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly openSocket: OpenSocket;
  /** For opening, and for each answer. @default {20_000} */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * Connects to a chain.
 *
 * @throws {WeftError} if it does not answer in time, or is no Subtensor chain
 */
export async function openSubtensor(settings: SubtensorSettings): Promise<Chain> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
  return new Subtensor(await openConnection({ ...settings, timeoutMs }), settings);
}

/** Reads and calls over one connection. */
class Subtensor implements Chain {
  readonly #connection: Connection;
  readonly #reads: SubtensorReads;
  readonly #calls: SubtensorCalls;

  constructor(connection: Connection, settings: SubtensorSettings) {
    this.#connection = connection;
    this.#reads = new SubtensorReads(connection, settings);
    this.#calls = new SubtensorCalls(connection, this.#reads, settings);
  }

  watchHead(listener: (blockNumber: number) => void): Promise<() => void> {
    return this.#reads.watchHead(listener);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  identity(): Promise<ChainIdentity> {
    return this.#reads.identity();
  }

  head(): Promise<Block> {
    return this.#reads.head();
  }

  balance(address: string): Promise<Balance> {
    return this.#reads.balance(address);
  }

  existentialDepositRao(): Promise<bigint> {
    return this.#reads.existentialDepositRao();
  }

  netuids(): Promise<number[]> {
    return this.#reads.netuids();
  }

  subnet(netuid: number): Promise<SubnetParameters> {
    return this.#reads.subnet(netuid);
  }

  metagraph(netuid: number): Promise<Metagraph> {
    return this.#reads.metagraph(netuid);
  }

  uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    return this.#reads.uidOf(netuid, hotkey);
  }

  axonOf(netuid: number, hotkey: string): Promise<AxonInfo | undefined> {
    return this.#reads.axonOf(netuid, hotkey);
  }

  ownerOf(hotkey: string): Promise<string | undefined> {
    return this.#reads.ownerOf(hotkey);
  }

  stakesOf(coldkey: string): Promise<StakePosition[]> {
    return this.#reads.stakesOf(coldkey);
  }

  powTask(netuid: number): Promise<PowTask | undefined> {
    return this.#reads.powTask(netuid);
  }

  burnedRegister(
    coldkey: Signer,
    registration: BurnedRegistration,
    options?: CallOptions,
  ): Promise<Receipt> {
    return this.#calls.burnedRegister(coldkey, registration, options);
  }

  powRegister(hotkey: Signer, work: PowRegistration, options?: CallOptions): Promise<Receipt> {
    return this.#calls.powRegister(hotkey, work, options);
  }

  serveAxon(
    hotkey: Signer,
    netuid: number,
    axon: AxonAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    return this.#calls.serveAxon(hotkey, netuid, axon, options);
  }

  servePrometheus(
    hotkey: Signer,
    netuid: number,
    address: PrometheusAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    return this.#calls.servePrometheus(hotkey, netuid, address, options);
  }

  setWeights(hotkey: Signer, weights: Weights, options?: CallOptions): Promise<Receipt> {
    return this.#calls.setWeights(hotkey, weights, options);
  }

  commitWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return this.#calls.commitWeights(hotkey, weights, options);
  }

  revealWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return this.#calls.revealWeights(hotkey, weights, options);
  }

  transfer(
    coldkey: Signer,
    to: string,
    amountRao: bigint,
    options?: CallOptions,
  ): Promise<Receipt> {
    return this.#calls.transfer(coldkey, to, amountRao, options);
  }

  addStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return this.#calls.addStake(coldkey, change, options);
  }

  removeStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return this.#calls.removeStake(coldkey, change, options);
  }

  transferFeeRao(from: string, to: string, amountRao: bigint): Promise<bigint> {
    return this.#calls.transferFeeRao(from, to, amountRao);
  }
}
