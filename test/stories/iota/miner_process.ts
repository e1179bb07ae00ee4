/**
 * A miner that may be killed.
 *
 * @module
 */

import { readyKeys } from "../../../core/wallet/ready.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { writeText } from "../../../headless/screen.ts";
import { runStoryMiner } from "./story_miner.ts";

const [key, baseUrl] = Deno.args;
await readyKeys();
await runStoryMiner({
  ...{ key: Number(key), baseUrl, http: nodeHttp() },
  log: createLog("error", (line) => writeText(Deno.stderr, `${line}\n`)),
}, new AbortController().signal);
