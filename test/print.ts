/**
 * Lines on standard output, for the programs that run and check tests.
 *
 * @module
 */

/** Writes `line` and a line break. */
export function print(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
