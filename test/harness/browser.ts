/**
 * The test function in a page: it collects tests, and the page runs them. Deno maps `#test` to
 * `deno.ts` instead, so one test file runs on both hosts.
 *
 * @module
 */

/** One registered test. */
export interface CollectedTest {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}

/** How one test went: `failure` is the error's text, or undefined when it passed. */
export interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly durationMs: number;
  readonly failure?: string;
}

let collected: CollectedTest[] = [];

/** Registers one test, named as a sentence. */
export function test(name: string, body: () => void | Promise<void>): void {
  collected.push({ name, body });
}

/**
 * Loads one test file and runs what it registers, one test after another. A file that cannot be
 * loaded or registers nothing gives one failed result.
 *
 * @param file name for the results
 * @param load imports the file
 */
export async function* runFile(
  file: string,
  load: () => Promise<unknown>,
): AsyncGenerator<TestResult> {
  collected = [];
  const loading = await runTest(file, {
    name: "the file loads",
    body: async () => void await load(),
  });
  if (loading.failure !== undefined) yield loading;
  else if (collected.length === 0) yield { ...loading, failure: "the file registers no test" };
  for (const each of collected) yield await runTest(file, each);
}

async function runTest(file: string, { name, body }: CollectedTest): Promise<TestResult> {
  const start = performance.now();
  let failure: string | undefined;
  try {
    await body();
  } catch (error) {
    failure = error instanceof Error ? error.stack ?? String(error) : String(error);
  }
  return { file, name, durationMs: performance.now() - start, failure };
}
