/**
 * What goes wrong with the file that a compute validator and a renter share.
 *
 * @module
 */

import { WeftError } from "../core/errors.ts";

/** Does some work on a database. @throws {WeftError} that says which file could not be used, and why */
export function explainedDatabase<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new WeftError(
      `${file} cannot be used as a validator's database (${reason}): choose another file`,
      { cause: error },
    );
  }
}
