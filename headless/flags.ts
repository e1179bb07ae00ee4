/**
 * The flags of a command, declared once: name, kind, default and description. A flag beats the
 * environment, which beats `.env`, which beats the default.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { UsageError } from "../core/errors.ts";
import type { Variables } from "./env_file.ts";
import { flatName, nearestName } from "./nearest_name.ts";

/** What every kind of flag says about itself. */
interface FlagSettings<Default> {
  /** As typed after `--`, dots included: `run.dir`. */
  readonly name: string;
  /** One letter or digit, typed after one dash: `m` for `-m`. */
  readonly short?: string;
  /** One or two sentences for `--help`. */
  readonly description: string;
  /** The value when nothing is given; undefined where the command decides. */
  readonly default: Default;
  /** What `--help` says of the default where its value does not speak for itself. */
  readonly defaultText?: string;
  /** Whether it is read from the command line alone, as what is meant for one call only. */
  readonly isTyped?: boolean;
  /** Names of published guides for the environment, besides {@linkcode environmentNames}'s own. */
  readonly publishedNames?: readonly string[];
}

/** One flag. */
export interface Flag<Value> extends FlagSettings<Value> {
  /** What stands for the value in `--help`; undefined for a flag that takes none. */
  readonly placeholder: string | undefined;
  /** What a value must be, to follow "expected". */
  readonly expected: string;
  /** The value of a text, or undefined if the text is not what is expected. */
  parse(text: string): Value | undefined;
}

/** Flags by the name under which a command reads their value. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of flags. */
export type Values<F extends Flags> = {
  readonly [Key in keyof F]: F[Key] extends Flag<infer Value> ? Value : never;
};

/** Where values come from. */
export interface FlagSource {
  /** Arguments of the command line. */
  readonly args: readonly string[];
  readonly environment: Variables;
  /** The variables of `.env`. */
  readonly envFile: Variables;
}

/** A read command line. */
export interface ParsedFlags<F extends Flags> {
  readonly values: Values<F>;
  /** Arguments that are no flags, in order. */
  readonly operands: readonly string[];
}

/** A flag that is on or off: `--json`, `--no-json`. */
export function toggle(settings: FlagSettings<boolean>): Flag<boolean> {
  return {
    ...settings,
    placeholder: undefined,
    expected: "true or false",
    parse: (text) => TOGGLE_WORDS.get(text.toLowerCase()),
  };
}

const TOGGLE_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "1", "yes", "on"].map((word): [string, boolean] => [word, true]),
  ...["false", "0", "no", "off"].map((word): [string, boolean] => [word, false]),
]);

/** A flag for any text but the empty one. */
export function text<Default extends string | undefined>(
  settings: FlagSettings<Default> & { readonly placeholder: string },
): Flag<string | Default> {
  return { ...settings, expected: "a text", parse: (text) => text === "" ? undefined : text };
}

/** A flag for one of some words. */
export function choice<Word extends string>(
  settings: FlagSettings<Word> & { readonly words: readonly Word[]; readonly expected?: string },
): Flag<Word> {
  return {
    expected: settings.words.join(" or "),
    ...settings,
    placeholder: settings.words.join("|"),
    parse: (text) => settings.words.find((word) => word === text),
  };
}

/** The range of a number; both ends belong to it. */
export interface Range {
  readonly min: number;
  readonly max?: number;
}

/** A flag for a whole number. */
export function integer<Default extends number | undefined>(
  settings: FlagSettings<Default> & Range,
): Flag<number | Default> {
  return {
    ...settings,
    placeholder: "N",
    expected: `a whole number ${rangeText(settings)}`,
    parse: (text) => parseInteger(text, settings),
  };
}

