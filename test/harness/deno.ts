/**
 * The test function under Deno. A page maps `#test` to `browser.ts` instead, so one test file runs
 * on both hosts.
 *
 * @module
 */

/** Registers one test, named as a sentence. */
export function test(name: string, body: () => void | Promise<void>): void {
  Deno.test(name, body);
}

/**
 * Registers a test that needs something which is not in the repository. Without it the test is
 * counted as ignored, and its name says what is missing.
 *
 * @param missing undefined where everything is there, otherwise what is not: `no chain spec`
 */
export function testWhere(
  missing: string | undefined,
  name: string,
  body: () => void | Promise<void>,
): void {
  if (missing === undefined) Deno.test(name, body);
  else Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn: body });
}
