/**
 * New challenges as validators make them, and the check of their answers.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `neurons/Validator/pow.py`.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import type { RandomBytes } from "../../host.ts";
import { hashOf } from "../../hash/hash_target.ts";
import { hashMode } from "../../hash/modes.ts";
import type { Synapse } from "../synapse/synapse.ts";
import { createSynapse } from "../synapse/synapse.ts";
import { CHALLENGE } from "../synapse/synapses.ts";
import type { ChallengeFields } from "./challenge_task.ts";

/** What passwords are made of; ten of these for each challenge. */
export const CHALLENGE_CHARACTERS =
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" +
  "!@#$%^&*()-_+=[]{};:,.<>";
const ALPHABET_LETTERS = 10;
const SALT_BYTES = 8;
const MODE = hashMode(610);
const UTF8 = new TextEncoder();

/** A challenge, and the password that answers it. */
export interface NewChallenge {
  readonly synapse: Synapse<typeof CHALLENGE>;
  readonly password: string;
}

/**
 * A challenge whose password has as many letters as its difficulty says.
 *
 * @param difficulty from 1 to 32
 */
export function newChallenge(difficulty: number, randomBytes: RandomBytes): NewChallenge {
  const letters = [...CHALLENGE_CHARACTERS];
  const alphabet = Array.from({ length: ALPHABET_LETTERS }, () => {
    return letters.splice(randomBelow(letters.length, randomBytes), 1)[0];
  });
  const password = Array.from({ length: difficulty }, () => {
    return alphabet[randomBelow(ALPHABET_LETTERS, randomBytes)];
  }).join("");
  const salt = bytesToHex(randomBytes(SALT_BYTES));
  const synapse = createSynapse(CHALLENGE, {
    challenge_hash: hashText(password, salt),
    challenge_salt: salt,
    challenge_mode: `${MODE.number}`,
    challenge_chars: alphabet.join(""),
    challenge_mask: "?1".repeat(difficulty),
    challenge_difficulty: difficulty,
    output: {},
  });
  return { synapse, password };
}

/** Whether an output answers a challenge: any password of the hash does. */
export function isSolved(
  { challenge_hash, challenge_salt }: ChallengeFields,
  output: ChallengeFields["output"],
): boolean {
  const { password } = output;
  if (typeof password !== "string" || password === "") return false;
  return hashText(password, challenge_salt) === challenge_hash;
}

function hashText(password: string, salt: string): string {
  return `$BLAKE2$${bytesToHex(hashOf(MODE, UTF8.encode(password), UTF8.encode(salt)))}`;
}

/** Each number below `count` is as likely; `count` is at most 256. */
function randomBelow(count: number, randomBytes: RandomBytes): number {
  const fair = 256 - 256 % count;
  for (;;) {
    const [value] = randomBytes(1);
    if (value < fair) return value % count;
  }
}
