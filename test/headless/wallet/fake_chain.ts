/**
 * A chain for the wallet's commands in a test: small numbers, no time, and any of its methods can be
 * made to fail. It notes what it was told to do.
 *
 * @module
 */

import { assert } from "chai";
import type {
  Balance,
  Block,
  BurnedRegistration,
  Chain,
  ChainIdentity,
  PowRegistration,
  PowTask,
  StakeChange,
  StakePosition,
  SubnetParameters,
} from "../../../core/chain/chain.ts";
import { formatTao } from "../../../core/chain/amounts.ts";
import type { AxonInfo, Metagraph, Neuron } from "../../../core/chain/metagraph.ts";
import type { CallOptions, Receipt } from "../../../core/chain/receipt.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Signer } from "../../../core/wallet/signer.ts";

/** Rao in a TAO. */
export const TAO = 1_000_000_000n;
/** What accounts must keep. */
export const DEPOSIT_RAO = 500n;
/** What a transfer costs. */
export const TRANSFER_FEE_RAO = 124_000n;
/** What every other call costs. */
export const CALL_FEE_RAO = 1_000n;
/** Hash of every call. */
export const EXTRINSIC_HASH = `0x${"e".repeat(64)}`;

/** Rules of subnet 9. */
export const SUBNET: SubnetParameters = {
  netuid: 9,
  registrationAllowed: true,
  powRegistrationAllowed: false,
  burnRao: TAO / 10n,
  minBurnRao: 500_000n,
  maxBurnRao: 100n * TAO,
  difficulty: 10_000_000n,
  neuronCount: 4,
  maxNeuronCount: 256,
  immunityBlocks: 4096,
  tempoBlocks: 360,
  servingRateLimitBlocks: 50,
  weightsRateLimitBlocks: 100,
  weightsVersionKey: 0n,
  minAllowedWeights: 1,
  commitRevealEnabled: false,
  revealPeriodEpochs: undefined,
  maxRegistrationsPerBlock: undefined,
  targetRegistrationsPerInterval: undefined,
  adjustmentIntervalBlocks: undefined,
};

/** A neuron that does nothing, but for what a test says. */
export function neuron(uid: number, differences: Partial<Neuron> = {}): Neuron {
  return {
    uid,
    hotkey: `5Hot${String(uid).padStart(44, "x")}`,
    coldkey: `5Cold${String(uid).padStart(43, "y")}`,
    axon: undefined,
    active: true,
    validatorPermit: false,
    totalStakeRao: 0n,
    alphaStakeRao: 0n,
    taoStakeRao: undefined,
    emissionRao: 0n,
    ...{ incentive: 0, consensus: 0, trust: 0, validatorTrust: 0, dividends: 0, rank: 0 },
    lastUpdate: 0,
    registeredAt: undefined,
    ...differences,
  };
}

/** An axon at an address. */
export function axon(ip: string, port: number, differences: Partial<AxonInfo> = {}): AxonInfo {
  return { ip, port, block: 1, version: 183, ipType: 4, protocol: 4, ...differences };
}

/** What the chain starts with. */
export interface FakeChainOptions {
  /** Free rao by address. */
  readonly free?: Readonly<Record<string, bigint>>;
  readonly stakes?: Readonly<Record<string, readonly StakePosition[]>>;
  readonly owners?: Readonly<Record<string, string>>;
  /** @default {subnets 0 and 9, the latter with {@linkcode SUBNET}} */
  readonly subnets?: readonly SubnetParameters[];
  readonly metagraphs?: readonly Metagraph[];
  readonly powTask?: PowTask;
  /** Methods that do something else. */
  readonly instead?: Partial<Chain>;
}

/** See the file's head. */
export class FakeChain implements Chain {
  /** The names of the methods that send, in the order in which they were called. */
  readonly sent: string[] = [];
  isClosed = false;
  blockNumber = 1000;
  burnRao: bigint;
  readonly free: Map<string, bigint>;
  readonly stakes: Map<string, readonly StakePosition[]>;
  readonly watchers = new Set<(blockNumber: number) => void>();
  readonly #options: FakeChainOptions;
  readonly #subnets: readonly SubnetParameters[];

  constructor(options: FakeChainOptions = {}) {
    this.#options = options;
    this.#subnets = options.subnets ?? [{ ...SUBNET, netuid: 0 }, SUBNET];
    this.burnRao = this.#subnets[this.#subnets.length - 1].burnRao;
    this.free = new Map(Object.entries(options.free ?? {}));
    this.stakes = new Map(Object.entries(options.stakes ?? {}));
    Object.assign(this, options.instead);
  }

  identity(): Promise<ChainIdentity> {
    return Promise.resolve({
      ...{ network: "test", endpoint: "ws://fake", genesisHash: `0x${"0".repeat(64)}` },
      ...{ specName: "fake", specVersion: 1 },
    });
  }

