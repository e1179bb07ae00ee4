/**
 * The golden files of the repository.
 *
 * @module
 */
import type { GoldenSource } from "../../../core/bench/train/golden.ts";
import { WeftError } from "../../../core/errors.ts";

const FOLDER = new URL("../../golden/", import.meta.url);

/** All of them. @throws {WeftError} if there is none */
export function goldenSources(): GoldenSource[] {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".safetensors")).sort();
  if (names.length === 0) {
    throw new WeftError("test/golden holds no golden file: check out the whole repository");
  }
  return names.map((name) => ({ name, read: () => Deno.readFile(new URL(name, FOLDER)) }));
}
