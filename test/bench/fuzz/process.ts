/**
 * The served process as the run sees it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as v from "valibot";

const SCRIPT = fileURLToPath(new URL("served_process.ts", import.meta.url));
const Serving = v.object({ port: v.number() });
const Memory = v.object({ rss: v.number(), heapUsed: v.number(), external: v.number() });

/** Bytes after a collection. */
export type Memory = v.InferOutput<typeof Memory>;

/** A fuzzed miner elsewhere. */
export interface ServedMiner {
  readonly port: number;
  /** @throws {Error} if the process has ended */
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

/** Starts it. @throws {Error} if the process ends instead */
export async function serveFuzzed(hotkeys: readonly string[]): Promise<ServedMiner> {
  const process = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--v8-flags=--expose-gc", "--allow-env", "--allow-read"],
      ...["--allow-net=127.0.0.1", SCRIPT, JSON.stringify(hotkeys)],
    ],
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = process.stdin.getWriter();
  let printed = "";
  const line = async (): Promise<unknown> => {
    while (!printed.includes("\n")) {
      const { value, done } = await lines.read();
      if (done) throw new Error("the miner's process has ended by itself");
      printed += value;
    }
    const [first] = printed.split("\n", 1);
    printed = printed.slice(first.length + 1);
    return JSON.parse(first);
  };
  const { port } = v.parse(Serving, await line());
  return {
    port,
    memory: async () => {
      await writer.write(new Uint8Array([10]));
      return v.parse(Memory, await line());
    },
    stop: async () => {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}
