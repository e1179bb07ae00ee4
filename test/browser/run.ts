/**
 * Runs the GPU suite in a real headless Chromium, prints one line per test and the totals, and
 * writes them as a JUnit report. Exit code 1 when a test fails, when there is none, and when the
 * page breaks down or falls silent. `unpack.ts` and the bundle must have been made before.
 *
 * @module
 */

import type { Page } from "playwright-core";
import type { TestResult } from "../harness/browser.ts";
import { print } from "../print.ts";
import { countResults, writeReport } from "../report.ts";
import { launchChromium } from "./chromium.ts";
import { serveTests } from "./server.ts";

/** A test that takes this long is taken to hang. */
const TEST_LIMIT_MS = 300_000;

const results: TestResult[] = [];
try {
  await runSuite();
} catch (error) {
  add({
    file: "test/browser/run.ts",
    name: "the suite runs to its end",
    durationMs: 0,
    failure: String(error),
  });
}
writeReport("browser", results);
const { passed, failed } = countResults(results);
print(`\nin Chromium: ${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

async function runSuite(): Promise<void> {
  await using server = serveTests();
  await using browser = await launchChromium();
  print(`running the GPU suite in Chromium ${browser.version()}`);
  const page = await browser.newPage();
  page.on("pageerror", (error) => {
    add({
      file: "test/browser/page.ts",
      name: "no error escapes a test",
      durationMs: 0,
      failure: String(error),
    });
  });
  await page.goto(server.url);
  for (let result = await nextResult(page); result; result = await nextResult(page)) add(result);
  if (results.length === 0) throw new Error("the page has no tests");
}

/** Lets the page run one test. A page that crashes rejects by itself, one that hangs by the limit. */
async function nextResult(page: Page): Promise<TestResult | undefined> {
  const { promise: hang, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("a test hangs")), TEST_LIMIT_MS);
  try {
    return await Promise.race([page.evaluate<TestResult | undefined>("nextResult()"), hang]);
  } finally {
    clearTimeout(timer);
  }
}

function add(result: TestResult): void {
  const { file, name, durationMs, failure } = result;
  results.push(result);
  const verdict = failure === undefined ? "ok" : "FAILED";
  print(`${file} > ${name} ... ${verdict} (${Math.round(durationMs)} ms)`);
  if (failure !== undefined) print(failure.replaceAll(/^/gm, "    "));
}
