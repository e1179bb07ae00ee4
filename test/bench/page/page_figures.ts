/**
 * What somebody feels who opens the page and tries it: when it can be used, how much is loaded for
 * that, when training begins, and whether the page ever stands still.
 *
 * @module
 */

import type { Page } from "playwright-core";
import { PageSetup } from "../../page/page_setup.ts";

/** The software adapter, on a busy machine. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 2_000;
/** Longer tasks are felt, and are what the long-task API tells of. */
export const LONG_TASK_MS = 50;

/** What was measured. Times in milliseconds. */
export interface PageFigures {
  /** From the start of the navigation until the first view is there and answers. */
  readonly firstViewMs: number;
  /** Of the scripts that were loaded until then, as they came over the network. */
  readonly scriptBytes: number;
  /** From the click until the first optimizer step is done, which is counted by all. */
  readonly firstStepMs: number;
  readonly runMs: number;
  /** Steps of all runs in that time. */
  readonly steps: number;
  /** The page's own tasks over {@linkcode LONG_TASK_MS}. */
  readonly longTasks: readonly LongTask[];
}

/** A task during which the page stood still. */
export interface LongTask {
  /** Since the navigation. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** Opens the page in a browser that knows nothing of it, and trains for so long. */
export async function pageFigures(
  runMs: number,
  nowMs: () => number,
  onStatus: (text: string) => void,
): Promise<PageFigures> {
  await using setup = await PageSetup.open();
  const context = await setup.context();
  await context.addInitScript(OBSERVE);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const scripts = countScripts(page);
  onStatus("opening the page");
  await page.goto(setup.server.url);
  await page.getByRole("heading", { name: /trains a language model/ }).waitFor();
  const firstViewMs = await page.evaluate(() => performance.now());
  const scriptBytes = await scripts();
  const start = page.getByRole("button", { name: "Start" });
  await start.click();
  const clickMs = nowMs();
  onStatus("waiting for the first step");
  await page.locator(".tile b", { hasText: /^\d+ of \d+/ }).waitFor();
  const firstStepMs = nowMs() - clickMs;
  const steps = await keepRunning(page, clickMs + runMs, nowMs, onStatus);
  const longTasks = await page.evaluate(() => Reflect.get(globalThis, "longTasks"));
  return { firstViewMs, scriptBytes, firstStepMs, runMs, steps, longTasks };
}

/** Runs in the page before its own scripts. */
const OBSERVE = `
globalThis.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    globalThis.longTasks.push({ startMs: startTime, durationMs: duration });
  }
}).observe({ type: "longtask", buffered: true });`;

/** Counts what scripts weigh from now on; the sum when it is asked. */
function countScripts(page: Page): () => Promise<number> {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    const request = response.request();
    if (request.resourceType() !== "script") return;
    sizes.push(
      response.finished().then(() => request.sizes()).then(({ responseBodySize }) =>
        responseBodySize
      ),
    );
  });
  return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Begins a run anew whenever one is done; how many steps there were. */
async function keepRunning(
  page: Page,
  untilMs: number,
  nowMs: () => number,
  onStatus: (text: string) => void,
): Promise<number> {
  let done = 0;
  let step = 0;
  while (nowMs() < untilMs) {
    await page.waitForTimeout(LOOK_MS);
    const forget = page.getByRole("button", { name: "Forget this run" });
    if (await forget.isVisible()) {
      done += step;
      step = 0;
      await forget.click();
      await page.getByRole("button", { name: "Start" }).click();
      continue;
    }
    const tile = page.locator(".tile b", { hasText: /^\d+ of \d+/ });
    if (await tile.isVisible()) step = Number.parseInt(await tile.textContent() ?? "0");
    onStatus(`step ${done + step}, ${Math.ceil((untilMs - nowMs()) / 1000)} s left`);
  }
  return done + step;
}
