/**
 * Settings from an `.env` file.
 *
 * @module
 */

import { join } from "node:path";
import { parseEnv } from "node:util";
import { WeftError } from "../core/errors.ts";

/** Names and their values; a name that is not set is absent or undefined. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of the file `.env` in a folder, as Node reads such a file: `#` opens a comment,
 * quotes keep it and blanks, `\n` is a line break in double quotes only, lines without `=` are
 * skipped. None if there is no such file.
 *
 * @throws {WeftError} if there is one that cannot be read
 */
export function readEnvFile(dir: string): Variables {
  try {
    return parseEnvText(Deno.readTextFileSync(join(dir, ".env")));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (!(error instanceof Error)) throw error;
    throw new WeftError(`.env in ${dir} cannot be read (${error.message}): mend or remove it`, {
      cause: error,
    });
  }
}

/** The variables of an `.env` file's text. */
export function parseEnvText(text: string): Variables {
  // Editors on Windows open a file with a byte order mark, which would join the first name.
  return { ...parseEnv(text.replace(/^\uFEFF/, "")) };
}
