/**
 * The check that comes before every figure: whole training steps on this device against the golden
 * files of the published PyTorch model.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import { checkGolden } from "../../../core/model/golden_check.ts";
import { openGoldenFile } from "../../../core/model/golden_file.ts";
import type { Tuning } from "../../../core/model/tuning.ts";

const FOLDER = new URL("../../golden/", import.meta.url);

/** How much was compared. */
export interface GoldenResult {
  files: number;
  /** Groups of tensors: outputs, loss, gradients, weights and moments of each stage. */
  groups: number;
}

/**
 * Compares with every golden file of the repository.
 *
 * @throws {WeftError} for the first group that is past its tolerance
 */
export async function checkGoldenFiles(gpu: Gpu, tuning: Tuning): Promise<GoldenResult> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".safetensors")).sort();
  let groups = 0;
  for (const name of names) {
    const golden = openGoldenFile(name, await Deno.readFile(new URL(name, FOLDER)));
    const reports = await checkGolden(gpu, golden, tuning);
    const failed = reports.find((report) => !report.passed);
    if (failed) throw new WeftError(`${name}: ${failed.group}: ${failed.reason}`);
    groups += reports.length;
  }
  if (groups === 0) {
    throw new WeftError("test/golden holds no golden file: check out the whole repository");
  }
  return { files: names.length, groups };
}
