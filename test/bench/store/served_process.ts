/**
 * A process that serves a disk store over loopback until it is killed; `serve.ts` starts it.
 *
 * @module
 */

import { join } from "node:path";
import * as v from "valibot";
import type { ServedResponse } from "../../../core/host.ts";
import { createLog, processWallClock } from "../../../headless/deno_host.ts";
import { openDiskStore } from "../../../headless/disk_store.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { writeText } from "../../../headless/screen.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { MemoryAnswer, Served, ServeRequest } from "./served_messages.ts";

const KEY = "weights/bench/1/0/weights.pt";
const EXPIRY_S = 3600;

const { dir, syncs, maxBytes } = v.parse(ServeRequest, JSON.parse(Deno.args[0]));
const log = createLog("debug", (line) => writeText(Deno.stderr, `${line}\n`));
const memory = new MemoryWatch(() => Deno.memoryUsage().rss);

const listener = await listenHttp(
  (request) => store.handle(request) ?? Promise.resolve(answerMemory()),
  { hostname: "127.0.0.1", port: 0, log },
);
const publicUrl = listener.url;
const store = await openDiskStore(dir, { publicUrl, wallClock: processWallClock, log, syncs });
const served: Served = {
  putUrl: await store.presignPut(KEY, EXPIRY_S, { minBytes: 1, maxBytes }),
  getUrl: await store.presignGet(KEY, EXPIRY_S),
  objectPath: join(dir, "objects", `${KEY}~`),
  memoryUrl: `${publicUrl}/memory`,
};
writeText(Deno.stdout, `${JSON.stringify(served)}\n`);

function answerMemory(): ServedResponse {
  const answer: v.InferOutput<typeof MemoryAnswer> = { mostBytes: memory.take() };
  const body = new TextEncoder().encode(JSON.stringify(answer));
  return { status: 200, headers: { "content-type": "application/json" }, body };
}
