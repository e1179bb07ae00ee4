/**
 * Sends one call and follows it. Whatever goes wrong, it is not sent again; where it is not known
 * what became of it, the error says how to look.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import {
  type CallOptions,
  type CallStage,
  type Receipt,
  UnknownOutcomeError,
} from "../../core/chain/receipt.ts";
import { WeftError } from "../../core/errors.ts";
import type { Screen } from "../screen.ts";
import { stoppable, StoppedError } from "./chain_session.ts";

/** A call that is about to be sent. */
export interface Sending {
  readonly chain: Chain;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** The command that shows whether it was carried out: `deno task wallet balance`. */
  readonly lookCommand: string;
  /** Hands the call to the chain. */
  send(options: CallOptions): Promise<Receipt>;
}

const STAGE_TEXTS: Readonly<Record<CallStage, string>> = {
  signing: "signing",
  submitted: "sent, waiting for a block",
  inBlock: "in a block, waiting until it is final",
  finalized: "final",
  reconnecting: "the connection broke, looking for it again",
};

/**
 * Sends the call, once.
 *
 * @throws {StoppedError} if the user stops it before it was sent
 * @throws {WeftError} as the chain rejects; of a call whose end is not known, how to look
 */
export async function sendOnce(sending: Sending): Promise<Receipt> {
  const { chain, screen, signal } = sending;
  // Read first: should this fail, nothing was sent.
  const { number: headBefore } = await stoppable(signal, chain.head());
  let stage: CallStage | undefined;
  let shown: CallStage | undefined;
  const onProgress = (next: CallStage): void => {
    // A call that is left to itself meets a closed connection, which is no news.
    if (signal.aborted || next === shown) return;
    shown = next;
    if (next === "reconnecting" && !screen.isLive) screen.message(STAGE_TEXTS[next]);
    screen.status(STAGE_TEXTS[next]);
    if (next !== "reconnecting") stage = next;
  };
  try {
    return await stoppable(signal, sending.send({ onProgress }));
  } catch (error) {
    throw explain(error, sending.lookCommand, { stage, headBefore });
  } finally {
    screen.endStatus();
  }
}

interface Way {
  readonly stage: CallStage | undefined;
  readonly headBefore: number;
}

function explain(error: unknown, lookCommand: string, { stage, headBefore }: Way): unknown {
  const look = `${lookCommand} shows whether it was; look before you try again`;
  if (error instanceof StoppedError) {
    const place = stage === "inBlock" || stage === "finalized"
      ? "it is in a block and will most likely stay there"
      : `it may still be carried out, in a block after ${headBefore}`;
    return new WeftError(`stopped waiting for what was handed to the chain: ${place}; ${look}`, {
      cause: error,
    });
  }
  if (error instanceof UnknownOutcomeError) {
    const { message, extrinsicHash, blockNumber } = error;
    const hint = message.includes(extrinsicHash)
      ? ""
      : ` (extrinsic ${extrinsicHash}, in a block after ${blockNumber} if at all)`;
    return new WeftError(`${message}${hint}; ${look}`, { cause: error });
  }
  // A refusal: the chain knows that it was not carried out.
  if (error instanceof WeftError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new WeftError(
    `the call failed in a way that was not foreseen (${reason}) and may have been carried out in a ` +
      `block after ${headBefore}; ${look}`,
    { cause: error },
  );
}
