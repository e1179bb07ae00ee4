/**
 * Ends a command when the user asks for it or its time is over.
 *
 * @module
 */

/** Why a command was ended. */
export type AbortReason = "signal" | "runtime";

/** A running limit. */
export interface TimeLimit {
  /** Aborted when the command has to end. */
  readonly signal: AbortSignal;
  /** Of an aborted signal, why. */
  reason(): AbortReason;
  /** Stops the clock. */
  end(): void;
}

/**
 * Starts the clock.
 *
 * @param user aborted when the user asks the command to stop
 * @param seconds time that the command has; undefined for any
 */
export function limitTime(user: AbortSignal, seconds: number | undefined): TimeLimit {
  const timeIsUp = new AbortController();
  const timer = seconds === undefined
    ? undefined
    : setTimeout(() => timeIsUp.abort(), seconds * 1000);
  return {
    signal: AbortSignal.any([user, timeIsUp.signal]),
    reason: () => user.aborted ? "signal" : "runtime",
    end: () => clearTimeout(timer),
  };
}
