/**
 * A chain without a chain: what Subtensor does for a subnet, in a table of one's own.
 *
 * Blocks come by the clock; registration, serving, weights, epochs and emission follow the rules of
 * Subtensor spec 425, so that what works here works there. What is other than there:
 *
 * - One TAO is always one alpha. There is no pool, no slippage and no swap.
 * - Calls cost no fee, are executed in the block in which they arrive, and are final at once.
 * - A call that is refused leaves nothing behind, not even a raised nonce.
 * - Registration by work is still checked, by the rules of spec 353, where a subnet allows it.
 * - TAO staked on root counts for its validator as it does there, but earns its stakers nothing.
 * - No child keys, no mechanisms beside the first, no liquid alpha, no time-locked commits.
 *
 * A new ledger has subnets 9 (iota) and 27 (compute) with the rules of `LOCAL_RULES`.
 *
 * @module
 */

import { plainAddress } from "../../wallet/address.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { Clock } from "../../host.ts";
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
import { EXISTENTIAL_DEPOSIT_RAO, freeRao, mint, transferableRao } from "./accounts.ts";
import { blockHash, blockHashBytes, blockNumberAt, blockUnixMs } from "./block_time.ts";
import type { LedgerCall } from "./calls.ts";
import {
  burnedRegisterCall,
  commitWeightsCall,
  revealWeightsCall,
  setWeightsCall,
  stakeCall,
  transferCall,
  workRegisterCall,
} from "./checked_calls.ts";
import { watchBlocks } from "./head_watch.ts";
import { hotkeyKey, neuronOf } from "./neurons.ts";
import { isServedAlready, metagraphOf, type Supply, supplyOf } from "./reads.ts";
import { canonicalServing } from "./serving.ts";
import { callerOf } from "./signed_call.ts";
import { stakesOf } from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import type { LedgerStore } from "./store.ts";
import { submit } from "./submit.ts";
import {
  createSubnet,
  existingSubnet,
  netuids,
  type NewSubnet,
  subnetParameters,
} from "./subnets.ts";
import { type LedgerOrigin, transact } from "./transaction.ts";

/** What a ledger runs with. */
export interface LedgerSettings extends LedgerOrigin {
  readonly clock: Clock;
  /** Where it is kept: `ledger:FILE`. */
  readonly endpoint: string;
}

/** A local ledger. */
export class Ledger implements Chain {
  readonly #store: LedgerStore;
  readonly #settings: LedgerSettings;
  readonly #watches = new Set<AbortController>();

