/**
 * The process in which a tenant's shaders run; `sandbox_child.ts` starts it. It has no network, no
 * other programs, nothing to write to but its pipes, and it ends with whoever started it, though a
 * shader may be running.
 *
 * @module
 */

import process from "node:process";
import { jsonFrame, readJsonFrames } from "./frames.ts";
import { MAX_FRAME_BYTES } from "./messages.ts";

const thread = new Worker(new URL("./child_thread.ts", import.meta.url), { type: "module" });
/** What is said is written in its order. */
let last: Promise<void> = Promise.resolve();

thread.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  last = last.then(() => say(data));
});

async function say(message: unknown): Promise<void> {
  const frame = jsonFrame(message, MAX_FRAME_BYTES);
  for (let at = 0; at < frame.length;) at += await Deno.stdout.write(frame.subarray(at));
}

for await (const message of readJsonFrames(Deno.stdin.readable, MAX_FRAME_BYTES)) {
  thread.postMessage(message);
}
// An exit lets drivers clean up, which may wait for the shader.
process.abort();
