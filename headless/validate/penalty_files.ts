/**
 * The lists of hotkeys to be punished, in files beside the database.
 *
 * @module
 */

import { readFile, rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type Penalty,
  penaltyCounts,
  readPenalties,
  writePenalties,
} from "../../core/compute/validator/penalties.ts";
import { WeftError } from "../../core/errors.ts";

const DEFAULT_FILE = "penalized_hotkeys.json";

/** See the module. */
export class PenaltyFiles {
  readonly #files: readonly string[];
  readonly #mayBeMissing: boolean;

  /**
   * @param names undefined for the published name, which need not be there
   * @param isWritten whether a checker writes the first one
   */
  constructor(dir: string, names: readonly string[] | undefined, isWritten: boolean) {
    this.#files = (names ?? [DEFAULT_FILE]).map((name) => resolve(dir, name));
    this.#mayBeMissing = names === undefined || isWritten;
  }

  /**
   * Reads all lists anew: how many have each hotkey.
   * @throws {WeftError} if one is none, or is missing though it was named
   */
  async read(): Promise<{ counts: ReadonlyMap<string, number>; validators: number }> {
    const lists = await Promise.all(
      this.#files.map((file, at) => readList(file, at === 0 && this.#mayBeMissing)),
    );
    return { counts: penaltyCounts(lists), validators: lists.length };
  }

  /** Writes the first list, whole or not at all. @throws {WeftError} if the disk fails */
  async write(penalties: readonly Penalty[]): Promise<void> {
    const [file] = this.#files;
    try {
      await writeFile(`${file}.new`, writePenalties(penalties));
      await rename(`${file}.new`, file);
    } catch (error) {
      throw new WeftError(`${file} cannot be written: ${reasonOf(error)}`, { cause: error });
    }
  }
}

async function readList(file: string, mayBeMissing: boolean): Promise<Penalty[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const missing = isMissing(error);
    if (mayBeMissing && missing) return [];
    const reason = missing ? "there is no such file" : reasonOf(error);
    throw new WeftError(`--penalized.hotkeys ${file}: ${reason}`, { cause: error });
  }
  try {
    return readPenalties(text);
  } catch (error) {
    throw new WeftError(`--penalized.hotkeys ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
