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
