/**
 * An orchestrator that may be killed: everything it has is in its folder, and in a NATS server if one
 * is named, and it comes back at the same port.
 *
 * @module
 */

import { join } from "node:path";
import { chainHandlers } from "../../../core/iota/api/server.ts";
import { Orchestrator } from "../../../core/iota/orchestrator/orchestrator.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import {
  createLog,
  processClock,
  processRandomBytes,
  processWallClock,
} from "../../../headless/deno_host.ts";
import { openDiskStore } from "../../../headless/disk_store.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { openNatsState } from "../../../headless/nats_state.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { writeText } from "../../../headless/screen.ts";
import { SqliteState } from "../../../headless/sqlite_state.ts";
import { STORY_SWARM } from "./story_swarm.ts";

const [dir, port, bus, goneAfterMs] = Deno.args;
const log = createLog("info", (line) => writeText(Deno.stderr, `${line}\n`));
await readyKeys();
const time = { clock: processClock, wallClock: processWallClock };
const publicUrl = `http://127.0.0.1:${port}`;
const store = await openDiskStore(join(dir, "store"), {
  ...{ publicUrl, wallClock: processWallClock, log },
});
const orchestrator = new Orchestrator({
  ...time,
  settings: goneAfterMs === undefined
    ? STORY_SWARM
    : { ...STORY_SWARM, goneAfterMs: Number(goneAfterMs) },
  state: bus === undefined
    ? new SqliteState(join(dir, "state.sqlite"), time)
    : await openNatsState(bus, { ...time, log }),
  ...{ store, log, randomBytes: processRandomBytes, http: nodeHttp(), chain: undefined },
  ...{ signer: Keypair.fromSeed(new Uint8Array(32).fill(1)), version: "story" },
});
await listenHttp(chainHandlers(store.handle, orchestrator.handler), {
  ...{ hostname: "127.0.0.1", port: Number(port), log },
});
await orchestrator.run(new AbortController().signal);
