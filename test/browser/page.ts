/// <reference lib="dom" />
/**
 * The page that runs the GPU suite: the same test files that Deno runs, bundled by Vite. The runner
 * calls `nextResult()` until it gives undefined.
 *
 * @module
 */

import { runFile, type TestResult } from "../harness/browser.ts";

declare global {
  /** Runs the next test; undefined after the last. */
  var nextResult: () => Promise<TestResult | undefined>;

  interface ImportMeta {
    /** Replaced by Vite with a map from each matching file to a function that imports it. */
    glob(patterns: string[]): Record<string, () => Promise<unknown>>;
  }
}

const files = import.meta.glob([
  "../gpu/**/*.test.ts",
  "../hash/**/*.test.ts",
  "../ops/**/*.test.ts",
  "../model/**/*.test.ts",
]);

const suite = runSuite();
globalThis.nextResult = async () => (await suite.next()).value;

async function* runSuite(): AsyncGenerator<TestResult, undefined> {
  for (const [path, load] of Object.entries(files)) {
    yield* runFile(path.replace("..", "test"), load);
  }
}