/** A flag for a number above zero, such as `3e-4`. */
export function positive<Default extends number | undefined>(
  settings: FlagSettings<Default>,
): Flag<number | Default> {
  return {
    ...settings,
    placeholder: "X",
    expected: "a number above 0, such as 3e-4",
    parse: (text) => {
      const value = /^[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
      return Number.isFinite(value) && value > 0 ? value : undefined;
    },
  };
}

/** A flag for whole numbers with commas between them, each at most once. */
export function integers(
  settings: FlagSettings<readonly number[] | undefined> & Range,
): Flag<readonly number[] | undefined> {
  return {
    ...settings,
    placeholder: "LIST",
    expected: `whole numbers ${rangeText(settings)} with commas between them, such as 0,2`,
    parse: (text) => {
      const numbers = text.split(",").flatMap((part) => parseInteger(part.trim(), settings) ?? []);
      const isWhole = numbers.length === text.split(",").length;
      return isWhole && new Set(numbers).size === numbers.length ? numbers : undefined;
    },
  };
}

function parseInteger(
  text: string,
  { min, max = Number.MAX_SAFE_INTEGER }: Range,
): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function rangeText({ min, max }: Range): string {
  return max === undefined ? `from ${min} up` : `from ${min} to ${max}`;
}

/**
 * The names under which the environment may hold a flag, if any; the first one wins: `WEFT_RUN_DIR` for
 * `--run.dir`, then those of published guides. The prefix keeps names such as `DATA` or `MODEL`,
 * which a shell may hold for another program, from being taken for ours.
 */
export function environmentNames(flag: Flag<unknown>): string[] {
  if (flag.isTyped) return [];
  const own = `WEFT_${flag.name.replace(/[.-]/g, "_").toUpperCase()}`;
  return [own, ...flag.publishedNames ?? []];
}

/** Whether a command line asks for help; asked before values are judged. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((arg) => arg === "--help" || arg === "-h");
}

/**
 * Reads a command's flags.
 *
 * @throws {UsageError} for a flag that is not declared, a missing value or one of the wrong kind
 */
export function parseFlags<F extends Flags>(flags: F, source: FlagSource): ParsedFlags<F> {
  const { given, operands } = readArguments(Object.values(flags), source.args);
  const entries = Object.entries(flags).map(([key, flag]) => {
    const value = given.get(flag.name) ?? fromEnvironment(flag, source);
    return [key, value ? parseValue(flag, value) : flag.default];
  });
  // Each key of `flags` got what its own flag parsed, which is what the type says.
  return { values: Object.fromEntries(entries) as Values<F>, operands };
}

/** A text and where it was found, for an error. */
interface FoundText {
  readonly text: string;
  readonly place: string;
}

function parseValue(flag: Flag<unknown>, { text, place }: FoundText): unknown {
  const value = flag.parse(text);
  if (value !== undefined) return value;
  throw new UsageError(`${place} "${text}": expected ${flag.expected}`);
}

/** An empty variable counts as not set, as a line `NAME=` of a template means it. */
function fromEnvironment(flag: Flag<unknown>, source: FlagSource): FoundText | undefined {
  const places = [["the environment", source.environment], [".env", source.envFile]] as const;
  for (const [place, variables] of places) {
    for (const name of environmentNames(flag)) {
      const text = variables[name];
      if (text) return { text, place: `${name} of ${place}` };
    }
  }
  return undefined;
}

/**
 * What the command line itself says; of a flag given twice the last one counts. In a long name `-`,
 * `_` and `.` are the same, as the Python side takes `--wallet-name` and `--wallet_name` too.
 */
function readArguments(
  flags: readonly Flag<unknown>[],
  args: readonly string[],
): { given: Map<string, FoundText>; operands: string[] } {
  const { tokens } = parseArgs({
    args: spellAsDeclared(flags, args),
    strict: false,
    tokens: true,
    options: Object.fromEntries(flags.map(({ name, short, placeholder }) => {
      const type = placeholder ? "string" : "boolean";
      return [name, short === undefined ? { type } : { type, short }];
    })),
  });
  const given = new Map<string, FoundText>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const [name, text] = readOption(flags, token);
    given.set(name, { text, place: token.rawName });
  }
  return { given, operands };
}

/** The arguments up to `--`, with each long name of a flag as it was declared. */
function spellAsDeclared(flags: readonly Flag<unknown>[], args: readonly string[]): string[] {
  const declared = new Map(flags.flatMap(({ name, placeholder }) => {
    const names = placeholder ? [name] : [name, `no-${name}`];
    return names.map((each): [string, string] => [flatName(each), each]);
  }));
  const end = args.indexOf("--");
  return args.map((arg, at) => {
    const [, typed, rest] = end >= 0 && at > end ? [] : /^--([^=]+)(.*)$/s.exec(arg) ?? [];
    const name = typed === undefined ? undefined : declared.get(flatName(typed));
    return name === undefined ? arg : `--${name}${rest}`;
  });
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string;
  readonly inlineValue?: boolean;
}

/** The flag's name and the text of its value. */
function readOption(
  flags: readonly Flag<unknown>[],
  { rawName, value, inlineValue }: OptionToken,
): [name: string, text: string] {
  const flag = flags.find((each) => rawName === `--${each.name}` || rawName === `-${each.short}`);
  if (!flag) {
    const positive = flags.find((each) => rawName === `--no-${each.name}`);
    if (positive && !positive.placeholder && value === undefined) return [positive.name, "false"];
    throw new UsageError(unknownFlag(rawName, flags.map((each) => each.name)));
  }
  if (!flag.placeholder) return [flag.name, value ?? "true"];
  // `--seed --json` means a forgotten value; a value that opens with dashes is given with "=".
  if (value === undefined || (!inlineValue && value.startsWith("--"))) {
    throw new UsageError(`${rawName} needs a value: expected ${flag.expected}`);
  }
  return [flag.name, value];
}

function unknownFlag(rawName: string, names: readonly string[]): string {
  const near = nearestName(rawName.replace(/^-+/, ""), names);
  const hint = near === undefined ? "" : `, did you mean --${near}?`;
  return `unknown flag ${rawName}${hint || ","} --help lists all flags`;
}
