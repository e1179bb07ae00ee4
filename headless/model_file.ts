/**
 * Reads a model from a JSON file that the user names.
 *
 * @module
 */

import { basename } from "node:path";
import { UsageError } from "../core/errors.ts";
import { type ModelConfig, parseModelConfig, type Split } from "../core/model/config.ts";

/**
 * The model of a `.json` file with the published fields.
 *
 * @param path absolute
 * @param splits in place of the file's
 * @throws {UsageError} if there is no such file, or its fields do not make a model
 */
export async function readModelFile(
  path: string,
  splits?: readonly Split[],
): Promise<ModelConfig> {
  let fields: unknown;
  try {
    fields = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const what = error instanceof Deno.errors.NotFound ? "there is no such file" : error.message;
    throw new UsageError(
      `--model ${path}: ${what}; expected a JSON object with the published fields`,
      { cause: error },
    );
  }
  return parseModelConfig(fields, basename(path), splits);
}
