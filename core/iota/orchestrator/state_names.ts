/**
 * What may be the name of a record, queue, journal or topic, the same in every state: what one
 * takes and another does not would show only on the day of the change.
 *
 * @module
 */

/** Words of `[A-Za-z0-9_-]` with dots between them. */
const NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
/** What every state can take; NATS has the narrowest limit. */
const MAX_LENGTH = 200;

/**
 * Gives the name back.
 *
 * @param what is named, for the message
 * @throws {RangeError} if it is no name
 */
export function checkedName(what: string, name: string): string {
  if (name.length <= MAX_LENGTH && NAME.test(name)) return name;
  throw new RangeError(
    `"${name}" cannot name a ${what}: give words of A-Z, a-z, 0-9, _ and - with dots between ` +
      `them, at most ${MAX_LENGTH} letters`,
  );
}