  /** Takes the store as its own: {@linkcode close} closes it. */
  constructor(store: LedgerStore, settings: LedgerSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  identity(): Promise<ChainIdentity> {
    return this.#inState(({ genesisHash }) => ({
      network: "ledger",
      endpoint: this.#settings.endpoint,
      genesisHash,
      specName: "weft-ledger",
      specVersion: 1,
    }));
  }

  head(): Promise<Block> {
    return this.#inState(({ block, genesisHash, header }) => ({
      number: block,
      hash: blockHash(genesisHash, block),
      unixMs: blockUnixMs(header, block),
    }));
  }

  async watchHead(listener: (blockNumber: number) => void): Promise<() => void> {
    const { time, block } = await this.#inState(({ header, block }) => ({ time: header, block }));
    const { clock, wallClock } = this.#settings;
    const newest = (): number => blockNumberAt(time, wallClock.unixMs());
    const watch = new AbortController();
    this.#watches.add(watch);
    watchBlocks(block, newest, time.blockMs, clock, watch.signal, listener)
      .finally(() => this.#watches.delete(watch));
    return () => watch.abort();
  }

  balance(address: string): Promise<Balance> {
    return this.#inState((state) => {
      const account = plainAddress(address);
      return {
        freeRao: freeRao(state, account),
        transferableRao: transferableRao(state, account),
      };
    });
  }

  existentialDepositRao(): Promise<bigint> {
    return Promise.resolve(EXISTENTIAL_DEPOSIT_RAO);
  }

  netuids(): Promise<number[]> {
    return this.#inState(netuids);
  }

  subnet(netuid: number): Promise<SubnetParameters> {
    return this.#inState((state) => subnetParameters(state, existingSubnet(state, netuid)));
  }

  metagraph(netuid: number): Promise<Metagraph> {
    return this.#inState((state) => metagraphOf(state, netuid));
  }

  uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    return this.#inState((state) => state.uids.get(hotkeyKey(netuid, plainAddress(hotkey))));
  }

  axonOf(netuid: number, hotkey: string): Promise<AxonInfo | undefined> {
    return this.#inState((state) => neuronOf(state, netuid, plainAddress(hotkey))?.axon);
  }

  ownerOf(hotkey: string): Promise<string | undefined> {
    return this.#inState((state) => state.owners.get(plainAddress(hotkey)));
  }

  stakesOf(coldkey: string): Promise<StakePosition[]> {
    return this.#inState((state) => stakesOf(state, plainAddress(coldkey)));
  }

  powTask(netuid: number): Promise<PowTask | undefined> {
    return this.#inState((state) => {
      const { powRegistrationAllowed, difficulty } = existingSubnet(state, netuid).rules;
      return powRegistrationAllowed
        ? {
          blockNumber: state.block,
          blockHash: blockHashBytes(state.genesisHash, state.block),
          difficulty,
          endianness: "little",
        }
        : undefined;
    });
  }

  burnedRegister(
    coldkey: Signer,
    registration: BurnedRegistration,
    options?: CallOptions,
  ): Promise<Receipt> {
    return this.#submit(coldkey, () => burnedRegisterCall(registration), options);
  }

  powRegister(
    hotkey: Signer,
    registration: PowRegistration,
    options?: CallOptions,
  ): Promise<Receipt> {
    return this.#submit(hotkey, () => workRegisterCall(registration), options);
  }

  async serveAxon(
    hotkey: Signer,
    netuid: number,
    axon: AxonAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    const wanted = canonicalServing(axon);
    if (isServedAlready(await this.axonOf(netuid, hotkey.address), wanted)) return undefined;
    return await this.#submit(
      hotkey,
      () => ({ call: "serve_axon", netuid, axon: wanted }),
      options,
    );
  }

  async servePrometheus(
    hotkey: Signer,
    netuid: number,
    address: PrometheusAddress,
    options?: CallOptions,
  ): Promise<Receipt | undefined> {
    const wanted = canonicalServing(address);
    const served = await this.#inState((state) =>
      neuronOf(state, netuid, plainAddress(hotkey.address))?.prometheus
    );
    if (isServedAlready(served, wanted)) return undefined;
    return await this.#submit(
      hotkey,
      () => ({ call: "serve_prometheus", netuid, address: wanted }),
      options,
    );
  }

  setWeights(hotkey: Signer, weights: Weights, options?: CallOptions): Promise<Receipt> {
    return this.#submit(hotkey, () => setWeightsCall(weights), options);
  }

  commitWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return this.#submit(
      hotkey,
      () => commitWeightsCall(callerOf(hotkey).publicKey, weights),
      options,
    );
  }

  revealWeights(hotkey: Signer, weights: SaltedWeights, options?: CallOptions): Promise<Receipt> {
    return this.#submit(hotkey, () => revealWeightsCall(weights), options);
  }

  transfer(
    coldkey: Signer,
    to: string,
    amountRao: bigint,
    options?: CallOptions,
  ): Promise<Receipt> {
    return this.#submit(coldkey, () => transferCall(to, amountRao), options);
  }

  addStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return this.#submit(coldkey, () => stakeCall("add_stake", change), options);
  }

  removeStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    return this.#submit(coldkey, () => stakeCall("remove_stake", change), options);
  }

  transferFeeRao(_from: string, _to: string, _amountRao: bigint): Promise<bigint> {
    return Promise.resolve(0n);
  }

  /** Gives rao from nowhere to an address. Only a ledger does so. */
  faucet(address: string, amountRao: bigint): Promise<void> {
    return this.#inState((state) => mint(state, plainAddress(address), amountRao));
  }

  /**
   * Adds a subnet, without a price. Only a ledger does so.
   *
   * @returns its number
   * @throws {UsageError} if its number is taken, or a rule cannot be
   */
  createSubnet(subnet: NewSubnet): Promise<number> {
    return this.#inState((state) => createSubnet(state, subnet));
  }

  /** Where all that was ever issued is. Only a ledger knows. */
  supply(): Promise<Supply> {
    return this.#inState(supplyOf);
  }

  close(): Promise<void> {
    for (const watch of this.#watches) watch.abort();
    this.#store.close();
    return Promise.resolve();
  }

  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async #inState<T>(work: (state: LedgerState) => T): Promise<T> {
    return transact(this.#store, this.#settings, work);
  }

  async #submit(signer: Signer, call: () => LedgerCall, options?: CallOptions): Promise<Receipt> {
    return await submit(this.#store, this.#settings, signer, call(), options);
  }
}
