/**
 * Where the cases of a state run.
 *
 * @module
 */

import { assert } from "chai";
import type { SwarmState } from "../../../../core/iota/orchestrator/state.ts";

/** A place for one state; a new one is empty. */
export interface StatePlace {
  /** Connects once more; the place closes what is still open at its end. */
  open(): Promise<SwarmState>;
  /** The time of a lease that these cases may wait for, in milliseconds. */
  readonly leaseMs: number;
  /** Lets time pass until what was leased now for `leaseMs` is free again, and not much longer. */
  passLease(): Promise<void>;
}

/** Registers one case; the body gets a place of its own. */
export type RegisterCase = (name: string, body: (place: StatePlace) => Promise<void>) => void;

/** A lease that does not end within a test, in milliseconds. */
export const LONG_MS = 600_000;
/** Two connections, as two processes have them. */
export async function openTwo(place: StatePlace): Promise<[SwarmState, SwarmState]> {
  return [await place.open(), await place.open()];
}

/** The value, which must be there. */
export function defined<T>(value: T | undefined): T {
  assert.isDefined(value);
  return value;
}
