/**
 * What is searched: masks and salts as the compute network's challenges have them.
 *
 * @module
 */
import { createTarget, hashOf, type HashTarget } from "../../hash/hash_target.ts";
import { Keyspace } from "../../hash/keyspace.ts";
import type { HashMode } from "../../hash/modes.ts";

/** The ten characters of a challenge's alphabet, which are drawn anew for each one there. */
export const CHARACTERS = "aQ7kZ0mXe4";
/** Eight random bytes in hex there: a salt of 16 bytes. */
export const SALT = "0123456789abcdef";
/** Passwords of the network's challenges are this long: its difficulty. */
export const DIFFICULTIES: readonly number[] = [7, 8, 9, 10, 11, 12];

const OUTSIDE_CHARACTER = "-";

/** A search of one mode and length. */
export interface Challenge {
  readonly mode: HashMode;
  /** hashcat's form of the keyspace, `?1` being {@linkcode CHARACTERS}. */
  readonly mask: string;
  readonly keyspace: Keyspace;
}

/** A challenge of a mode. */
export function createChallenge(mode: HashMode, length: number): Challenge {
  const mask = "?1".repeat(length);
  return { mode, mask, keyspace: Keyspace.fromMask(mask, [CHARACTERS]) };
}

/** The hash of a password. */
export function targetOf(mode: HashMode, password: Uint8Array): HashTarget {
  const salt = new TextEncoder().encode(mode.salt === "none" ? "" : SALT);
  return createTarget(mode, hashOf(mode, password, salt), salt);
}

/** The hash of a password that is not in the keyspace, but as long as those in it. */
export function absentTarget({ mode, keyspace }: Challenge): HashTarget {
  return targetOf(mode, new TextEncoder().encode(OUTSIDE_CHARACTER.repeat(keyspace.length)));
}

/** The candidate that is tried last, whatever the order of the positions. */
export function lastCandidate({ keyspace }: Challenge): Uint8Array<ArrayBuffer> {
  return keyspace.candidate(keyspace.size - 1n);
}
