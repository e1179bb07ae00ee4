/**
 * `deno task bench:page`: how the page feels in the Chromium that npm brings, on the software adapter.
 *
 * @module
 */

import { type Command, type CommandContext, runAsProcess } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { processClock } from "../../../headless/deno_host.ts";
import { positive } from "../../../headless/flags.ts";
import { checkUse, markdown } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { LONG_TASK_MS, type LongTask, type PageFigures, pageFigures } from "./page_figures.ts";

/** What the page is to reach, in milliseconds and bytes. */
const BOUNDS = { firstViewMs: 1_500, scriptBytes: 200_000, firstStepMs: 10_000 };
const MINUTE_MS = 60_000;

const FLAGS = {
  minutes: positive({
    name: "minutes",
    default: 10,
    description: "How long the page trains and is watched.",
  }),
  markdown,
  json,
} as const;

const pageCommand: Command<typeof FLAGS> = {
  name: "bench:page",
  summary:
    "Opens the page in a fresh browser, starts a run in the tab, and watches both. The exit " +
    "code is 1 if a bound is missed.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: CommandContext<typeof FLAGS>): Promise<number> {
  checkUse(values);
  const figures = await pageFigures(
    values.minutes * MINUTE_MS,
    () => processClock.nowMs(),
    (text) => screen.status(text),
  );
  screen.endStatus();
  if (values.json) screen.printJson({ kind: "page", ...figures });
  else show(new Printer(screen, values.markdown), figures);
  return isReached(figures) ? 0 : 1;
}

function isReached({ firstViewMs, scriptBytes, firstStepMs, longTasks }: PageFigures): boolean {
  return firstViewMs <= BOUNDS.firstViewMs && scriptBytes <= BOUNDS.scriptBytes &&
    firstStepMs <= BOUNDS.firstStepMs && longTasks.length === 0;
}

function show(printer: Printer, figures: PageFigures): void {
  const { firstViewMs, scriptBytes, firstStepMs, runMs, steps, longTasks } = figures;
  const seconds = (ms: number): string => `${threeDigits(ms / 1000)} s`;
  printer.heading("The page in headless Chromium on the software adapter");
  const day = new Date().toISOString().slice(0, 10);
  printer.line(
    `${navigator.hardwareConcurrency} cores, ${day}; ${steps} steps in ${seconds(runMs)}`,
  );
  printer.table(
    [{ title: "measure" }, { title: "figure", align: "right" }, { title: "bound", align: "right" }],
    [
      ["first view that answers", seconds(firstViewMs), seconds(BOUNDS.firstViewMs)],
      ["scripts loaded for it", kilobytes(scriptBytes), kilobytes(BOUNDS.scriptBytes)],
      ["first optimizer step after the click", seconds(firstStepMs), seconds(BOUNDS.firstStepMs)],
      [`tasks of the page over ${LONG_TASK_MS} ms`, `${longTasks.length}`, "0"],
      ["longest of them", longest(longTasks), "-"],
    ],
  );
}

function kilobytes(size: number): string {
  return `${threeDigits(size / 1000)} kB`;
}

function longest(tasks: readonly LongTask[]): string {
  if (tasks.length === 0) return "-";
  const [{ startMs, durationMs }] = tasks.toSorted((x, y) => y.durationMs - x.durationMs);
  return `${threeDigits(durationMs)} ms, ${threeDigits(startMs / 1000)} s after opening`;
}

if (import.meta.main) await runAsProcess(pageCommand);
