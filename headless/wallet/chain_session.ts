/**
 * A command's time with a chain: opened, closed whatever happens, and given up when the user says
 * stop.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { WeftError } from "../../core/errors.ts";
import { createLog } from "../deno_host.ts";
import type { Screen } from "../screen.ts";
import type { ChainChoice, WalletSystem } from "./system.ts";

/** The user asked the command to stop. */
export class StoppedError extends WeftError {
  override name = "StoppedError";
}

/** What a command that speaks to a chain was called with. */
export interface ChainContext {
  readonly values: ChainChoice & { readonly loggingDebug: boolean };
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/**
 * Opens the chain of the flags for `work`, and closes it afterwards.
 *
 * @throws {StoppedError} if the user stops it before the chain is open
 */
export async function withChain<T>(
  system: WalletSystem,
  { values, screen, signal }: ChainContext,
  work: (chain: Chain) => Promise<T>,
): Promise<T> {
  const level = values.loggingDebug ? "debug" : "warn";
  const log = createLog(level, (line) => screen.message(line));
  const opening = system.openChain(values, log);
  const chain = await stoppable(signal, opening).catch((error) => {
    // It may yet open, when no one waits for it any more.
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  try {
    return await work(chain);
  } finally {
    // What was done is done: a failure to say goodbye must not look as if it were not.
    await chain.close().catch((error) => log.debug(`the chain did not close: ${error}`));
  }
}

/**
 * The promise's value, unless the user stops the command first; then the promise is left to itself.
 *
 * @param message what to say then
 * @throws {StoppedError} if the user stops it
 */
export async function stoppable<T>(
  signal: AbortSignal,
  promise: Promise<T>,
  message = "stopped; nothing was sent",
): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(new StoppedError(message));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([stopped.promise, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
