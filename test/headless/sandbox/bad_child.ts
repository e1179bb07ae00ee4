/**
 * A process that says it is a sandbox and then does what a job's shader names, as one does that is
 * broken or has been broken into.
 *
 * @module
 */

import { jsonFrame, readJsonFrames } from "../../../headless/sandbox/frames.ts";
import {
  MAX_FRAME_BYTES,
  readJobMessage,
  readyMessage,
  resultMessage,
} from "../../../headless/sandbox/messages.ts";
import { loadWebGpu } from "../../../headless/webgpu.ts";

async function say(message: unknown): Promise<void> {
  await Deno.stdout.write(jsonFrame(message, MAX_FRAME_BYTES));
}

/** A compiler that descends by recursion meets this many terms. */
const TERMS = 100_000;

const DEEDS: Readonly<Record<string, () => Promise<void>>> = {
  answers: () => say(resultMessage({ buffers: new Map([[0, Uint8Array.of(7)]]), elapsedMs: 1 })),
  ends: () => Deno.exit(3),
  aborts: async () => {
    const adapter = await (await loadWebGpu("wgpu")).gpu.requestAdapter();
    const device = await adapter?.requestDevice();
    device?.createShaderModule({ code: `const a = 1${"+1".repeat(TERMS)};` });
  },
  "cuts off": async () => {
    await Deno.stdout.write(Uint8Array.of(100, 0, 0, 0, 1, 2, 3));
    Deno.exit(0);
  },
  "is too long": async () => {
    await Deno.stdout.write(Uint8Array.of(255, 255, 255, 255));
  },
  "is no JSON": async () => {
    await Deno.stdout.write(Uint8Array.of(2, 0, 0, 0, 0xff, 0xff));
  },
  "says something else": () => say({ output: { buffers: {} }, isMistake: false }),
  "answers twice": async () => {
    await DEEDS.answers();
    await DEEDS.answers();
  },
  babbles: async () => {
    for (let line = 0; line < 1000; line++) {
      await Deno.stderr.write(new TextEncoder().encode(`secret ${"x".repeat(1000)}\n`));
    }
    Deno.exit(4);
  },
  "tells its rights": async () => {
    const names = ["net", "run", "write", "sys", "import"] as const;
    const granted = await Promise.all(
      names.map(async (name) => (await Deno.permissions.query({ name })).state === "granted"),
    );
    const home = (await Deno.permissions.query({ name: "env", variable: "HOME" })).state;
    const passwd = (await Deno.permissions.query({ name: "read", path: "/etc/passwd" })).state;
    const rights = [...granted, home === "granted", passwd === "granted"];
    const buffers = new Map([[0, Uint8Array.from(rights, Number)]]);
    await say(resultMessage({ buffers, elapsedMs: 1 }));
  },
};

const messages = readJsonFrames(Deno.stdin.readable, MAX_FRAME_BYTES);
await messages.next();
await say(readyMessage());
for await (const message of messages) await DEEDS[readJobMessage(message).job.shader]();
