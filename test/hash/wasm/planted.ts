/**
 * Searches whose password is known.
 *
 * @module
 */

import { createTarget, hashOf } from "../../../core/hash/hash_target.ts";
import { Keyspace } from "../../../core/hash/keyspace.ts";
import { type HashMode, hashMode } from "../../../core/hash/modes.ts";
import type { Suspect } from "../../../core/hash/search_engine.ts";
import { createPlan, type SearchPlan } from "../../../core/hash/search_plan.ts";

/** A plan, and where in it the password is. */
export interface Planted {
  readonly plan: SearchPlan;
  readonly group: bigint;
  readonly outer: number;
  readonly inner: number;
}

/** The mode that hashcat gives this number. */
export const MODES: readonly HashMode[] = [600, 610, 620, 1400, 1410].map(hashMode);

/** A keyspace whose positions have that many bytes each, different ones in each position. */
export function keyspaceOf(...sizes: number[]): Keyspace {
  return new Keyspace(
    sizes.map((size, position) =>
      Uint8Array.from({ length: size }, (_, index) => 33 + 7 * position + index)
    ),
  );
}

/** Bytes that differ from one another and from password to salt. */
export function saltOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 200 - 3 * index);
}

/** A search for the candidate of an index, counted in the plan's order. */
export function plant(
  mode: HashMode,
  keyspace: Keyspace,
  salt: Uint8Array,
  index: bigint,
  leastInner = 100,
): Planted {
  const anyTarget = createTarget(mode, new Uint8Array(mode.digestBytes), salt);
  const { order } = createPlan(anyTarget, keyspace, leastInner);
  const digest = hashOf(mode, keyspace.candidate(index, order), salt);
  const plan = createPlan(createTarget(mode, digest, salt), keyspace, leastInner);
  const innerLength = BigInt(plan.inner.length);
  const groupSize = BigInt(plan.groupSize);
  return {
    plan,
    group: index / innerLength / groupSize,
    outer: Number(index / innerLength % groupSize),
    inner: Number(index % innerLength),
  };
}

/** Whether there is one suspect and it holds the planted password. */
export function isFound({ outer, inner }: Planted, suspects: readonly Suspect[]): boolean {
  const [suspect] = suspects;
  return suspects.length === 1 && suspect.outer === outer && suspect.innerFirst <= inner &&
    inner < suspect.innerFirst + suspect.innerCount;
}
