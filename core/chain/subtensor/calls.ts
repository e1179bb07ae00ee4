/**
 * The calls of a Subtensor chain: each checked, signed once, and followed to its end.
 *
 * @module
 */

import type { Signer } from "../../wallet/signer.ts";
import type {
  AxonAddress,
  BurnedRegistration,
  Chain,
  PowRegistration,
  PrometheusAddress,
  SaltedWeights,
  StakeChange,
  Weights,
} from "../chain.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import type { ChainReads } from "./call_checks.ts";
import { CallMaker } from "./call_maker.ts";
import type { Connection } from "./connection.ts";
import * as money from "./money_calls.ts";
import * as registration from "./registration_calls.ts";
import * as serving from "./serving_calls.ts";
import type { SubmitSettings } from "./submit.ts";
import * as weighing from "./weight_calls.ts";

/** The methods of a chain that change it, and what they cost. */
export type ChainCalls = Pick<
  Chain,
  | "addStake"
  | "burnedRegister"
  | "commitWeights"
  | "powRegister"
  | "removeStake"
  | "revealWeights"
  | "serveAxon"
  | "servePrometheus"
  | "setWeights"
  | "transfer"
  | "transferFeeRao"
>;

/**
 * See the module, and {@linkcode Chain} for each method. Calls of one account are made one after the
 * other; a payment that is under way cannot be asked for again.
 */
export class SubtensorCalls implements ChainCalls {
  readonly #maker: CallMaker;

  constructor(connection: Connection, reads: ChainReads, settings: SubmitSettings) {
    this.#maker = new CallMaker(connection, reads, settings);
  }

  burnedRegister(
    coldkey: Signer,
    burned: BurnedRegistration,
    options?: CallOptions,
  ): Promise<Receipt> {
    return registration.burnedRegister(this.#maker, coldkey, burned, options);
  }

  powRegister(hotkey: Signer, work: PowRegistration, options?: CallOptions): Promise<Receipt> {
    return registration.powRegister(this.#maker, hotkey, work, options);
  }

  serveAxon(
    hotkey: Signer,
    netuid: number,
    axon: AxonAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    return serving.serveAxon(this.#maker, hotkey, netuid, axon, options);
  }

  servePrometheus(
    hotkey: Signer,
    netuid: number,
    address: PrometheusAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    return serving.servePrometheus(this.#maker, hotkey, netuid, address, options);
  }

  setWeights(hotkey: Signer, weights: Weights, options?: CallOptions): Promise<Receipt> {
    return weighing.setWeights(this.#maker, hotkey, weights, options);
  }

  commitWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return weighing.commitWeights(this.#maker, hotkey, weights, options);
  }

  revealWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return weighing.revealWeights(this.#maker, hotkey, weights, options);
  }

  transfer(
    coldkey: Signer,
    to: string,
    amountRao: bigint,
    options?: CallOptions,
  ): Promise<Receipt> {
    return money.transfer(this.#maker, coldkey, to, amountRao, options);
  }

  addStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return money.addStake(this.#maker, coldkey, change, options);
  }

  removeStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return money.removeStake(this.#maker, coldkey, change, options);
  }

  transferFeeRao(from: string, to: string, amountRao: bigint): Promise<bigint> {
    return money.transferFeeRao(this.#maker, from, to, amountRao);
  }
}
