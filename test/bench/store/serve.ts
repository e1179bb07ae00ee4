/**
 * Starts the process that serves the benchmark's store: with client and server in one process, two
 * threads would fight over its memory, which is not what a miner and an orchestrator do.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { Served, ServeRequest } from "./served_messages.ts";

const SCRIPT = fileURLToPath(new URL("served_process.ts", import.meta.url));

/** A store that is being served. */
export interface ServedProcess {
  readonly served: Served;
  stop(): Promise<void>;
}

/**
 * Serves a store in a process of its own.
 *
 * @throws {Error} if the process ends instead
 */
export async function serveInProcess(request: ServeRequest): Promise<ServedProcess> {
  const allowed = ["--allow-read", `--allow-write=${request.dir}`, "--allow-net=127.0.0.1"];
  const process = new Deno.Command("deno", {
    args: ["run", "--no-prompt", ...allowed, SCRIPT, JSON.stringify(request)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.status;
  };
  let printed = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (printed.includes("\n")) return { served: v.parse(Served, JSON.parse(printed)), stop };
  }
  throw new Error("the process that serves the store has ended");
}
