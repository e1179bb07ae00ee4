/**
 * What only one tab may do at a time.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";

/**
 * Does the work while no other tab does what has the same name.
 * @param what is in use, as the user knows it
 * @throws {UsageError} if another tab does
 */
export async function withLock<Result>(
  name: string,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return await navigator.locks.request(`weft ${name}`, { ifAvailable: true }, async (lock) => {
    if (lock) return await work();
    throw new UsageError(`${what} is in use in another tab: stop it there first`);
  });
}
