/**
 * Starts orchestrators in processes of their own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { ServeTask, Serving } from "./served_messages.ts";

const SCRIPT = fileURLToPath(new URL("served_process.ts", import.meta.url));
/** An orchestrator that answers. */
export interface ServedOrchestrator {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws {Error} if the process ends instead */
export async function serveOrchestrator(task: ServeTask): Promise<ServedOrchestrator> {
  const process = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--allow-read", `--allow-write=${task.dir}`, "--allow-env"],
      ...["--allow-net=127.0.0.1", SCRIPT, JSON.stringify(task)],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let printed = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (!printed.includes("\n")) continue;
    return {
      ...v.parse(Serving, JSON.parse(printed)),
      stop: async () => {
        process.kill("SIGKILL");
        await process.status;
      },
    };
  }
  throw new Error("an orchestrator has ended by itself");
}
