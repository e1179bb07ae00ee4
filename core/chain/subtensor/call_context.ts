/**
 * What is known about a call that went wrong, and what can be asked to explain it.
 *
 * @module
 */

import type { Balance } from "../chain.ts";

/** The calls that are made, by their names in the metadata. */
export type CallName =
  | "burnedRegister"
  | "register"
  | "serveAxon"
  | "servePrometheus"
  | "setWeights"
  | "commitWeights"
  | "revealWeights"
  | "transfer"
  | "addStake"
  | "removeStake";

/** A call as its caller sees it. */
export interface CallContext {
  readonly call: CallName;
  /** ss58 address of who signs. */
  readonly signer: string;
  /** Of all but transfers. */
  readonly netuid?: number;
  /** The hotkey that it is about; the signer's where a hotkey signs. */
  readonly hotkey?: string;
  /** What is sent or staked, in rao; in alpha rao what is taken out. */
  readonly amountRao?: bigint;
  /** The most that a registration may cost. */
  readonly limitRao?: bigint;
  /** The address that is served. */
  readonly ip?: string;
}

/** Reads for explanations. They may reject; the explanation then does without. */
export interface FailureFacts {
  balance(address: string): Promise<Balance>;
  uidOf(netuid: number, hotkey: string): Promise<number | undefined>;
  ownerOf(hotkey: string): Promise<string | undefined>;
  /** What a registration costs now. */
  burnRao(netuid: number): Promise<bigint>;
  /** What a coldkey has on a hotkey of a subnet, in alpha rao. */
  stakeAlphaRao(coldkey: string, netuid: number, hotkey: string): Promise<bigint>;
  /** Blocks until the interval ends in which registrations are counted. */
  intervalBlocksLeft(netuid: number): Promise<number>;
  /** Blocks until the hotkey may publish its axon or its metrics again. */
  servingBlocksLeft(call: CallName, netuid: number, hotkey: string): Promise<number>;
  /** Blocks until the hotkey may set or commit weights again. */
  weightsBlocksLeft(netuid: number, hotkey: string): Promise<number>;
  /** The least stake of who sets weights, in rao. */
  weightsStakeRao(): Promise<bigint>;
  weightsVersionKey(netuid: number): Promise<bigint>;
  minAllowedWeights(netuid: number): Promise<number>;
  existentialDepositRao(): Promise<bigint>;
  /** How long a block takes. */
  readonly blockMs: number;
}
