/**
 * What submitting a call needs of a node, and what the node says about it. Small, so that tests can
 * put a node here that loses connections and calls.
 *
 * @module
 */

import type { PoolRefusal } from "./pool_refusal.ts";

/** One block. */
export interface BlockRef {
  readonly number: number;
  /** 0x and 64 digits. */
  readonly hash: string;
}

/** A call whose payload stands, so that it can be signed: nonce and mortality are chosen. */
export interface Draft {
  /** What to sign: the payload, or its BLAKE2b-256 hash where it is longer than 256 bytes. */
  readonly signingBytes: Uint8Array;
  /** The same payload as wallet extensions take it (`SignerPayloadJSON`). */
  readonly payloadJson: Readonly<Record<string, unknown>>;
  /** @param signature a signature's kind in one byte (1 is sr25519), then its bytes */
  complete(signature: Uint8Array): SignedCall;
}

/** A signed call. It can be executed once at most, and only in the blocks of its mortality. */
export interface SignedCall {
  /** The whole extrinsic, 0x and hex. */
  readonly bytes: string;
  /** 0x and 64 digits. */
  readonly hash: string;
  /** ss58 address of the signer. */
  readonly address: string;
  readonly nonce: number;
  /** It is only valid in blocks after this one ... */
  readonly birthBlock: number;
  /** ... and before this one. */
  readonly deathBlock: number;
}

/** What a node says about a call that was handed in. */
export type CallStatus =
  /** It waits in the pool. */
  | "waiting"
  /** It was put into a block of the best chain, or taken out of one. */
  | "inBlock"
  | "retracted"
  | "finalized"
  /** The node gave up following; the call may be anywhere. */
  | "finalityTimeout"
  | "usurped"
  | "dropped"
  | "invalid"
  /** The connection went. */
  | "lost";

/** Where a call was found. */
export interface Inclusion extends BlockRef {
  /** The call's place among the block's extrinsics. */
  readonly index: number;
}

/** An error that a call ended with, as the runtime names it. */
export interface DispatchFailure {
  /** `SubtensorModule`; undefined for errors that belong to no pallet. */
  readonly pallet: string | undefined;
  /** `HotKeyAlreadyRegisteredInSubNet`, `Token.FundsUnavailable`, `BadOrigin`. */
  readonly name: string;
  /** What the metadata says about it; may be empty. */
  readonly docs: string;
}

/** Why a call was not executed: its pool's answer, or its block's. */
export type CallProblem =
  | { readonly refusal: PoolRefusal }
  | { readonly failure: DispatchFailure };

/** What became of a call in its block. */
export interface CallOutcome {
  /** Undefined when it was executed. */
  readonly failure: DispatchFailure | undefined;
  readonly feeRao: bigint | undefined;
  /** The uid of `NeuronRegistered`. */
  readonly uid: number | undefined;
}

/** A node's answer to a call that is handed in: it follows the call from here, or says no. */
export type HandedIn =
  | { readonly stop: () => void }
  | { readonly refusal: PoolRefusal };

/** A node. Every method rejects when it gets no answer, or none that makes sense. */
export interface SubmissionNode {
  /** Waits until the node can be asked again; rejects when that is given up. */
  ready(): Promise<void>;
  /** Hands a call in. If the pool takes it, `onStatus` is called until `stop` is. */
  handIn(bytes: string, onStatus: (status: CallStatus) => void): Promise<HandedIn>;
  /** The newest block of the best chain. */
  head(): Promise<BlockRef>;
  finalizedHead(): Promise<BlockRef>;
  /** The best chain's block of a number up to its head. */
  blockHashAt(blockNumber: number): Promise<string>;
  /** The extrinsics of a block, 0x and hex. */
  extrinsicsOf(blockHash: string): Promise<readonly string[]>;
  /** The nonce that an account's next call has, as of the end of a block. */
  nonceAt(blockHash: string, address: string): Promise<number>;
  outcomeOf(inclusion: Inclusion): Promise<CallOutcome>;
}
