/**
 * An orchestrator's surroundings in this process.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Log } from "../../core/host.ts";
import type { OrchestratorContext } from "../../core/iota/orchestrator/context.ts";
import { Orchestrator } from "../../core/iota/orchestrator/orchestrator.ts";
import type { SwarmState } from "../../core/iota/orchestrator/state.ts";
import { userFolder } from "../command.ts";
import { processClock, processWallClock } from "../deno_host.ts";
import { openDiskStore } from "../disk_store.ts";
import { readEnvFile } from "../env_file.ts";
import { listenHttp } from "../http_server.ts";
import { nodeHttp } from "../node_http.ts";
import { startSignatureThreads } from "../signature_threads.ts";
import { SqliteState } from "../sqlite_state.ts";
import { diskError } from "../wallet/disk_error.ts";
import { processWalletSystem } from "../wallet/process_system.ts";
import type { StatePlace, StorePlace } from "./places.ts";
import type {
  OpenedStore,
  OrchestrateSystem,
  RunningOrchestrator,
  StoreOptions,
} from "./system.ts";

const TIME = { clock: processClock, wallClock: processWallClock };

/** This process's wallet, network and disk. */
export function processOrchestrateSystem(): OrchestrateSystem {
  return {
    ...processWalletSystem(),
    ...TIME,
    envFile: readEnvFile(userFolder()),
    os: Deno.build.os,
    openHttp: nodeHttp,
    listen: listenHttp,
    openState,
    openStore,
    createOrchestrator,
  };
}

/** A check takes longer than all else of a small request. */
const SIGNATURE_THREADS = 1;

function createOrchestrator(context: OrchestratorContext): RunningOrchestrator {
  const threads = startSignatureThreads(SIGNATURE_THREADS);
  const orchestrator = new Orchestrator(context, { checkSignature: threads.check });
  const { handler, dashboards } = orchestrator;
  return {
    ...{ handler, dashboards },
    run: (signal) => orchestrator.run(signal).finally(threads.close),
  };
}

/**
 * The state at a place.
 *
 * @throws {WeftError} if the file cannot be used, or the bus does not answer
 */
export async function openState(place: StatePlace, log?: Log): Promise<SwarmState> {
  if (place.kind === "file") {
    try {
      Deno.mkdirSync(dirname(place.path), { recursive: true });
    } catch (error) {
      throw diskError(`the folder of ${place.path} cannot be made`, error);
    }
    return new SqliteState(place.path, TIME);
  }
  // Only who speaks to NATS waits for its library.
  const { openNatsState } = await import("../nats_state.ts");
  return await openNatsState(place.url, { ...TIME, ...log && { log } });
}

/**
 * The store at a place.
 *
 * @throws {UsageError} if the address names none
 * @throws {WeftError} if the folder cannot be used
 */
export async function openStore(place: StorePlace, options: StoreOptions): Promise<OpenedStore> {
  const { publicUrl, http, log } = options;
  if (place.kind === "folder") {
    const wallClock = processWallClock;
    const store = await openDiskStore(place.path, { publicUrl, wallClock, log });
    return { store, handle: store.handle };
  }
  const { openS3Store } = await import("../s3_store.ts");
  return { store: openS3Store(place.url, place.credentials, { ...TIME, http, log }) };
}
