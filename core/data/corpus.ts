/**
 * Documents to one stream of tokens with a held-out end.
 *
 * Packing follows macrocosm-os/iota @ 56aee24, model/loaders.py, `_sample_packing_generator`: each
 * text is tokenized without special tokens, followed by one end-of-text token, and appended to a
 * running stream; the stream is cut into samples of equal length without regard to where texts end.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError, WeftError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A stream of tokens in two parts. */
export interface Corpus {
  readonly training: Int32Array;
  /** The end of the stream, never trained on. */
  readonly validation: Int32Array;
}

/** Options of {@linkcode buildCorpus}. */
export interface CorpusOptions {
  /**
   * The part of all tokens, from the end, that is held out.
   *
   * @default {0.05}
   */
  readonly validationFraction?: number;
}

const Line = v.object({ text: v.string() });

/**
 * Packs documents into one stream and holds its end out: the last documents of many, the last pages
 * of a single long one. Documents without any token are skipped.
 *
 * @throws {RangeError} if the fraction is not in [0, 1)
 */
export function buildCorpus(
  documents: Iterable<string>,
  tokenizer: Tokenizer,
  options: CorpusOptions = {},
): Corpus {
  const { validationFraction = 0.05 } = options;
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new RangeError(`validationFraction must be from 0 to below 1, got ${validationFraction}`);
  }
  const texts: Int32Array[] = [];
  let count = 0;
  for (const text of documents) {
    const tokens = tokenizer.encode(text);
    if (tokens.length === 0) continue;
    texts.push(tokens);
    count += tokens.length + 1;
  }
  const stream = new Int32Array(count).fill(tokenizer.endOfText);
  let at = 0;
  for (const tokens of texts) {
    stream.set(tokens, at);
    at += tokens.length + 1;
  }
  const trainingCount = count - Math.round(count * validationFraction);
  return {
    training: stream.subarray(0, trainingCount),
    validation: stream.subarray(trainingCount),
  };
}

/**
 * The documents in a file: a `.txt` file is one, a `.jsonl` file has one in the field `text` of each
 * line. Empty lines are skipped.
 *
 * @param name the file's name, which decides how it is read and appears in messages
 * @throws {WeftError} if a line is not a JSON object with a string `text`
 * @throws {UsageError} if the name ends in anything else
 */
export function parseDocuments(name: string, text: string): string[] {
  const lowerName = name.toLowerCase();
  if (lowerName.endsWith(".txt")) return [text];
  if (!lowerName.endsWith(".jsonl")) {
    throw new UsageError(`Cannot read ${name} as text: use a .txt file or a .jsonl file.`);
  }
  const documents: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const result = v.safeParse(Line, parseJson(line));
    if (!result.success) {
      throw new WeftError(
        `${name}, line ${index + 1}: expected a JSON object with a string field "text".`,
      );
    }
    documents.push(result.output.text);
  }
  return documents;
}

/** The value of a line; undefined, which no schema accepts, if it is not JSON. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
