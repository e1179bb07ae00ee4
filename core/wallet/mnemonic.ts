/**
 * English BIP-39 mnemonics, and the seed that Substrate makes of them.
 *
 * Source: BIP-39 for words and checksum; substrate-bip39 for the seed, which stretches the entropy
 * where BIP-39 stretches the words.
 *
 * @module
 */

import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { UsageError } from "../errors.ts";
import type { RandomBytes } from "../host.ts";
import { nearestWords } from "./nearest_words.ts";

/** How many words a mnemonic may have. */
export const MNEMONIC_LENGTHS = [12, 15, 18, 21, 24] as const;

/** A number of words. */
export type MnemonicLength = typeof MNEMONIC_LENGTHS[number];

/** Three words of 11 bits carry 4 bytes of entropy and a bit of checksum. */
const ENTROPY_BYTES_PER_3_WORDS = 4;
const SEED_ITERATIONS = 2048;
/** Bytes of the seed that keys are made from. */
export const MINI_SECRET_BYTES = 32;

/** No list word is longer than 8 letters; a text much longer is something else, and not shown. */
const MAX_SHOWN_LETTERS = 16;

const WORDS = new Set(wordlist);

/** A new mnemonic of so many words. */
export function newMnemonic(words: MnemonicLength, randomBytes: RandomBytes): string {
  const entropy = randomBytes(words / 3 * ENTROPY_BYTES_PER_3_WORDS);
  try {
    return entropyToMnemonic(entropy, wordlist);
  } finally {
    entropy.fill(0);
  }
}

/**
 * The mnemonic as wallets write it: lower case, one space between words.
 *
 * @throws {UsageError} if the number of words is wrong, a word is not in the list, or the checksum
 *   does not fit; of the phrase it shows at most the first wrong word
 */
export function normalizeMnemonic(mnemonic: string): string {
  const words = mnemonic.normalize("NFKD").toLowerCase().split(/\s+/).filter((word) => word !== "");
  checkLength(words.length);
  checkWords(words);
  const normalized = words.join(" ");
  entropyOf(normalized).fill(0);
  return normalized;
}

/**
 * The mini secret of a mnemonic, 32 bytes.
 *
 * @param password BIP-39's extra word, which few use
 * @throws {UsageError} as {@linkcode normalizeMnemonic}
 */
export function miniSecretOf(mnemonic: string, password = ""): Uint8Array<ArrayBuffer> {
  const entropy = entropyOf(normalizeMnemonic(mnemonic));
  const salt = new TextEncoder().encode(`mnemonic${password}`);
  const seed = pbkdf2(sha512, entropy, salt, { c: SEED_ITERATIONS, dkLen: 64 });
  const miniSecret = seed.slice(0, MINI_SECRET_BYTES);
  entropy.fill(0);
  seed.fill(0);
  return miniSecret;
}

function checkLength(count: number): void {
  if (MNEMONIC_LENGTHS.some((length) => length === count)) return;
  throw new UsageError(
    `A mnemonic has 12, 15, 18, 21 or 24 words, but ${count === 1 ? "1 was" : `${count} were`} ` +
      "given: look for a word that is missing, doubled, or joined with its neighbour.",
  );
}

function checkWords(words: readonly string[]): void {
  const places = words.flatMap((word, index) => WORDS.has(word) ? [] : [index + 1]);
  if (places.length === 0) return;
  const [place, ...others] = places;
  const word = words[place - 1];
  const shown = word.length > MAX_SHOWN_LETTERS ? "" : `, ${JSON.stringify(word)},`;
  const near = nearestWords(word, wordlist);
  const hint = near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`;
  const more = others.length === 0 ? "" : `, nor ${listPlaces(others)}`;
  throw new UsageError(
    `Word ${place} of the mnemonic${shown} is not in the English BIP-39 list${more}${hint || "."}`,
  );
}

function listPlaces(places: readonly number[]): string {
  return places.length === 1 ? `is word ${places[0]}` : `are words ${places.join(", ")}`;
}

/** The entropy of list words. */
function entropyOf(words: string): Uint8Array {
  try {
    return mnemonicToEntropy(words, wordlist);
  } catch {
    throw new UsageError(
      "All words are in the list but the mnemonic's checksum does not fit: a word is wrong or out " +
        "of place.",
    );
  }
}
