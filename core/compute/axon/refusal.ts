/**
 * Refusals of an axon, with the statuses and words of the reference.
 *
 * @module
 */

/** Why a request is not carried out. */
export class AxonRefusal extends Error {
  override name = "AxonRefusal";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** 403 */
export function blacklisted(reason: string): AxonRefusal {
  return new AxonRefusal(403, `Forbidden. Key is blacklisted: ${reason}.`);
}

/** 401 */
export function notVerified(reason: string): AxonRefusal {
  return new AxonRefusal(401, `Not Verified with error: ${reason}`);
}
