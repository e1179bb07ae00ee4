/**
 * Where passwords go besides the screen, and where known ones come from: outfile and potfile.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { HashTarget } from "../../core/hash/hash_target.ts";
import type { SolveValues } from "./flags.ts";
import { LineFile } from "./lines.ts";
import { findInPotfile } from "./potfile.ts";
import type { SolveSystem } from "./system.ts";

/** The open files of one command. */
export class ResultFiles {
  readonly #outfile: LineFile | undefined;
  readonly #potfile: LineFile | undefined;

  /**
   * Opens the files that the flags name, so that what is wrong with them shows before a search.
   *
   * @throws {UsageError} if one cannot be written, or there is no place for the usual potfile
   */
  constructor(values: SolveValues, system: SolveSystem) {
    const { outfile } = values;
    if (outfile !== undefined) {
      const path = resolve(system.userFolder(), outfile);
      this.#outfile = new LineFile(path, "--outfile", { makeFolder: false });
    }
    if (!values.potfileDisable) this.#potfile = openPotfile(values, system);
  }

  /** What the potfile knows. */
  known(
    targets: readonly HashTarget[],
    warn: (message: string) => void,
  ): Map<HashTarget, Uint8Array<ArrayBuffer>> {
    return this.#potfile === undefined
      ? new Map()
      : findInPotfile(this.#potfile.read(), targets, warn);
  }

  /**
   * Adds a password.
   *
   * @param line hash and password, as stdout shows them
   * @param options.isKnown whether the potfile has it
   */
  add(line: string, { isKnown }: { readonly isKnown: boolean }): void {
    if (!isKnown) this.#potfile?.append(line);
    this.#outfile?.append(line);
  }

  close(): void {
    this.#outfile?.close();
    this.#potfile?.close();
  }
}

function openPotfile({ potfilePath }: SolveValues, system: SolveSystem): LineFile {
  if (potfilePath !== undefined) {
    const path = resolve(system.userFolder(), potfilePath);
    return new LineFile(path, "--potfile-path", { makeFolder: false });
  }
  const data = system.dataFolder();
  if (data === undefined) {
    throw new UsageError(
      "the environment names no folder for a potfile (HOME is not set): choose one with " +
        "--potfile-path, or do without by --potfile-disable",
    );
  }
  return new LineFile(join(data, "weft", "hashes.potfile"), "the potfile", { makeFolder: true });
}
