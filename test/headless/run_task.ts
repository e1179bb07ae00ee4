/**
 * Commands run as their tasks run them: as processes of their own, with the task's permissions.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** How a command ended, and all it has written. */
export interface TaskResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `deno task <name>` with these arguments, but for what Deno itself prints of it. */
export async function runTask(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<TaskResult> {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const [deno, ...words] = tasks[name].command.split(" ");
  const command = new Deno.Command(deno, {
    args: [...words, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...environment },
  });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, error };
}
