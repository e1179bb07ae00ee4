/**
 * Amounts as a person writes and reads them, exact to the last rao: no floating point.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** Rao in one TAO, and alpha rao in one alpha. */
export const RAO_PER_TAO = 1_000_000_000n;

/** The largest amount that the chain can hold: a u64. */
export const MAX_RAO = 2n ** 64n - 1n;

/** Digits behind the point that a rao needs. */
export const TAO_DECIMALS = 9;

/**
 * An amount as typed, `0.5`, `.5` or `12`, in rao. The same for alpha.
 *
 * @throws {UsageError} for anything but digits with at most one point and nine digits behind it, for
 *   nothing at all, and for more than a u64 holds
 */
export function parseTao(text: string): bigint {
  const digits = /^(\d*)(?:\.(\d+))?$/.exec(text);
  if (!digits || text === "") throw new UsageError(`the amount ${quoted(text)} ${whyNot(text)}`);
  const [, whole, decimals = ""] = digits;
  if (decimals.length > TAO_DECIMALS) {
    throw new UsageError(
      `the amount ${quoted(text)} has ${decimals.length} digits behind the point: ` +
        `a rao is the ninth, so give ${TAO_DECIMALS} at most`,
    );
  }
  const rao = BigInt(whole + decimals.padEnd(TAO_DECIMALS, "0"));
  if (rao === 0n) throw new UsageError(`the amount ${quoted(text)} is nothing: give more than 0`);
  if (rao > MAX_RAO) {
    throw new UsageError(
      `the amount ${quoted(text)} is more than a chain can hold: ${plainCoins(MAX_RAO)} at most`,
    );
  }
  return rao;
}

/** `1.234567891 TAO`, exact, without zeros at the end. */
export function formatTao(rao: bigint): string {
  return `${plainCoins(rao)} TAO`;
}

/** `1.234567891 alpha`: a subnet's own token, exact, without zeros at the end. */
export function formatAlpha(alphaRao: bigint): string {
  return `${plainCoins(alphaRao)} alpha`;
}

/** The number alone, exact, without zeros at the end: `1.5`, `-0.000000001`. */
export function plainCoins(rao: bigint): string {
  return fixedCoins(rao, TAO_DECIMALS).replace(/\.?0+$/, "");
}

/**
 * The number alone with just so many digits behind the point, for columns. What is left out is cut
 * off, so that no one seems to have more than he has.
 */
export function fixedCoins(rao: bigint, decimals: number): string {
  if (!Number.isInteger(decimals) || decimals < 1 || decimals > TAO_DECIMALS) {
    throw new RangeError(`decimals ${decimals}: expected a whole number from 1 to ${TAO_DECIMALS}`);
  }
  const size = rao < 0n ? -rao : rao;
  const cut = String(size % RAO_PER_TAO).padStart(TAO_DECIMALS, "0").slice(0, decimals);
  return `${rao < 0n ? "-" : ""}${size / RAO_PER_TAO}.${cut}`;
}

/** What is wrong with a text that is no amount, in words. */
function whyNot(text: string): string {
  const example = "expected digits with a point, such as 0.5";
  if (text === "") return `is empty: ${example}`;
  if (/^-[\d.]+$/.test(text)) return "is negative: give more than 0";
  if (/^[\d.]*,[\d.,]*$/.test(text)) return "has a comma: write 1.5, and no mark for thousands";
  if (/^[\d.]+e[+-]?\d+$/i.test(text)) return "has an exponent: write the digits out, as in 0.001";
  if (/^[\d.]+$/.test(text)) {
    return text.endsWith(".")
      ? "ends with its point: a digit belongs behind it, or none"
      : `has more than one point: ${example}`;
  }
  return `is no number: ${example}`;
}

const SHOWN_CHARACTERS = 40;

/** The text in quotes, cut, with no control characters in it. */
function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return `"${shown.replace(/[\p{C}"]/gu, "?")}"`;
}
