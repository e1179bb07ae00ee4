/**
 * The benchmark's other processes: the axon, and the hostile clients.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { HOSTILE_ADDRESSES } from "./hostile.ts";
import { HostileOutcome, type HostileTask, type ServeTask, Serving } from "./served_messages.ts";

const AXON = fileURLToPath(new URL("served_process.ts", import.meta.url));
const HOSTILE = fileURLToPath(new URL("hostile_process.ts", import.meta.url));

/** Starts the axon. @throws {Error} if the process ends instead */
export async function serveAxon(
  task: ServeTask,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const process = start(AXON, task, [`--allow-write=${task.dir}`, "--allow-net=127.0.0.1"]);
  let printed = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (!printed.includes("\n")) continue;
    const { port } = v.parse(Serving, JSON.parse(printed));
    const stop = async (): Promise<void> => {
      process.kill("SIGKILL");
      await process.status;
    };
    return { port, stop };
  }
  throw new Error("the axon has ended by itself");
}

/** Starts hostile clients; what is returned ends them. */
export function sendHostile(task: HostileTask): () => Promise<HostileOutcome> {
  const addresses = ["127.0.0.1", ...HOSTILE_ADDRESSES].join();
  const process = start(HOSTILE, task, [`--allow-net=${addresses}`]);
  return async () => {
    const writer = process.stdin.getWriter();
    await writer.write(new Uint8Array([10]));
    await writer.close();
    const { stdout } = await process.output();
    return v.parse(HostileOutcome, JSON.parse(new TextDecoder().decode(stdout)));
  };
}

function start(
  script: string,
  task: unknown,
  permissions: readonly string[],
): Deno.ChildProcess {
  const allowed = ["--allow-env", "--allow-read", ...permissions];
  return new Deno.Command("deno", {
    args: ["run", "--no-prompt", ...allowed, script, JSON.stringify(task)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}
