/**
 * The kinds of hash that a search can be for, by hashcat's mode numbers and names.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** What a mode hashes with. BLAKE2b is unkeyed, with 64 bytes of digest. */
export type Algorithm = "blake2b" | "sha256";

/** One mode. Its digest is that of the password, with the salt after or before it. */
export interface HashMode {
  /** hashcat's number of it, as in `-m 610`. */
  readonly number: 600 | 610 | 620 | 1400 | 1410;
  /** hashcat's name of it. */
  readonly name: string;
  readonly algorithm: Algorithm;
  /** Where the salt stands, seen from the password. */
  readonly salt: "none" | "after" | "before";
  readonly digestBytes: number;
}

/** Every known mode, by number. Source of numbers and names: `hashcat --help`, version 6.2.6. */
export const HASH_MODES: readonly HashMode[] = [
  { number: 600, name: "BLAKE2b-512", algorithm: "blake2b", salt: "none", digestBytes: 64 },
  {
    number: 610,
    name: "BLAKE2b-512($pass.$salt)",
    algorithm: "blake2b",
    salt: "after",
    digestBytes: 64,
  },
  {
    number: 620,
    name: "BLAKE2b-512($salt.$pass)",
    algorithm: "blake2b",
    salt: "before",
    digestBytes: 64,
  },
  { number: 1400, name: "SHA2-256", algorithm: "sha256", salt: "none", digestBytes: 32 },
  {
    number: 1410,
    name: "sha256($pass.$salt)",
    algorithm: "sha256",
    salt: "after",
    digestBytes: 32,
  },
];

/**
 * The mode of a number.
 *
 * @throws {UsageError} if it is none of {@link HASH_MODES}
 */
export function hashMode(number: number): HashMode {
  const mode = HASH_MODES.find((mode) => mode.number === number);
  if (mode !== undefined) return mode;
  const known = HASH_MODES.map(({ number, name }) => `${number} ${name}`).join(", ");
  throw new UsageError(`hash mode ${number} is unknown: choose one of ${known}`);
}
