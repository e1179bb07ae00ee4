import { assert } from "chai";
import { test } from "#test";
import { seededRandom, shuffledOrder } from "../../core/data/random.ts";
import { UsageError } from "../../core/errors.ts";
import { type CustomCharsets, Keyspace, MAX_PASSWORD_BYTES } from "../../core/hash/keyspace.ts";

/** Text with one character for each byte, the byte's number its code. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** UTF-8 bytes, as {@link latin1} shows them. */
function utf8(text: string): string {
  return latin1(new TextEncoder().encode(text));
}

/** Every candidate of a small keyspace, by index. */
function listAll(keyspace: Keyspace, order?: readonly number[]): string[] {
  return Array.from(
    { length: Number(keyspace.size) },
    (_, i) => latin1(keyspace.candidate(BigInt(i), order)),
  );
}

/** The candidates of a mask, sorted. */
function candidatesOf(mask: string, custom?: CustomCharsets, hexCharsets = false): string[] {
  return listAll(Keyspace.fromMask(mask, custom, { hexCharsets })).sort();
}

/** The characters of a mask with a single position. */
function charsetOf(mask: string, custom?: CustomCharsets, hexCharsets = false): string {
  return latin1(Keyspace.fromMask(mask, custom, { hexCharsets }).positions[0]);
}

/** A whole number from 0 to below `size`. */
function randomIndex(size: bigint, random: () => number): bigint {
  const digits = Array.from({ length: 5 }, () => BigInt(Math.floor(random() * 2 ** 32)));
  return digits.reduce((value, digit) => (value << 32n) | digit) % size;
}

/** Says that a mask is refused with one line that matches `message`. */
function assertRefused(
  message: RegExp,
  mask: string,
  custom?: CustomCharsets,
  hexCharsets = false,
): void {
  const build = (): Keyspace => Keyspace.fromMask(mask, custom, { hexCharsets });
  assert.throws(build, UsageError, message);
  assert.throws(build, UsageError, /^[^\p{Cc}]{10,300}$/u);
}

