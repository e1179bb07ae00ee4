/**
 * Asks before money moves.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import type { Prompter } from "./system.ts";

/** The flags that decide whether a command asks. */
export interface ConsentValues {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/**
 * Refuses at once where a command would have to ask and no one can answer.
 *
 * @throws {UsageError} without a terminal, `--yes` or `--dry-run`
 */
export function requireConsent({ yes, dryRun }: ConsentValues, { isInteractive }: Prompter): void {
  if (yes || dryRun || isInteractive) return;
  throw new UsageError(
    "this has to be confirmed and no terminal is there to ask at: add --yes to go ahead, or " +
      "--dry-run to see what it would do",
  );
}

/** Whether the person agrees; anything but a clear yes is a no. */
export async function agrees(
  { yes }: ConsentValues,
  prompter: Prompter,
  question: string,
): Promise<boolean> {
  if (yes) return true;
  const answer = await prompter.readLine(`${question} [y/N]`);
  return /^y(es)?$/i.test(answer.trim());
}
