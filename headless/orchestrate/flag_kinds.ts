/**
 * Kinds of flags that a swarm's thresholds need.
 *
 * @module
 */

import { type Flag, positive } from "../flags.ts";

/** A flag for a time, typed in seconds; its value is in milliseconds. */
export function seconds(name: string, defaultMs: number, description: string): Flag<number> {
  return {
    name,
    description,
    placeholder: "S",
    default: defaultMs,
    defaultText: `${defaultMs / 1000}`,
    expected: "seconds above 0, such as 60 or 0.5",
    parse: (text) => {
      const value = /^\d*\.?\d+$/.test(text) ? Number(text) * 1000 : NaN;
      return value > 0 && Number.isSafeInteger(Math.ceil(value)) ? value : undefined;
    },
  };
}

/** A flag for a share of a whole. */
export function share(name: string, value: number, description: string): Flag<number> {
  return {
    name,
    description,
    placeholder: "X",
    default: value,
    expected: "a share from 0 to 1, such as 0.8",
    parse: (text) => {
      const given = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
      return given >= 0 && given <= 1 ? given : undefined;
    },
  };
}

/** A flag for a factor above 0, or `none` for infinity. */
export function rateFactor(
  settings: { readonly name: string; readonly default: number; readonly description: string },
): Flag<number> {
  const factor = positive(settings);
  return {
    ...factor,
    placeholder: "X|none",
    expected: "a number above 0, or none",
    parse: (text) => text === "none" ? Infinity : factor.parse(text),
  };
}
