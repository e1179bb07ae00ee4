/**
 * `deno task golden FILE…`: computes on this machine's GPU what the published PyTorch model computed
 * and compares the two, group by group.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import { UsageError, WeftError } from "../core/errors.ts";
import { type Gpu, openGpu } from "../core/gpu/gpu.ts";
import { checkGolden } from "../core/model/golden_check.ts";
import type { GroupReport } from "../core/model/golden_compare.ts";
import { type GoldenFile, openGoldenFile } from "../core/model/golden_file.ts";
import { defaultTuning } from "../core/model/tuning.ts";
import { type Command, type CommandContext, runAsProcess, userFolder } from "./command.ts";
import { gpuBackend, json } from "./common_flags.ts";
import type { Screen } from "./screen.ts";
import { type Column, tableLines, wrapText } from "./text_table.ts";
import { loadWebGpu } from "./webgpu.ts";

const FLAGS = { gpuBackend, json };

/** The command. */
export const goldenCommand: Command<typeof FLAGS> = {
  name: "golden",
  operands: "FILE…",
  summary:
    "Computes on this machine's GPU what the published PyTorch model computed and compares " +
    "the two: outputs, loss, gradients, and parameters after some optimizer steps. The exit code " +
    "is 1 if a group is past its tolerance.",
  flags: FLAGS,
  run,
};

async function run({ values, operands, screen }: CommandContext<typeof FLAGS>): Promise<number> {
  if (operands.length === 0) {
    throw new UsageError("no golden file was named, expected deno task golden FILE…");
  }
  // Files first: what is wrong with them needs no GPU to be seen.
  const files: [name: string, golden: GoldenFile][] = [];
  for (const name of operands) {
    const golden = await readGolden(name, screen);
    if (golden) files.push([name, golden]);
  }
  const arePassed = files.length === 0 || await checkFiles(values, files, screen);
  return arePassed && files.length === operands.length ? 0 : 1;
}

/** Whether every group of every file is within its tolerance. */
async function checkFiles(
  values: CommandContext<typeof FLAGS>["values"],
  files: readonly [name: string, golden: GoldenFile][],
  screen: Screen,
): Promise<boolean> {
  const gpu = await openGpu(await loadWebGpu(values.gpuBackend));
  if (!values.json) screen.print(`${gpu.adapterName} (${gpu.backend})`);
  let arePassed = true;
  for (const [name, golden] of files) {
    const reports = await checkGolden(gpu, golden, defaultTuning(gpu));
    if (values.json) printJson(screen, gpu, name, reports);
    else printReports(screen, name, golden, reports);
    arePassed &&= reports.length > 0 && reports.every((report) => report.passed);
  }
  gpu.close();
  return arePassed;
}

/** The file, or undefined after a message about what is wrong with it. */
async function readGolden(name: string, screen: Screen): Promise<GoldenFile | undefined> {
  try {
    return openGoldenFile(basename(name), await readFile(name));
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    screen.message(screen.style("red", `error: ${name}: ${error.message}`));
    return undefined;
  }
}

async function readFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(resolve(userFolder(), name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new WeftError("there is no such file", { cause: error });
    }
    if (error instanceof Deno.errors.IsADirectory) {
      throw new WeftError("this is a folder, expected a safetensors file", { cause: error });
    }
    throw error;
  }
}

function printJson(screen: Screen, gpu: Gpu, file: string, reports: readonly GroupReport[]): void {
  const { adapterName: adapter, backend } = gpu;
  for (const report of reports) screen.printJson({ file, adapter, backend, ...report });
}

const COLUMNS: readonly Column[] = [
  { title: "", align: "left" },
  { title: "group", wraps: true },
  { title: "abs error", align: "right" },
  { title: "rel error", align: "right" },
  { title: "cosine", align: "right" },
  { title: "norm ratio", align: "right" },
];

function printReports(
  screen: Screen,
  name: string,
  golden: GoldenFile,
  reports: readonly GroupReport[],
): void {
  const { config, dtype, B, T, steps } = golden;
  screen.print(`\n${screen.style("bold", name)}`);
  screen.print(`${config.name}, ${dtype}, batch ${B}, ${T} tokens a sample, ${steps} steps\n`);
  const table = tableLines(COLUMNS, reports.map(reportCells), screen.columns);
  for (const line of table) screen.print(colourVerdict(screen, line));
  const failed = reports.filter((report) => !report.passed);
  if (failed.length > 0) screen.print("");
  for (const { group, reason } of failed) {
    const lines = wrapText(`FAIL  ${group}: ${reason}`, screen.columns);
    screen.print(colourVerdict(screen, lines.join("\n      ")));
  }
  screen.print(`\n${reports.length - failed.length} of ${reports.length} groups within tolerance`);
}

function reportCells(report: GroupReport): string[] {
  const { passed, group, tensors, absoluteError, relativeError, cosine, normRatio } = report;
  const numbers = tensors === 0
    ? ["-", "-", "-", "-"]
    : [absoluteError.toExponential(1), relativeError.toExponential(1)]
      .concat([cosine, normRatio].map((value) => value.toFixed(7)));
  return [passed ? "pass" : "FAIL", group, ...numbers];
}

function colourVerdict(screen: Screen, line: string): string {
  return line.replace(
    /^(pass|FAIL)/,
    (word) => screen.style(word === "pass" ? "green" : "red", word),
  );
}

if (import.meta.main) await runAsProcess(goldenCommand);
