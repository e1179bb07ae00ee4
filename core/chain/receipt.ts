/**
 * What a submitted call comes back with.
 *
 * @module
 */

/** How far to follow a call, and who is told on the way. */
export interface CallOptions {
  /** @default {"finalized"} */
  readonly waitFor?: "inBlock" | "finalized";
  /** Called as the call makes its way; for a status line. */
  readonly onProgress?: (stage: CallStage) => void;
}

/** Where a call is on its way. */
export type CallStage = "signing" | "submitted" | "inBlock" | "finalized" | "reconnecting";

/** A call that the chain has executed without an error. */
export interface Receipt {
  /** 0x and 64 digits. */
  readonly extrinsicHash: string;
  readonly blockHash: string;
  readonly blockNumber: number;
  /** What the signer paid for the call itself, where the chain tells. */
  readonly feeRao: bigint | undefined;
  /** The uid that a registration gave. */
  readonly uid: number | undefined;
}