  head(): Promise<Block> {
    return Promise.resolve({ number: this.blockNumber, hash: this.#hash(), unixMs: 0 });
  }

  watchHead(listener: (blockNumber: number) => void): Promise<() => void> {
    this.watchers.add(listener);
    return Promise.resolve(() => void this.watchers.delete(listener));
  }

  /** Makes a block, and tells who watches. */
  nextBlock(): void {
    this.blockNumber += 1;
    for (const watcher of this.watchers) watcher(this.blockNumber);
  }

  balance(address: string): Promise<Balance> {
    const freeRao = this.free.get(address) ?? 0n;
    const transferableRao = freeRao > DEPOSIT_RAO ? freeRao - DEPOSIT_RAO : 0n;
    return Promise.resolve({ freeRao, transferableRao });
  }

  existentialDepositRao(): Promise<bigint> {
    return Promise.resolve(DEPOSIT_RAO);
  }

  netuids(): Promise<number[]> {
    return Promise.resolve(this.#subnets.map(({ netuid }) => netuid));
  }

  subnet(netuid: number): Promise<SubnetParameters> {
    const found = this.#subnets.find((each) => each.netuid === netuid);
    return found
      ? Promise.resolve({ ...found, burnRao: this.burnRao })
      : Promise.reject(new UsageError(`there is no subnet ${netuid}`));
  }

  metagraph(netuid: number): Promise<Metagraph> {
    const found = this.#options.metagraphs?.find((each) => each.netuid === netuid);
    return found
      ? Promise.resolve(found)
      : Promise.reject(new UsageError(`there is no subnet ${netuid}`));
  }

  uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    const metagraph = this.#options.metagraphs?.find((each) => each.netuid === netuid);
    return Promise.resolve(metagraph?.neurons.find((each) => each.hotkey === hotkey)?.uid);
  }

  axonOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  ownerOf(hotkey: string): Promise<string | undefined> {
    return Promise.resolve(this.#options.owners?.[hotkey]);
  }

  stakesOf(coldkey: string): Promise<StakePosition[]> {
    return Promise.resolve([...this.stakes.get(coldkey) ?? []]);
  }

  powTask(): Promise<PowTask | undefined> {
    const task = this.#options.powTask;
    return Promise.resolve(task && { ...task, blockNumber: this.blockNumber });
  }

  burnedRegister(
    coldkey: Signer,
    { limitRao }: BurnedRegistration,
    options?: CallOptions,
  ): Promise<Receipt> {
    this.sent.push("burnedRegister");
    if (this.burnRao > limitRao) {
      const text = `the registration price rose while you waited: it is now ${
        formatTao(this.burnRao)
      }`;
      return Promise.reject(new WeftError(text));
    }
    this.#change(coldkey.address, -this.burnRao - CALL_FEE_RAO);
    return this.#receipt(options, 7);
  }

  powRegister(_hotkey: Signer, _work: PowRegistration, options?: CallOptions): Promise<Receipt> {
    this.sent.push("powRegister");
    return this.#receipt(options, 7);
  }

  transfer(
    coldkey: Signer,
    to: string,
    amountRao: bigint,
    options?: CallOptions,
  ): Promise<Receipt> {
    this.sent.push("transfer");
    this.#change(coldkey.address, -amountRao - TRANSFER_FEE_RAO);
    this.#change(to, amountRao);
    return this.#receipt(options);
  }

  addStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    this.sent.push("addStake");
    this.#change(coldkey.address, -change.amountRao - CALL_FEE_RAO);
    this.#stake(coldkey.address, change, change.amountRao);
    return this.#receipt(options);
  }

  removeStake(coldkey: Signer, change: StakeChange, options?: CallOptions): Promise<Receipt> {
    this.sent.push("removeStake");
    this.#change(coldkey.address, change.amountRao - CALL_FEE_RAO);
    this.#stake(coldkey.address, change, -change.amountRao);
    return this.#receipt(options);
  }

  transferFeeRao(): Promise<bigint> {
    return Promise.resolve(TRANSFER_FEE_RAO);
  }

  serveAxon(): Promise<never> {
    return unexpected("serveAxon");
  }

  servePrometheus(): Promise<never> {
    return unexpected("servePrometheus");
  }

  setWeights(): Promise<never> {
    return unexpected("setWeights");
  }

  commitWeights(): Promise<never> {
    return unexpected("commitWeights");
  }

  revealWeights(): Promise<never> {
    return unexpected("revealWeights");
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  #hash(): string {
    return `0x${this.blockNumber.toString(16).padStart(64, "0")}`;
  }

  #change(address: string, byRao: bigint): void {
    this.free.set(address, (this.free.get(address) ?? 0n) + byRao);
  }

  #stake(coldkey: string, { netuid, hotkey }: StakeChange, byRao: bigint): void {
    const positions = this.stakes.get(coldkey) ?? [];
    const isIt = (each: StakePosition): boolean => each.netuid === netuid && each.hotkey === hotkey;
    const before = positions.find(isIt)?.stakeAlphaRao ?? 0n;
    const after = { netuid, hotkey, stakeAlphaRao: before + byRao };
    this.stakes.set(coldkey, [...positions.filter((each) => !isIt(each)), after]);
  }

  #receipt(options: CallOptions | undefined, uid?: number): Promise<Receipt> {
    for (const stage of ["signing", "submitted", "inBlock", "finalized"] as const) {
      options?.onProgress?.(stage);
    }
    this.nextBlock();
    return Promise.resolve({
      ...{ extrinsicHash: EXTRINSIC_HASH, blockHash: this.#hash(), blockNumber: this.blockNumber },
      ...{ feeRao: CALL_FEE_RAO, uid },
    });
  }
}

function unexpected(name: string): Promise<never> {
  return assert.fail(`${name} is no business of these commands`);
}

/** The methods that send, each of which fails the test. */
export function neverSends(): Partial<Chain> {
  const fail = (): never => assert.fail("something was sent");
  return {
    burnedRegister: fail,
    powRegister: fail,
    transfer: fail,
    addStake: fail,
    removeStake: fail,
    serveAxon: fail,
    servePrometheus: fail,
    setWeights: fail,
    commitWeights: fail,
    revealWeights: fail,
  };
}
