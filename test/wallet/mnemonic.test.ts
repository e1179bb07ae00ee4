import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import {
  miniSecretOf,
  MNEMONIC_LENGTHS,
  newMnemonic,
  normalizeMnemonic,
} from "../../core/wallet/mnemonic.ts";
import { randomBytes, seededRandom } from "../formats/fixtures.ts";
import { DEV, hex, messageOf } from "./fixtures.ts";

const WORDS = DEV.phrase.split(" ");

/** The development phrase with one word replaced. */
function withWord(place: number, word: string): string {
  return WORDS.with(place - 1, word).join(" ");
}

/**
 * From substrate-bip39's own tests: entropy, phrase, and the first 32 bytes of the seed with the
 * password "Substrate".
 */
const SUBSTRATE_VECTORS = [
  [
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "44e9d125f037ac1d51f0a7d3649689d422c2af8b1ec8e00d71db4d7bf6d127e3",
  ],
  [
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "4313249608fe8ac10fd5886c92c4579007272cb77c21551ee5b8d60b78041685",
  ],
  [
    "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
    "227d6256fd4f9ccaf06c45eaa4b2345969640462bbb00c5f51f43cb43418c7a7",
  ],
] as const;

test("miniSecretOf() gives the seed of the development phrase", () => {
  assert.deepEqual(miniSecretOf(DEV.phrase), hex(DEV.seed));
});

test("miniSecretOf() agrees with substrate-bip39, with a password", () => {
  for (const [phrase, seed] of SUBSTRATE_VECTORS) {
    assert.strictEqual(miniSecretOf(phrase, "Substrate").toHex(), seed);
  }
});

test("case and white space of a mnemonic are forgiven", () => {
  const typed = `\t${DEV.phrase.toUpperCase().replaceAll(" ", " \u00a0\n")}\r\n`;
  assert.strictEqual(normalizeMnemonic(typed), DEV.phrase);
  assert.deepEqual(miniSecretOf(typed), hex(DEV.seed));
});

for (const words of MNEMONIC_LENGTHS) {
  test(`newMnemonic() makes ${words} words that are a mnemonic`, () => {
    const random = seededRandom(words);
    const mnemonic = newMnemonic(words, (length) => randomBytes(random, length));
    assert.lengthOf(mnemonic.split(" "), words);
    assert.strictEqual(normalizeMnemonic(mnemonic), mnemonic);
  });
}

test("newMnemonic() takes its entropy from the host and leaves none of it behind", () => {
  const given: Uint8Array[] = [];
  const mnemonic = newMnemonic(12, (length) => {
    const bytes = new Uint8Array(length).fill(0x7f);
    given.push(bytes);
    return bytes;
  });
  assert.strictEqual(
    mnemonic,
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
  );
  assert.deepEqual(given, [new Uint8Array(16)]);
});

for (const count of [0, 1, 11, 13, 14, 16, 23, 25]) {
  test(`a mnemonic of ${count} words is refused by their number`, () => {
    const mnemonic = Array.from({ length: count }, () => "act").join(" ");
    assert.throws(() => miniSecretOf(mnemonic), UsageError, /12, 15, 18, 21 or 24/);
    assert.include(messageOf(() => miniSecretOf(mnemonic)), `${count} w`);
  });
}

test("a wrong word is named with its place and the words near it", () => {
  for (const place of [1, 3, 12]) {
    const message = messageOf(() => miniSecretOf(withWord(place, "obay")));
    assert.include(message, `Word ${place} of the mnemonic, "obay",`);
    assert.include(message, "obey");
  }
});

test("of a mnemonic with several wrong words the first is named, of the others the place", () => {
  const message = messageOf(() => miniSecretOf(withWord(2, "dribe").replace("walk", "wolk")));
  assert.include(message, 'Word 2 of the mnemonic, "dribe"');
  assert.include(message, "nor is word 12");
  assert.notInclude(message, "wolk");
});

test("words of another language are refused, and no word near them is made up", () => {
  const message = messageOf(() => miniSecretOf(withWord(5, "schmetterling")));
  assert.notInclude(message, "did you mean");
});

test("a text far too long for a word is not shown: it may be another secret", () => {
  assert.notInclude(messageOf(() => miniSecretOf(withWord(5, DEV.seed))), DEV.seed);
});

test("list words that are swapped are told from words that are in no list", () => {
  const swapped = WORDS.with(0, WORDS[1]).with(1, WORDS[0]).join(" ");
  assert.throws(() => miniSecretOf(swapped), UsageError, /All words are in the list.*checksum/);
});

test("nearly every wrong list word is noticed by the checksum", () => {
  const accepted = wordlist.filter((word) => {
    try {
      normalizeMnemonic(withWord(6, word));
      return true;
    } catch {
      return false;
    }
  });
  assert.include(accepted, WORDS[5]);
  // A checksum of 4 bits lets 1 in 16 pass: 128 of 2048, give or take four deviations of 11.
  assert.isBelow(accepted.length, 172);
});

test("no error shows two words of the phrase", () => {
  const wrong = [
    withWord(4, "lakes"),
    WORDS.slice(1).join(" "),
    WORDS.toReversed().join(" "),
    withWord(7, DEV.seed),
  ];
  for (const phrase of wrong) {
    const message = messageOf(() => miniSecretOf(phrase));
    const shown = WORDS.filter((word) => new RegExp(`\\b${word}\\b`).test(message));
    // "lake" is near the mistyped "lakes": the hint may name the right word of that one place.
    assert.isAtMost(shown.length, 1, message);
  }
});
