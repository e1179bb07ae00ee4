/**
 * The two files that a validator of the published proof of GPU sends, `seeds.txt` and
 * `challenge_indices.txt`.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `send_seeds` and `send_challenge_indices` of
 * `neurons/Validator/pog.py`. Reading is strict: a file that the published validator would not
 * write is refused.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { ProofSeeds } from "./generator.ts";
import { MAX_N } from "./sizes.ts";

/** A place in the product: row, then column. */
export type ProofIndex = readonly [i: number, j: number];

/** What `seeds.txt` says. */
export interface SeedsFile {
  readonly n: number;
  /** By the GPU's number. */
  readonly seeds: ReadonlyMap<number, ProofSeeds>;
}

const DIGITS = /^(?:0|[1-9]\d*)$/;
const MAX_SEED = 2n ** 64n - 1n;
/** GPUs of one machine, and places in one file for a GPU: upstream asks for one. */
const MAX_GPUS = 1024;
const MAX_INDICES = 64;

/** The text of `seeds.txt`. */
export function seedsFile({ n, seeds }: SeedsFile): string {
  return [`${n}`, ...[...seeds].map(([gpu, { a, b }]) => `${gpu} ${a} ${b}`)].join("\n");
}

/** The text of `challenge_indices.txt`. */
export function indicesFile(indices: ReadonlyMap<number, readonly ProofIndex[]>): string {
  return [...indices].map(([gpu, list]) => `${gpu} ${list.map((one) => one.join()).join(";")}`)
    .join("\n");
}

/**
 * Reads `seeds.txt`: n, then a line `gpu seed_A seed_B` for each GPU.
 * @throws {UsageError} that names the line, for anything else
 */
export function parseSeeds(text: string): SeedsFile {
  const [first, ...rest] = linesOf(text);
  const n = numberIn(first, MAX_N, "seeds.txt line 1", "n");
  if (n === 0) throw refusal("seeds.txt line 1", first, `n from 1 to ${MAX_N}`);
  const seeds = byGpu(rest, "seeds.txt", 2, (words, where, line) => {
    if (words.length !== 2) throw refusal(where, line, "a GPU's number and two seeds");
    const [a, b] = words.map((word) => seedIn(word, where));
    return { a, b };
  });
  return { n, seeds };
}

/**
 * Reads `challenge_indices.txt`: a line `gpu i,j;i,j` for each GPU.
 * @param n places are below it
 * @throws {UsageError} that names the line, for anything else
 */
export function parseIndices(text: string, n: number): Map<number, ProofIndex[]> {
  const name = "challenge_indices.txt";
  return byGpu(linesOf(text), name, 1, (words, where, line) => {
    const places = words.length === 1 ? words[0].split(";") : [];
    if (places.length === 0 || places.length > MAX_INDICES) {
      throw refusal(where, line, `a GPU's number and up to ${MAX_INDICES} places i,j`);
    }
    return places.map((place) => {
      const numbers = place.split(",");
      if (numbers.length !== 2) throw refusal(where, place, "a row and a column, i,j");
      const [i, j] = numbers.map((word) => numberIn(word, n - 1, where, "a row or column"));
      return [i, j];
    });
  });
}

/** Lines without the newline that `echo` adds. */
function linesOf(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}

function byGpu<Entry>(
  lines: readonly string[],
  file: string,
  firstLine: number,
  parse: (words: string[], where: string, line: string) => Entry,
): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  if (lines.length === 0) throw refusal(file, "", "a line for each GPU");
  lines.forEach((line, at) => {
    const where = `${file} line ${firstLine + at}`;
    const [gpuWord, ...words] = line.split(" ");
    const gpu = numberIn(gpuWord, MAX_GPUS - 1, where, "a GPU's number");
    if (entries.has(gpu)) throw refusal(where, line, "each GPU once");
    entries.set(gpu, parse(words, where, line));
  });
  return entries;
}

function numberIn(word: string, most: number, where: string, what: string): number {
  if (DIGITS.test(word) && Number(word) <= most) return Number(word);
  throw refusal(where, word, `${what}, 0 to ${most}`);
}

function seedIn(word: string, where: string): bigint {
  // Twenty digits hold 64 bits; a longer text is not worth converting.
  if (DIGITS.test(word) && word.length <= 20 && BigInt(word) <= MAX_SEED) return BigInt(word);
  throw refusal(where, word, "a seed of 64 bits in decimal");
}

function refusal(where: string, got: string, expected: string): UsageError {
  const shown = got.length > 40 ? `${got.slice(0, 40)}…` : got;
  return new UsageError(`${where} has ${JSON.stringify(shown)}, expected ${expected}`);
}
