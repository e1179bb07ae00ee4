/**
 * Writes down what happened to the swarm, for the page.
 *
 * @module
 */

import type { OrchestratorContext } from "./context.ts";
import type { EventEntry } from "./journal_entries.ts";
import { EVENTS } from "./records.ts";

/** What there is to tell; the time is added. */
export type NewEvent = Omit<EventEntry, "timeMs" | "layer" | "hotkey"> & {
  readonly layer?: number | null;
  readonly hotkey?: string | null;
};

/** Letters of a hotkey that a line of the log shows. */
const SHORT_KEY = 8;

/** Appends an event to the journal. */
export async function noteEvent(
  { state, wallClock }: Pick<OrchestratorContext, "state" | "wallClock">,
  event: NewEvent,
): Promise<void> {
  await state.journals.append(EVENTS, { timeMs: wallClock.unixMs(), ...event });
}

/** A hotkey in a line of the log. */
export function shortKey(hotkey: string): string {
  return hotkey.slice(0, SHORT_KEY);
}
