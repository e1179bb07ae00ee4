/**
 * A challenge of the compute network as a search.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { type HashTarget, parseHashLine } from "../../hash/hash_target.ts";
import { Keyspace } from "../../hash/keyspace.ts";
import { hashMode } from "../../hash/modes.ts";
import type { FieldsOf } from "../synapse/synapse.ts";
import type { CHALLENGE } from "../synapse/synapses.ts";

/** Fields of a challenge, the answer included. */
export type ChallengeFields = FieldsOf<typeof CHALLENGE>;

/** No hash, salt, mask or set of characters of a search is as long. */
const MAX_LETTERS = 1024;

/** What to search for, and where. */
export interface ChallengeTask {
  readonly target: HashTarget;
  readonly keyspace: Keyspace;
}

/**
 * Reads a challenge. Its characters are what they are: to hashcat a `?` among them would name a
 * charset, but a password is drawn from the characters.
 *
 * @throws {UsageError} for what no search can be made of
 */
export function challengeTask(fields: ChallengeFields): ChallengeTask {
  const { challenge_hash: hash, challenge_salt: salt, challenge_chars: chars } = fields;
  const { challenge_mode: mode, challenge_mask: mask } = fields;
  if (!/^\d{1,5}$/.test(mode)) throw new UsageError("the mode is no number of hashcat's");
  for (const [name, text] of Object.entries({ hash, salt, chars, mask })) {
    if (text.length > MAX_LETTERS) throw new UsageError(`challenge_${name} is too long`);
  }
  // A line of both would be read otherwise than it was meant.
  if (hash.includes(":")) throw new UsageError("challenge_hash has a colon");
  if (/[\r\n]$/.test(salt)) throw new UsageError("challenge_salt ends a line");
  const target = parseHashLine(`${hash}:${salt}`, hashMode(Number(mode)));
  const keyspace = Keyspace.fromMask(mask, [chars.replaceAll("?", "??")]);
  return { target, keyspace };
}