test("the built-in charsets are hashcat's", () => {
  assert.strictEqual(charsetOf("?l"), "abcdefghijklmnopqrstuvwxyz");
  assert.strictEqual(charsetOf("?u"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  assert.strictEqual(charsetOf("?d"), "0123456789");
  assert.strictEqual(charsetOf("?h"), "0123456789abcdef");
  assert.strictEqual(charsetOf("?H"), "0123456789ABCDEF");
  assert.strictEqual(charsetOf("?s"), " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  assert.strictEqual(charsetOf("?a"), printable.join(""));
  assert.deepEqual(
    [...Keyspace.fromMask("?b").positions[0]],
    Array.from({ length: 256 }, (_, i) => i),
  );
});

test("masks give the candidates that hashcat --stdout lists", () => {
  assert.deepEqual(candidatesOf("a,b?d"), Array.from({ length: 10 }, (_, i) => `a,b${i}`));
  assert.deepEqual(candidatesOf("?2x?1", ["ab", "?1C"]), "Cxa Cxb axa axb bxa bxb".split(" "));
  assert.deepEqual(candidatesOf("?4??", [undefined, undefined, "xy", "?3z"]), ["x?", "y?", "z?"]);
  assert.deepEqual(candidatesOf("?1?2?1", [",:", "-"]), [",-,", ",-:", ":-,", ":-:"]);
  assert.deepEqual(candidatesOf("\\,"), ["\\,"]);
});

test("?? is a question mark, in masks and in charsets", () => {
  assert.deepEqual(candidatesOf("??a"), ["?a"]);
  assert.deepEqual(candidatesOf("????"), ["??"]);
  assert.deepEqual(candidatesOf("?1", ["??a"]), ["?", "a"]);
  assert.deepEqual(candidatesOf("???d??")[3], "?3?");
});

test("a letter beyond ASCII is a row of one-byte positions", () => {
  assert.deepEqual(candidatesOf("é?d").slice(0, 2), [utf8("é0"), utf8("é1")]);
  assert.strictEqual(Keyspace.fromMask("😀").length, 4);
  assert.strictEqual(Keyspace.fromMask("\ufeffa").length, 4);
});

test("a letter beyond ASCII in a charset stands for each of its bytes", () => {
  assert.strictEqual(charsetOf("?1", ["é"]), "\xc3\xa9");
  assert.strictEqual(charsetOf("?1", ["éà"]), "\xc3\xa9\xa0");
});

test("a byte that a charset names twice counts once, where it came first", () => {
  assert.strictEqual(charsetOf("?1", ["abacab"]), "abc");
  assert.strictEqual(charsetOf("?1", ["5?d?h"]), "5012346789abcdef");
  assert.strictEqual(Keyspace.fromMask("?1", ["?l?u?d?s?a?h?H?b?b"]).size, 256n);
});

test("spaces in charsets and masks count", () => {
  assert.strictEqual(charsetOf("?1", [" a "]), " a");
  assert.deepEqual(candidatesOf(" ?1 ", ["a"]), [" a "]);
});

test("a charset may use those of lower numbers, and through them lower ones", () => {
  assert.strictEqual(charsetOf("?4", ["a", "?1b", "?2c", "?3d"]), "abcd");
});

test("a charset that names itself after other characters is as if it did not", () => {
  assert.strictEqual(charsetOf("?1", ["a?1"]), "a");
});

test("only ?l and the like is special: the letters alone stand for themselves", () => {
  assert.deepEqual(candidatesOf("ldas1"), ["ldas1"]);
});

test("with hex charsets, literals of charsets and mask are bytes in hex", () => {
  assert.strictEqual(charsetOf("?1", ["6162FFff00"], true), "ab\xff\x00");
  assert.strictEqual(charsetOf("?1", ["ff00?d"], true), "\xff\x000123456789");
  assert.deepEqual(candidatesOf("61?1", ["3f"], true), ["a?"]);
  assert.deepEqual(candidatesOf("????", [], true), ["??"]);
});

test("an undefined custom charset is refused with the flag that is missing", () => {
  assertRefused(/^mask \?1\?1 uses \?1, but -1 was not given: /, "?1?1");
  assertRefused(/uses \?3, but -3 was not given/, "?1?3", ["a", "b"]);
  assertRefused(/uses \?2, but -2 was not given/, "?2", ["a", undefined]);
});

test("an empty charset is refused where it is used, and only there", () => {
  assertRefused(/uses \?1, but -1 is empty/, "?1", [""]);
  assertRefused(/charset -2 \?1a uses \?1, but -1 is empty/, "?2", ["", "?1a"]);
  assert.deepEqual(candidatesOf("a", [""]), ["a"]);
});

test("a charset that uses itself first or a later one is refused", () => {
  assertRefused(/charset -1 \?1a uses \?1, but -1 has no characters yet/, "?1", ["?1a"]);
  assertRefused(/charset -1 \?2a uses \?2, but -2 has no characters yet/, "?1", ["?2a", "b"]);
  assertRefused(/charset -1 \?2a uses \?2, but -2 was not given/, "?1", ["?2a"]);
});

test("a bad charset is refused even if the mask does not use it", () => {
  assertRefused(/charset -2 a\?x has \?x, which is no charset/, "?d", ["a", "a?x"]);
  assertRefused(/charset -1 a\? ends in a lone \?/, "?d", ["a?"]);
});

test("an unknown letter after a question mark is refused", () => {
  assertRefused(/^mask \?x has \?x, which is no charset: use \?l /, "?x");
  for (const name of ["0", "5", "9", "L", "A", "B", " ", "é", "😀", "ⅱ", "１"]) {
    assertRefused(/which is no charset/, `a?${name}b`);
  }
});

test("a mask that ends in a lone question mark is refused", () => {
  assertRefused(/^mask a\? ends in a lone \?: write \?\? /, "a?");
  assertRefused(/lone/, "?");
  assertRefused(/lone/, "???");
});

test("an empty mask is refused", () => {
  assertRefused(/mask is empty/, "");
});

test("a mask of 32 bytes is accepted and one of 33 is refused, whatever its letters", () => {
  assert.strictEqual(Keyspace.fromMask("é".repeat(16)).length, MAX_PASSWORD_BYTES);
  assertRefused(/is 33 bytes long, expected 1 to 32/, "é".repeat(16) + "a");
  assertRefused(/is 33 bytes long/, "a".repeat(33));
  assertRefused(/is 40 bytes long/, "?b".repeat(40));
});

test("a keyspace of 2^63 is accepted and a larger one is refused", () => {
  const half = Array.from({ length: 128 }, (_, i) => i.toString(16).padStart(2, "0")).join("");
  const largest = Keyspace.fromMask("?1" + "?b".repeat(7), [half], { hexCharsets: true });
  assert.strictEqual(largest.size, 2n ** 63n);
  assert.deepEqual([...largest.candidate(2n ** 63n - 1n)], [127, ...Array(7).fill(255)]);
  assertRefused(
    /spans \d+ candidates, more than 2\^63/,
    "?1" + "?b".repeat(7),
    [half + "80"],
    true,
  );
  assertRefused(/spans 18446744073709551616 candidates/, "?b".repeat(8));
});

test("single-byte positions do not count against the size", () => {
  assert.strictEqual(Keyspace.fromMask("x".repeat(31) + "?d").size, 10n);
});

test("odd or bad hex is refused", () => {
  assertRefused(/charset -1 616 has "6" where a byte is expected/, "?1", ["616"], true);
  assertRefused(/charset -1 6g has "6g"/, "?1", ["6g"], true);
  assertRefused(/mask e\?d has "e\?"/, "e?d", [], true);
  assertRefused(/mask 6é has "6é"/, "6é", [], true);
  assertRefused(/has " 6"/, "?1", [" 61"], true);
  assertRefused(/has "0x"/, "0x61", [], true);
});

test("an error stays short and on one line for any mask", () => {
  assertRefused(/…/, "\u2028?\n\u0007" + "x".repeat(1000));
  assertRefused(/…/, "😀".repeat(100_000));
  assertRefused(/no charset/, "?\u0085");
});

test("text with half a surrogate pair is refused", () => {
  assertRefused(/not valid Unicode/, "a\ud83d");
  assertRefused(/not valid Unicode/, "?1", ["\ude00"]);
});

test("more than four custom charsets are a RangeError", () => {
  assert.throws(() => Keyspace.fromMask("?1", ["a", "b", "c", "d", "e"]), RangeError, "5");
});

test("without an order the first position changes with every index", () => {
  assert.deepEqual(
    listAll(Keyspace.fromMask("?1?2", ["ab", "xyz"])),
    "ax bx ay by az bz".split(" "),
  );
});

test("an order names the fastest position first", () => {
  const keyspace = Keyspace.fromMask("?1?2?3", ["ab", "xy", "12"]);
  assert.deepEqual(listAll(keyspace, [2, 0, 1]), "ax1 ax2 bx1 bx2 ay1 ay2 by1 by2".split(" "));
});

test("in every order a keyspace gives every candidate once, at the index that indexOf() says", () => {
  const keyspace = Keyspace.fromMask("?1-?d?2?1", ["abc", "?1!"]);
  const expected = listAll(keyspace).sort();
  assert.strictEqual(new Set(expected).size, 3 * 10 * 4 * 3);
  for (let round = 0; round < 20; round++) {
    const order = [...shuffledOrder(keyspace.length, 1, round)];
    assert.deepEqual(listAll(keyspace, order).sort(), expected);
    for (let index = 0n; index < keyspace.size; index += 7n) {
      assert.strictEqual(keyspace.indexOf(keyspace.candidate(index, order), order), index);
    }
  }
});

test("random indices of large keyspaces survive the way to a candidate and back", () => {
  const random = seededRandom(2);
  const masks = [
    "?b?b?b?b?b?b?b",
    "?a?a?l?u?d?s?h?Hxyz",
    "é?1?1?1?1?1?1?1?1?1?1?1?1",
    "?d".repeat(18),
  ];
  for (const mask of masks) {
    const keyspace = Keyspace.fromMask(mask, ["aeiou?d"]);
    for (let round = 0; round < 500; round++) {
      const order = [...shuffledOrder(keyspace.length, 3, round)];
      const index = randomIndex(keyspace.size, random);
      const candidate = keyspace.candidate(index, order);
      assert.strictEqual(keyspace.indexOf(candidate, order), index, mask);
    }
  }
});

test("the first and last index give the first and last byte of every position", () => {
  const keyspace = Keyspace.fromMask("?d?l?u", []);
  for (const order of [undefined, [2, 1, 0], [1, 0, 2]]) {
    assert.strictEqual(latin1(keyspace.candidate(0n, order)), "0aA");
    assert.strictEqual(latin1(keyspace.candidate(keyspace.size - 1n, order)), "9zZ");
  }
});

test("an index outside the keyspace is a RangeError", () => {
  const keyspace = Keyspace.fromMask("?d?d");
  for (const index of [-1n, 100n, 2n ** 64n]) {
    assert.throws(() => keyspace.candidate(index), RangeError, "from 0 to 99");
  }
});

test("an order that is no permutation is a RangeError", () => {
  const keyspace = Keyspace.fromMask("?d?d?d");
  const candidate = keyspace.candidate(5n);
  for (const order of [[], [0, 1], [0, 1, 1], [0, 1, 3], [0, 1, -1], [0, 1, 1.5], [0, 1, 2, 2]]) {
    assert.throws(() => keyspace.candidate(0n, order), RangeError, "order");
    assert.throws(() => keyspace.indexOf(candidate, order), RangeError, "order");
  }
});

test("indexOf() knows no candidate of another length or with a foreign byte", () => {
  const keyspace = Keyspace.fromMask("a?d?d");
  for (const text of ["", "a1", "a123", "b12", "A12", "a1x", "a\x0012"]) {
    assert.isUndefined(keyspace.indexOf(new TextEncoder().encode(text)), text);
  }
  assert.strictEqual(keyspace.indexOf(new TextEncoder().encode("a12")), 21n);
});

test("a keyspace does not change with the arrays it was built from", () => {
  const position = Uint8Array.of(1, 2);
  const keyspace = new Keyspace([position]);
  position[0] = 9;
  assert.deepEqual([...keyspace.candidate(0n)], [1]);
});

test("a candidate is a copy of its own", () => {
  const keyspace = Keyspace.fromMask("?d?d");
  keyspace.candidate(0n)[0] = 0;
  assert.strictEqual(latin1(keyspace.candidate(0n)), "00");
});

test("positions that no keyspace can have are a RangeError", () => {
  const full = Uint8Array.from({ length: 256 }, (_, i) => i);
  const refused: [Uint8Array[], string][] = [
    [[], "0 bytes long"],
    [Array(33).fill(Uint8Array.of(1)), "33 bytes long"],
    [[Uint8Array.of(1), new Uint8Array()], "no byte for position 1"],
    [[Uint8Array.of(1), Uint8Array.of(1, 2, 1)], "twice in position 1"],
    [Array(8).fill(full), "more than 2^63"],
  ];
  for (const [positions, message] of refused) {
    assert.throws(() => new Keyspace(positions), RangeError, message);
  }
});
