/**
 * The fuzzed miner in a process of its own. It prints its port, and for every line on stdin what
 * memory it takes after a collection.
 *
 * @module
 */

import * as v from "valibot";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { writeText } from "../../../headless/screen.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { openFuzzedMiner } from "./fuzzed_miner.ts";

const hotkeys = v.parse(v.pipe(v.string(), v.parseJson(), v.array(v.string())), Deno.args[0]);
await readyKeys();
// What it warns of is what is done to it.
const log = createLog("error", (line) => writeText(Deno.stderr, `${line}\n`));
const axon = await openFuzzedMiner(hotkeys, { log, storage: new MemoryStorage() });
const { port } = await listenHttp(axon.handler, { hostname: "127.0.0.1", port: 0, log });
writeText(Deno.stdout, `${JSON.stringify({ port })}\n`);
const asked = new Uint8Array(1);
while (await Deno.stdin.read(asked) !== null) {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
  const { rss, heapUsed, external } = Deno.memoryUsage();
  writeText(Deno.stdout, `${JSON.stringify({ rss, heapUsed, external })}\n`);
}
