/**
 * A file to which `deno task solve` adds lines: the outfile and the potfile.
 *
 * @module
 */

import { dirname } from "node:path";
import { UsageError, WeftError } from "../../core/errors.ts";
import { writeText } from "../screen.ts";

const NEWLINE = 0x0a;
/** Passwords are the user's own. */
const MODE = 0o600;

/** An open file of lines. Each line is one write at the end, so that two processes may share it. */
export class LineFile {
  readonly #file: Deno.FsFile;

  /**
   * Opens the file or makes it, readable to the user only.
   *
   * @param options.makeFolder whether its folder is made too
   * @throws {UsageError} if that cannot be, in words that begin with `flag`
   */
  constructor(readonly path: string, flag: string, options: { makeFolder: boolean }) {
    try {
      if (options.makeFolder) Deno.mkdirSync(dirname(path), { recursive: true });
      this.#file = Deno.openSync(path, { append: true, create: true, read: true, mode: MODE });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(`${flag} ${path} cannot be written (${error.message}): name another`, {
        cause: error,
      });
    }
  }

  /** What the file holds now. */
  read(): string {
    return Deno.readTextFileSync(this.path);
  }

  /**
   * Adds a line, on a line of its own even if the last one was cut off.
   *
   * @throws {WeftError} if the disk does not take it
   */
  append(line: string): void {
    try {
      writeText(this.#file, `${this.#endsInLine() ? "" : "\n"}${line}\n`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new WeftError(`${this.path} takes no more (${error.message}): make room`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.#file.close();
  }

  #endsInLine(): boolean {
    const { isFile, size } = this.#file.statSync();
    // A pipe or a terminal has no end to look at.
    if (!isFile || size === 0) return true;
    const last = new Uint8Array(1);
    this.#file.seekSync(-1, Deno.SeekMode.End);
    this.#file.readSync(last);
    return last[0] === NEWLINE;
  }
}
