/**
 * What this process gives to a swarm that runs on it: a port of the loopback interface, a store in a
 * folder of the run, and the page that shows the swarm.
 *
 * @module
 */

import { join } from "node:path";
import type { Log } from "../core/host.ts";
import { chainHandlers, type PartialHandler } from "../core/iota/api/server.ts";
import type { GpuTurns } from "../core/node/gpu_turns.ts";
import { LocalSwarm } from "../core/node/local_swarm.ts";
import type { SwarmPlace, SwarmStore } from "../core/node/swarm_place.ts";
import type { OpenNetwork } from "../core/node/training_network.ts";
import { processClock, processRandomBytes, processWallClock } from "./deno_host.ts";
import { openDiskStore } from "./disk_store.ts";
import { listenHttp } from "./http_server.ts";
import { nodeHttp } from "./node_http.ts";
import { pageHandler } from "./orchestrate/page_handler.ts";

/** Within the run folder; removed when the run ends. */
const STORE_NAME = "store";
const LOOPBACK = "127.0.0.1";

/** Opens networks whose store is in a run folder, and whose miners take turns on the GPU. */
export function localSwarmOpener(runDir: string, log: Log, turns?: GpuTurns): OpenNetwork {
  const place = localPlace(join(runDir, STORE_NAME), log);
  return (gpu, options) => LocalSwarm.create(gpu, options, place, turns);
}

/** This process as a place for a swarm. */
export function localPlace(storeDir: string, log: Log): SwarmPlace {
  return {
    ...{ clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes, log },
    openHttp: nodeHttp,
    listen: (handler) => {
      const withPage = chainHandlers(pageHandler, (request) => handler(request));
      return listenHttp(withPage, { hostname: LOOPBACK, port: 0, log });
    },
    openStore: (publicUrl) => openStore(storeDir, publicUrl, log),
  };
}

/** What a crash left there is removed first. */
async function openStore(dir: string, publicUrl: string, log: Log): Promise<SwarmStore> {
  await removeFolder(dir);
  const wallClock = processWallClock;
  // Whoever loses power begins from a checkpoint, not from activations.
  const store = await openDiskStore(dir, { publicUrl, wallClock, log, syncs: false });
  const handle: PartialHandler = (request) => store.handle(request);
  return { store, handle, remove: () => removeFolder(dir) };
}

async function removeFolder(dir: string): Promise<void> {
  try {
    await Deno.remove(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
