/**
 * What a promise is rejected with.
 *
 * @module
 */

/** The error that a promise must end with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`rejected with ${error}, which is no error`);
  }
  throw new Error("expected a rejection");
}
