/**
 * In which order miners are asked for a machine, so that the load spreads over all of them.
 *
 * Upstream asks all that fit and takes the first answer (v1.8.3, `allocate_container` of
 * `neurons/register.py`, sorts by score alone).
 *
 * @module
 */

import type { DeviceRequirement, MachineCapacity } from "../allocation/requirements.ts";
import { fitOf } from "./resource_matching.ts";

/** A miner that could be asked. */
export interface Candidate {
  readonly uid: number;
  readonly hotkey: string;
  /** What it has free, as it told; undefined where it did not. */
  readonly specs?: MachineCapacity | undefined;
  readonly score: number;
  readonly isAllocated: boolean;
  /** How often it was rented from here. */
  readonly allocations: number;
  /** Milliseconds since 1970; undefined if never. */
  readonly lastAllocatedMs: number | undefined;
}

/**
 * Candidates that may have what is wanted, in the order in which to ask: free ones first, then those
 * that are known to fit, then who was rented longest ago, then who was rented least often, then the
 * better score; the smaller uid decides between equals.
 */
export function orderCandidates<Each extends Candidate>(
  candidates: readonly Each[],
  wanted: DeviceRequirement,
): Each[] {
  return candidates
    .map((candidate) => ({ candidate, fit: fitOf(wanted, candidate.specs) }))
    .filter(({ fit }) => fit !== "lacks")
    .map(({ candidate, fit }) => ({ candidate, ranks: ranksOf(candidate, fit === "fits") }))
    .sort((one, other) => compare(one.ranks, other.ranks))
    .map(({ candidate }) => candidate);
}

/** Smaller is asked earlier; the first difference decides. */
function ranksOf(
  { isAllocated, lastAllocatedMs, allocations, score, uid }: Candidate,
  isKnownToFit: boolean,
): readonly number[] {
  return [
    isAllocated ? 1 : 0,
    isKnownToFit ? 0 : 1,
    lastAllocatedMs ?? -Infinity,
    allocations,
    Number.isNaN(score) ? Infinity : -score,
    uid,
  ];
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((rank, index) => rank !== other[index]);
  return at < 0 ? 0 : one[at] < other[at] ? -1 : 1;
}
