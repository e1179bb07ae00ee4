/**
 * What doctor is made of: checks, and what they find. Each part of Weft adds checks of its own.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type { CheckContext } from "./context.ts";
import { TimeIsUpError } from "./time_limit.ts";

/** How a finding bears on the miner: it is well, it may do harm, or it keeps the miner from work. */
export type Level = "ok" | "warning" | "fail";

/** One line of the report. */
export interface Finding {
  readonly level: Level;
  /** What it is about, in a word or two: `clock`, `subnet 9`. */
  readonly subject: string;
  /** What was found. */
  readonly message: string;
  /** What to do when it is not well, where the message does not say so itself. */
  readonly advice?: string;
  /** A command that does it, ready for a shell. */
  readonly command?: string;
}

/** Looks at one thing. Checks run at the same time, each within a time limit of its own. */
export interface Check {
  /** The subject of what it finds, too, where it fails. */
  readonly name: string;
  /** What it throws becomes a finding. */
  run(context: CheckContext): Promise<Finding[]>;
}

/** A finding that all is well. */
export function ok(subject: string, message: string): Finding {
  return { level: "ok", subject, message };
}

/** A finding that may do harm. */
export function warning(
  subject: string,
  message: string,
  advice?: string,
  command?: string,
): Finding {
  return { level: "warning", subject, message, ...remedy(advice, command) };
}

/** A finding that keeps the miner from work. */
export function fail(subject: string, message: string, advice?: string, command?: string): Finding {
  return { level: "fail", subject, message, ...remedy(advice, command) };
}

/** Only what there is, so that `--json` and tests see no empty fields. */
function remedy(advice?: string, command?: string): Pick<Finding, "advice" | "command"> {
  return { ...advice && { advice }, ...command && { command } };
}

/** What a check needs is not known. Another check says why, and what to do. */
export class NotKnownError extends Error {
  override name = "NotKnownError";

  /** @param reason to follow "because" */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(reason, options);
  }
}

/** The findings of some work; what it throws becomes a finding about `subject`. */
export async function findingsOf(
  subject: string,
  work: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    return [findingOfError(subject, error)];
  }
}

/** What an error says about a subject. Texts of unforeseen errors are left out: they may quote. */
export function findingOfError(subject: string, error: unknown): Finding {
  if (error instanceof NotKnownError) {
    return warning(subject, `not checked, because ${error.reason}`);
  }
  if (error instanceof TimeIsUpError) {
    return fail(
      subject,
      `no answer within ${error.limitMs / 1000} s`,
      "Try again, give it longer with --timeout, or choose another endpoint.",
    );
  }
  if (error instanceof WeftError) return fail(subject, error.message);
  const name = error instanceof Error ? error.name : typeof error;
  return fail(subject, `could not be checked (${name})`, "Report this: it is a fault of doctor.");
}
