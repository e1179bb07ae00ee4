/**
 * What a disk refuses, in a line.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";

/**
 * The error to throw for one that reached us: a disk's own as a line for the user, any other as it is.
 *
 * @param what what was not done
 */
export function diskError(what: string, error: unknown): unknown {
  const isDisk = error instanceof Error && "code" in error && typeof error.code === "string";
  return isDisk ? new WeftError(`${what}: ${error.message}`, { cause: error }) : error;
}
