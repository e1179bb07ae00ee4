/**
 * What a submitted call comes back with.
 *
 * @module
 */

import { WeftError } from "../errors.ts";

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

/**
 * A call was handed to the chain, and whether it was executed could not be found out. Who sees this
 * must not send it again before he has looked.
 */
export class UnknownOutcomeError extends WeftError {
  override name = "UnknownOutcomeError";

  /**
   * @param message what happened, and how to look, in one line
   * @param extrinsicHash 0x and 64 digits, to look for
   * @param blockNumber the newest block known when it was sent; it can only be in later ones
   */
  constructor(
    message: string,
    readonly extrinsicHash: string,
    readonly blockNumber: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
