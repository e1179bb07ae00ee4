/**
 * How the ledger says no: words for a person, and the name that Subtensor gives the same error.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";

/** The call was understood and refused. */
export function refusal(name: string, words: string): WeftError {
  return new WeftError(`${words} [${name}]`);
}

/** The call can never be right. */
export function misuse(name: string, words: string): UsageError {
  return new UsageError(`${words} [${name}]`);
}
