/**
 * Calls that are done at once, behind an interface whose other implementations wait for a network.
 *
 * @module
 */

/** The result as a promise; what is thrown becomes a rejection. */
export function attempt<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
