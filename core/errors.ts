/**
 * The two errors a user can cause. Their message is one line that says what was wrong, what was
 * expected and what to do; hosts print it as it is, without a stack.
 *
 * @module
 */

/** The world is not as it should be: a broken file, a missing GPU, a failed run. Exit code 1. */
export class WeftError extends Error {
  override name = "WeftError";
}

/** Weft was asked for something that cannot be: an unknown model, a wrong flag. Exit code 2. */
export class UsageError extends WeftError {
  override name = "UsageError";
}
