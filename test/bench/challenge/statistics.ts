/**
 * What many challenges say together.
 *
 * @module
 */

import { median } from "../../../core/bench/timing.ts";
import type { Answered, Progress } from "./served_messages.ts";
import type { Outcome, Verdict } from "./validators.ts";

/** How values lie. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The least value that a share of all does not exceed, such as 0.99.
 *
 * @throws {RangeError} if there is no value
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("a percentile of no values was asked for");
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @throws {RangeError} if there is no value */
export function spreadOf(values: readonly number[]): Spread {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(values, share));
  return { count: values.length, p50, p99, max };
}

/** Parts of a challenge's time in milliseconds, and what its search did. */
export interface Parts {
  readonly roundTrip: Spread;
  /** From the first slice of a search to its end. */
  readonly solver: Spread;
  /** Everything else. */
  readonly beside: Spread;
  /** From the arrival to the first slice, part of the above. */
  readonly wait: Spread;
  /** Candidates a second. */
  readonly rate: number;
}

/**
 * The parts of challenges that were asked one after another.
 *
 * @throws {RangeError} if the miner has told of more or fewer than were asked
 */
export function partsOf(outcomes: readonly Outcome[], answered: readonly Answered[]): Parts {
  if (outcomes.length !== answered.length) {
    throw new RangeError(
      `the miner told of ${answered.length} challenges, expected the ${outcomes.length} asked`,
    );
  }
  const solver = answered.map(({ elapsedMs, waitedMs }) => elapsedMs - waitedMs);
  return {
    roundTrip: spreadOf(outcomes.map(({ roundTripMs }) => roundTripMs)),
    solver: spreadOf(solver),
    beside: spreadOf(outcomes.map(({ roundTripMs }, index) => roundTripMs - solver[index])),
    wait: spreadOf(answered.map(({ waitedMs }) => waitedMs)),
    rate: median(answered.map(({ rate }) => rate)),
  };
}

/** How many outcomes there are of a verdict. */
export function countOf(outcomes: readonly Outcome[], verdict: Verdict): number {
  return outcomes.filter((outcome) => outcome.verdict === verdict).length;
}

/** Slices of training a second. */
export function slicesPerSecond(before: Progress, after: Progress): number {
  return 1000 * (after.slices - before.slices) / (after.atMs - before.atMs);
}
