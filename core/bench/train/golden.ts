/**
 * The check that comes before every figure: whole training steps on this device against golden files
 * of the published PyTorch model.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { checkGolden } from "../../model/golden_check.ts";
import { openGoldenFile } from "../../model/golden_file.ts";
import type { Tuning } from "../../model/tuning.ts";

/** A file, not read yet. */
export interface GoldenSource {
  readonly name: string;
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** How much was compared. */
export interface GoldenResult {
  files: number;
  /** Groups of tensors: outputs, loss, gradients, weights and moments of each stage. */
  groups: number;
}

/**
 * Compares with every file.
 *
 * @throws {WeftError} for the first group that is past its tolerance
 */
export async function checkGoldenFiles(
  gpu: Gpu,
  tuning: Tuning,
  sources: readonly GoldenSource[],
): Promise<GoldenResult> {
  let groups = 0;
  for (const { name, read } of sources) {
    const golden = openGoldenFile(name, await read());
    const reports = await checkGolden(gpu, golden, tuning);
    const failed = reports.find((report) => !report.passed);
    if (failed) throw new WeftError(`${name}: ${failed.group}: ${failed.reason}`);
    groups += reports.length;
  }
  return { files: sources.length, groups };
}
