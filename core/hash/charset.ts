/**
 * The symbols of hashcat's masks and custom charsets, and the sets of bytes they stand for. Text is
 * UTF-8: a letter beyond ASCII is a row of one-byte symbols. Unlike hashcat, a custom charset is
 * never the name of a file.
 *
 * Source of the rules: hashcat 6.2.6, tried at the command line.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** Custom charsets of `?1` to `?4`, as typed; undefined where not given. Index 0 is `?1`. */
export type CustomCharsets = readonly (string | undefined)[];

/** A byte that stands for itself, or the letter or digit after a `?`. */
export type MaskSymbol = number | string;

const MAX_CUSTOM_CHARSETS = 4;

const UTF8 = new TextEncoder();

/** How much of a mask or charset an error shows. */
const SHOWN_CHARACTERS = 40;

const ALL = bytesBetween(0x20, 0x7e);
const LOWER = bytesBetween(0x61, 0x7a);
const UPPER = bytesBetween(0x41, 0x5a);
const DIGITS = bytesBetween(0x30, 0x39);

const BUILT_IN: ReadonlyMap<string, readonly number[]> = new Map([
  ["l", LOWER],
  ["u", UPPER],
  ["d", DIGITS],
  ["s", ALL.filter((byte) => ![LOWER, UPPER, DIGITS].some((set) => set.includes(byte)))],
  ["a", ALL],
  ["h", [...DIGITS, ...bytesBetween(0x61, 0x66)]],
  ["H", [...DIGITS, ...bytesBetween(0x41, 0x46)]],
  ["b", bytesBetween(0x00, 0xff)],
]);

/**
 * Reads a mask or a custom charset.
 *
 * @param label how errors name `text`: "mask ?d?d"
 * @param literalsAreHex whether each byte that stands for itself is written as two hex digits
 * @throws {UsageError} for a lone `?` at the end, an unknown `?x`, or literals that are not hex
 */
export function parseSymbols(text: string, label: string, literalsAreHex: boolean): MaskSymbol[] {
  if (!text.isWellFormed()) throw new UsageError(`${label} is not valid Unicode: type it anew`);
  const symbols: MaskSymbol[] = [];
  const characters = [...text];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (character === "?") {
      symbols.push(parseName(characters[++i], label));
    } else if (literalsAreHex) {
      symbols.push(parseHexByte(character + (characters[++i] ?? ""), label));
    } else {
      symbols.push(...UTF8.encode(character));
    }
  }
  return symbols;
}

/**
 * The bytes of each custom charset, each byte once, in the order typed. As in hashcat a charset may
 * use those of lower numbers.
 *
 * @returns a set for each of `custom`, empty for one that is undefined or ""
 * @throws {RangeError} for more than four charsets
 * @throws {UsageError} for bad syntax, or for the use of a charset that has no bytes yet
 */
export function resolveCustomCharsets(
  custom: CustomCharsets,
  literalsAreHex: boolean,
): readonly ReadonlySet<number>[] {
  if (custom.length > MAX_CUSTOM_CHARSETS) {
    throw new RangeError(
      `custom must hold at most ${MAX_CUSTOM_CHARSETS} charsets, got ${custom.length}`,
    );
  }
  const sets: Set<number>[] = custom.map(() => new Set());
  custom.forEach((text, index) => {
    const label = `charset -${index + 1} ${excerpt(text ?? "")}`;
    for (const symbol of parseSymbols(text ?? "", label, literalsAreHex)) {
      for (const byte of bytesOf(symbol, sets, custom, label)) sets[index].add(byte);
    }
  });
  return sets;
}

/**
 * The bytes a symbol stands for.
 *
 * @param sets the bytes of the custom charsets, as far as they are resolved
 * @param custom the same charsets as typed, to tell what is wrong with one that has no bytes
 * @param label how errors name the text that the symbol is from
 * @throws {UsageError} for a custom charset without bytes
 */
export function bytesOf(
  symbol: MaskSymbol,
  sets: readonly ReadonlySet<number>[],
  custom: CustomCharsets,
  label: string,
): Iterable<number> {
  if (typeof symbol === "number") return [symbol];
  const builtIn = BUILT_IN.get(symbol);
  if (builtIn !== undefined) return builtIn;
  const set = sets[Number(symbol) - 1];
  if (set !== undefined && set.size > 0) return set;
  throw new UsageError(`${label} uses ?${symbol}, but ${whyEmpty(symbol, custom)}`);
}

/** The start of a text, with its control characters replaced, for one line of an error. */
export function excerpt(text: string): string {
  const start = [...text.slice(0, 2 * SHOWN_CHARACTERS)].slice(0, SHOWN_CHARACTERS).join("");
  return start.replace(/[\p{C}\p{Z}]/gu, (c) => c === " " ? c : "\ufffd") +
    (start.length < text.length ? "…" : "");
}

function parseName(name: string | undefined, label: string): MaskSymbol {
  if (name === undefined) {
    throw new UsageError(`${label} ends in a lone ?: write ?? for a question mark`);
  }
  if (name === "?") return 0x3f;
  if (BUILT_IN.has(name) || /^[1-4]$/.test(name)) return name;
  throw new UsageError(
    `${label} has ?${excerpt(name)}, which is no charset: use ${
      [...BUILT_IN.keys()].map((known) => `?${known}`).join(" ")
    }, ?1 to ?4, or ?? for a question mark`,
  );
}

function parseHexByte(digits: string, label: string): number {
  if (/^[0-9a-f]{2}$/i.test(digits)) return parseInt(digits, 16);
  throw new UsageError(
    `${label} has "${excerpt(digits)}" where a byte is expected: with hex charsets, ` +
      "write every byte as two hex digits",
  );
}

function whyEmpty(name: string, custom: CustomCharsets): string {
  const text = custom[Number(name) - 1];
  if (text === undefined) return `-${name} was not given: add -${name} with its characters`;
  if (text === "") return `-${name} is empty: give it at least one character`;
  return `-${name} has no characters yet: a charset can use only those of lower numbers`;
}

function bytesBetween(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
