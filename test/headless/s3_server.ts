/**
 * A real S3-compatible server, s3rver of npm, for tests of the store.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { withTempFolder } from "./temp_folder.ts";

const SCRIPT = fileURLToPath(new URL("run_s3rver.ts", import.meta.url));

/** The key and secret that s3rver knows. */
export const S3RVER_CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

/** Runs a server with one bucket while the work is done. */
export async function withS3Server(
  bucket: string,
  work: (endpoint: string) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const allowed = ["--allow-read", `--allow-write=${dir}`, "--allow-net=127.0.0.1"];
    const process = new Deno.Command("deno", {
      args: ["run", "--no-prompt", ...allowed, "--allow-env", "--allow-sys", SCRIPT, dir, bucket],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    try {
      await work(await firstLine(process.stdout));
    } finally {
      process.kill("SIGKILL");
      await process.stdout.cancel();
      await process.status;
    }
  });
}

async function firstLine(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("s3rver has ended");
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text.split("\n", 1)[0];
}
