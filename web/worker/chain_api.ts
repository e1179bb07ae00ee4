/**
 * What the page asks of the thread that speaks to a chain.
 *
 * @module
 */

import type { ChainIdentity } from "../../core/chain/chain.ts";
import type { Metagraph } from "../../core/chain/metagraph.ts";
import type { CallStage, Receipt } from "../../core/chain/receipt.ts";

/** The chain of the page's own, on which nothing costs anything. */
export const PRACTICE = "practice";

/** What one must know before one registers. Amounts are in rao. */
export interface RegistrationView {
  readonly identity: ChainIdentity;
  readonly netuid: number;
  readonly registrationAllowed: boolean;
  readonly burnRao: bigint;
  /** What the coldkey can spend. */
  readonly transferableRao: bigint;
  /** How long a new neuron cannot be replaced. */
  readonly immunityBlocks: number;
  readonly neuronCount: number;
  readonly maxNeuronCount: number;
  /** Undefined if the hotkey is not registered there. */
  readonly uid: number | undefined;
}

/** What a neuron earns. Shares are from 0 to 1. */
export interface Earnings {
  readonly block: number;
  readonly uid: number;
  /** Alpha rao. */
  readonly stakeRao: bigint;
  readonly incentive: number;
  /** Alpha rao of the last epoch. */
  readonly emissionRao: bigint;
  /** By incentive, from 1. */
  readonly rank: number;
  readonly neuronCount: number;
  /** Blocks for which it cannot be replaced; undefined where the chain does not tell. */
  readonly immunityBlocksLeft: number | undefined;
}

/** A neuron, in the metagraph's table. */
export interface NeuronRow {
  readonly uid: number;
  readonly hotkey: string;
  readonly stakeRao: bigint;
  readonly incentive: number;
  readonly emissionRao: bigint;
  readonly isValidator: boolean;
}

/** What a wallet is asked to sign. */
export type SigningRequest =
  /** An extrinsic, as wallet extensions take it. */
  | { readonly kind: "extrinsic"; readonly payload: Readonly<Record<string, unknown>> }
  /** Bytes in hex, wrapped as a message of the user's; for the practice chain. */
  | { readonly kind: "bytes"; readonly hex: string };

/** Asks the wallet, on the page's side; gives the signature in hex. */
export type WalletSign = (request: SigningRequest) => Promise<string>;

/** A registration that the user has agreed to. */
export interface AgreedRegistration {
  readonly netuid: number;
  readonly hotkey: string;
  /** The most that may be paid, in rao. */
  readonly limitRao: bigint;
}

/** The thread, as the page sees it through comlink. */
export interface ChainApi {
  /**
   * @param network `finney`, `test`, `practice`, or a `wss://` address
   * @throws {Error} if it does not answer
   */
  open(network: string): Promise<ChainIdentity>;
  registration(netuid: number, coldkey: string, hotkey: string): Promise<RegistrationView>;
  /** Sends it once. @throws {Error} that says whether it may have been carried out */
  register(
    coldkey: string,
    sign: WalletSign,
    registration: AgreedRegistration,
    onProgress: (stage: CallStage) => void,
  ): Promise<Receipt>;
  /** Undefined if the hotkey is not registered there. */
  earnings(netuid: number, hotkey: string): Promise<Earnings | undefined>;
  /** All of a subnet, for a miner that must know who may ask. */
  registered(netuid: number): Promise<Metagraph>;
  /**
   * Tells the chain where an axon is reached; nothing is sent if it knows that.
   * @param sign signs bytes in hex with the hotkey
   */
  serveAxon(
    netuid: number,
    hotkey: string,
    place: { readonly ip: string; readonly port: number },
    sign: (hex: string) => Promise<string>,
  ): Promise<void>;
  /** The neurons with the most incentive first. */
  metagraph(netuid: number): Promise<readonly NeuronRow[]>;
  close(): Promise<void>;
}
