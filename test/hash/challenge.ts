/**
 * Hashes with a known password, for tests of what searches for it.
 *
 * @module
 */

import { createTarget, hashOf, type HashTarget } from "../../core/hash/hash_target.ts";
import type { Keyspace } from "../../core/hash/keyspace.ts";
import { type HashMode, hashMode } from "../../core/hash/modes.ts";
import { createPlan } from "../../core/hash/search_plan.ts";

/** A hash, and what a search for it must come to. */
export interface Challenge {
  readonly target: HashTarget;
  readonly keyspace: Keyspace;
  readonly password: Uint8Array<ArrayBuffer>;
  /** Index of the password in the order of a search. */
  readonly index: bigint;
}

/** A salt of that many bytes, none of them like its neighbours. */
export function saltOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 37 + 200) % 256);
}

/** A target that no candidate of a small keyspace meets, not even with its 32 bits. */
export function absentTarget(mode: HashMode, salt: Uint8Array = new Uint8Array()): HashTarget {
  return createTarget(mode, new Uint8Array(mode.digestBytes).fill(0xa5), salt);
}

/** The candidate that a search meets at an index. */
export function candidateAt(
  mode: HashMode,
  keyspace: Keyspace,
  index: bigint,
  salt: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  return keyspace.candidate(index, createPlan(absentTarget(mode, salt), keyspace, 1).order);
}

/** The challenge whose password a search meets at an index. */
export function challengeAt(
  modeNumber: number,
  keyspace: Keyspace,
  index: bigint,
  salt: Uint8Array = new Uint8Array(),
): Challenge {
  const mode = hashMode(modeNumber);
  const password = candidateAt(mode, keyspace, index, salt);
  const target = createTarget(mode, hashOf(mode, password, salt), salt);
  return { target, keyspace, password, index };
}

/** The same hash but for one bit that no kernel compares. */
export function falseHit({ target }: Challenge): HashTarget {
  const digest = target.digest.slice();
  digest[digest.length / 2] ^= 1;
  return createTarget(target.mode, digest, target.salt);
}
