/**
 * A folder for one test, below the one folder that tests may write.
 *
 * @module
 */

import { join } from "node:path";
import { CACHE_DIR } from "../../headless/unpack.ts";

/** Gives `body` an empty folder and removes it afterwards, whatever happens. */
export async function withTempFolder(body: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = join(CACHE_DIR, `test-${crypto.randomUUID()}`);
  Deno.mkdirSync(dir, { recursive: true });
  try {
    await body(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Names of what is in a folder, sorted. */
export function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
}
