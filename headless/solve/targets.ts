/**
 * The hashes that `deno task solve` is to search: one typed, or those of a file.
 *
 * @module
 */

import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { type HashTarget, parseHashLine } from "../../core/hash/hash_target.ts";
import type { HashMode } from "../../core/hash/modes.ts";

/** How hashes are written. */
export interface HashForm {
  readonly mode: HashMode;
  readonly hexSalt: boolean;
}

/**
 * The hashes of an operand: the lines of the file of that name if there is one, else the operand
 * itself. Blank lines are left out, and so is a hash that came before.
 *
 * @param folder what a relative name starts from
 * @param warn takes what is wrong with a line of a file, which is left out
 * @throws {UsageError} if no hash can be read
 */
export function readTargets(
  operand: string,
  folder: string,
  form: HashForm,
  warn: (message: string) => void,
): HashTarget[] {
  const bytes = readFileIfThere(resolve(folder, operand), operand);
  if (bytes === undefined) return [parseOperand(operand, form)];
  const targets = distinct(parseLines(bytes, operand, form, warn));
  if (targets.length > 0) return targets;
  throw new UsageError(`${operand} holds no hash of mode ${form.mode.number}: write one on a line`);
}

function parseOperand(operand: string, { mode, hexSalt }: HashForm): HashTarget {
  try {
    return parseHashLine(operand, mode, { hexSalt });
  } catch (error) {
    const isMeantAsHash = /[0-9a-f]{16}/i.test(operand);
    if (!(error instanceof UsageError) || isMeantAsHash) throw error;
    throw new UsageError(
      `there is no file ${JSON.stringify(operand)}, and as a hash: ${error.message}`,
    );
  }
}

function parseLines(
  bytes: Uint8Array,
  name: string,
  { mode, hexSalt }: HashForm,
  warn: (message: string) => void,
): HashTarget[] {
  const targets: HashTarget[] = [];
  splitLines(bytes).forEach((line, at) => {
    try {
      const text = decodeLine(line);
      if (text.trim() !== "") targets.push(parseHashLine(text, mode, { hexSalt }));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      warn(`${name} line ${at + 1} is left out: ${error.message}`);
    }
  });
  return targets;
}

function distinct(targets: readonly HashTarget[]): HashTarget[] {
  return [...new Map(targets.map((target) => [target.line, target])).values()];
}

/** Lines as bytes: one that is not UTF-8 must not spoil the others. */
function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = startsWithByteOrderMark(bytes) ? 3 : 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(bytes.subarray(start, end < 0 ? undefined : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

/** Editors on Windows put it at the start of a file. */
function startsWithByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function decodeLine(line: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch (error) {
    throw new UsageError("it is not UTF-8: write its salt in hex, with --hex-salt", {
      cause: error,
    });
  }
}

function readFileIfThere(path: string, name: string): Uint8Array | undefined {
  try {
    if (Deno.statSync(path).isDirectory) {
      throw new UsageError(`${name} is a folder, expected a file with hashes, or a hash`);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Whatever keeps a hash from being a path: no such file, too long a name, a zero byte.
    return undefined;
  }
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(`${name} cannot be read (${error.message})`, { cause: error });
  }
}
