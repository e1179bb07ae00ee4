/**
 * An orchestrator in a process of its own, put together as `deno task orchestrate` does it.
 *
 * @module
 */

import { join } from "node:path";
import * as v from "valibot";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { chainHandlers } from "../../../core/iota/api/server.ts";
import { Orchestrator } from "../../../core/iota/orchestrator/orchestrator.ts";
import { PUBLISHED_SWARM } from "../../../core/iota/orchestrator/settings.ts";
import { findPreset } from "../../../core/model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
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
import { startSignatureThreads } from "../../../headless/signature_threads.ts";
import { SqliteState } from "../../../headless/sqlite_state.ts";
import { ServeTask } from "./served_messages.ts";

const TIME = { clock: processClock, wallClock: processWallClock };
const HOST = { hostname: "127.0.0.1", port: 0 };

const { dir, bus, threads } = v.parse(v.pipe(v.string(), v.parseJson(), ServeTask), Deno.args[0]);
const log = createLog("error", (line) => writeText(Deno.stderr, `${line}\n`));
await readyKeys();
const state: SwarmState = bus === undefined
  ? new SqliteState(join(dir, "state.sqlite"), TIME)
  : await openNatsState(bus, TIME);
let handler: ReturnType<typeof chainHandlers> = () => Promise.reject(new Error("not there yet"));
const listener = await listenHttp((request) => handler(request), { ...HOST, log });
const storeOptions = { publicUrl: listener.url, wallClock: processWallClock, log };
const store = await openDiskStore(join(dir, "store"), storeOptions);
const { model, batch, seq, learningRate: peak } = findPreset("nano");
const context = {
  settings: {
    ...PUBLISHED_SWARM,
    ...{ model, batch, seq, membersOnly: false, rateFactor: Infinity },
    schedule: { peak, warmupSteps: 20, ...PUBLISHED_SCHEDULE },
  },
  ...{ ...TIME, state, store, log, randomBytes: processRandomBytes, http: nodeHttp() },
  // All processes of a swarm have the same key.
  ...{ signer: Keypair.fromSeed(new Uint8Array(32).fill(1)), chain: undefined, version: "bench" },
};
const { check } = startSignatureThreads(threads);
const orchestrator = new Orchestrator(context, threads > 0 ? { checkSignature: check } : {});
handler = chainHandlers(store.handle, orchestrator.handler);
writeText(Deno.stdout, `${JSON.stringify({ url: listener.url })}\n`);
await orchestrator.run(new AbortController().signal);
