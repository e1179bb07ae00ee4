/**
 * Challenges as the compute network gives them, at random.
 *
 * @module
 */

import { shuffledOrder } from "../../core/data/random.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { type Challenge, challengeAt } from "./challenge.ts";

const PRINTABLE = { first: 0x20, count: 95 };

/** A hash of either algorithm, of a password of 7 to 12 characters out of ten, and 16 of salt. */
export function randomChallenge(random: () => number): Challenge {
  const length = 7 + Math.floor(random() * 6);
  const seed = Math.floor(random() * 2 ** 32);
  const alphabet = Uint8Array.from(
    shuffledOrder(PRINTABLE.count, seed, 0).slice(0, 10),
    (character) => PRINTABLE.first + character,
  );
  const keyspace = new Keyspace(Array.from({ length }, () => alphabet));
  const index = BigInt(Math.floor(random() * Number(keyspace.size)));
  const salt = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  return challengeAt(random() < 0.5 ? 610 : 1410, keyspace, index, salt);
}
