/**
 * The flags of `deno task solve`, hashcat's names where hashcat has them, and what they ask for.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { type HashMode, hashMode } from "../../core/hash/modes.ts";
import { VARIANTS } from "../../core/hash/search_engine.ts";
import { gpuBackend, json, loggingDebug } from "../common_flags.ts";
import { choice, type Flag, integer, text, toggle, type Values } from "../flags.ts";

const DEFAULT_MODE = 610;
/** hashcat's number of the only attack that Weft has: masks. */
const MASK_ATTACK = 3;
/** A timer of the platform holds no more: 2^31 milliseconds. */
const MAX_RUNTIME_S = 2_147_483;
/** Milliseconds of a slice by workload profile. */
const SLICE_MS = [5, 20, 40, 100];

/** The flags. */
export const SOLVE_FLAGS = {
  hashType: integer({
    name: "hash-type",
    short: "m",
    min: 0,
    default: undefined,
    defaultText: `${DEFAULT_MODE}; all with --benchmark`,
    description: "Mode: 600, 610 or 620 for BLAKE2b-512, 1400 or 1410 for SHA-256.",
  }),
  attackMode: integer({
    name: "attack-mode",
    short: "a",
    min: 0,
    default: MASK_ATTACK,
    description: "Weft searches masks, which is 3, and nothing else.",
  }),
  charset1: customCharset("1"),
  charset2: customCharset("2"),
  charset3: customCharset("3"),
  charset4: customCharset("4"),
  hexCharset: toggle({
    name: "hex-charset",
    default: false,
    description: "What stands for itself in mask and charsets is written in hex.",
  }),
  hexSalt: toggle({ name: "hex-salt", default: false, description: "Salts are written in hex." }),
  skip: candidates({
    name: "skip",
    short: "s",
    min: 0n,
    default: 0n,
    description: "Candidates to leave out at the start, rounded to whole inner loops. hashcat " +
      "counts its outer loop instead, and in another order.",
  }),
  limit: candidates({
    name: "limit",
    short: "l",
    min: 1n,
    default: undefined,
    defaultText: "all",
    description: "Candidates to try after those, rounded and counted in the same way.",
  }),
  workloadProfile: integer({
    name: "workload-profile",
    short: "w",
    min: 1,
    max: SLICE_MS.length,
    default: 2,
    description: `Length of a slice of work: ${SLICE_MS.join(", ")} ms. The shorter, the sooner ` +
      "other programs get the GPU.",
  }),
  runtime: integer({
    name: "runtime",
    min: 1,
    max: MAX_RUNTIME_S,
    default: undefined,
    description: "Seconds after which the whole command aborts.",
  }),
  outfile: text({
    name: "outfile",
    short: "o",
    placeholder: "FILE",
    default: undefined,
    description: "Appends what stdout shows of passwords to this file too.",
  }),
  potfilePath: text({
    name: "potfile-path",
    placeholder: "FILE",
    default: undefined,
    defaultText: "weft/hashes.potfile among your programs' data",
    description: "Passwords found so far, as hashcat writes them. A hash in it is not searched.",
  }),
  potfileDisable: toggle({
    name: "potfile-disable",
    default: false,
    description: "Neither reads nor writes such a file.",
  }),
  status: toggle({
    name: "status",
    default: false,
    description: "Reports on stderr again and again; with --json as objects on stdout.",
  }),
  statusTimer: integer({
    name: "status-timer",
    min: 1,
    max: MAX_RUNTIME_S,
    default: 10,
    description: "Seconds between two reports.",
  }),
  benchmark: toggle({
    name: "benchmark",
    short: "b",
    default: false,
    description: "Measures how fast this machine is, instead of a search.",
  }),
  quiet: toggle({
    name: "quiet",
    default: false,
    description: "Shows passwords, warnings and errors only.",
  }),
  variant: choice({
    name: "variant",
    words: ["auto", ...VARIANTS],
    default: "auto",
    description: "Kernel: on 64-bit or 32-bit integers of the GPU, or WebAssembly on the cores. " +
      "auto measures once per device and remembers the fastest.",
  }),
  json,
  gpuBackend,
  loggingDebug,
};

/** The values of {@linkcode SOLVE_FLAGS}. */
export type SolveValues = Values<typeof SOLVE_FLAGS>;

/** The candidates that a search goes through. */
export interface SearchRange {
  readonly keyspace: Keyspace;
  readonly skip: bigint;
  readonly limit: bigint | undefined;
  /** How many these are, before they are rounded to whole inner loops. */
  readonly size: bigint;
}

/**
 * What `--hash-type` asks for.
 *
 * @throws {UsageError} for an unknown mode, or an attack that is not by mask
 */
export function modeOf({ hashType, attackMode }: SolveValues): HashMode {
  if (attackMode !== MASK_ATTACK) {
    throw new UsageError(
      `--attack-mode ${attackMode}: Weft searches masks only, which is ${MASK_ATTACK}`,
    );
  }
  return hashMode(hashType ?? DEFAULT_MODE);
}

/**
 * The candidates of a mask, with the flags that shape them.
 *
 * @throws {UsageError} for a bad mask or charset, or a range with nothing in it
 */
export function rangeOf(values: SolveValues, mask: string): SearchRange {
  const { skip, limit, hexCharset: hexCharsets } = values;
  const keyspace = Keyspace.fromMask(mask, charsetsOf(values), { hexCharsets });
  if (skip >= keyspace.size) {
    throw new UsageError(
      `--skip ${skip} leaves nothing of the mask's ${keyspace.size} candidates: skip fewer`,
    );
  }
  const rest = keyspace.size - skip;
  return { keyspace, skip, limit, size: limit !== undefined && limit < rest ? limit : rest };
}

/** The charsets of `?1` to `?4`, undefined where not given. */
export function charsetsOf(values: SolveValues): (string | undefined)[] {
  return [values.charset1, values.charset2, values.charset3, values.charset4];
}

/** Milliseconds of a slice of work. */
export function sliceMsOf({ workloadProfile }: SolveValues): number {
  return SLICE_MS[workloadProfile - 1];
}

function customCharset(number: string): Flag<string | undefined> {
  return text({
    name: `custom-charset${number}`,
    short: number,
    placeholder: "CHARS",
    default: undefined,
    description: `Characters of ?${number} in the mask.`,
  });
}

/** A flag for a number of candidates, which may be past 2^53. */
function candidates<Default extends bigint | undefined>(
  settings:
    & Pick<Flag<bigint | Default>, "name" | "short" | "description" | "defaultText">
    & { readonly min: bigint; readonly default: Default },
): Flag<bigint | Default> {
  return {
    ...settings,
    placeholder: "N",
    expected: `a whole number from ${settings.min} up`,
    parse: (text) => {
      const value = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
      return value >= settings.min ? value : undefined;
    },
  };
}
