/**
 * What an orchestrator finds around it, so that tests can hand in a wallet, a network and places to
 * keep things.
 *
 * @module
 */

import type { Clock, Http, HttpHandler, Log, WallClock } from "../../core/host.ts";
import type { PartialHandler } from "../../core/iota/api/server.ts";
import type { OrchestratorContext } from "../../core/iota/orchestrator/context.ts";
import type { Dashboards } from "../../core/iota/orchestrator/dashboards.ts";
import type { SwarmState } from "../../core/iota/orchestrator/state.ts";
import type { ObjectStore } from "../../core/iota/store/object_store.ts";
import type { Variables } from "../env_file.ts";
import type { HttpListener, ListenOptions } from "../http_server.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { StatePlace, StorePlace } from "./places.ts";

/** An orchestrator that answers, and whose timers run until they are stopped. */
export interface RunningOrchestrator {
  readonly handler: HttpHandler;
  readonly dashboards: Pick<Dashboards, "overview">;
  run(signal: AbortSignal): Promise<void>;
}

/** A store, and what serves its addresses where it is this process. */
export interface OpenedStore {
  readonly store: ObjectStore;
  readonly handle?: PartialHandler;
}

/** What a store is opened with. */
export interface StoreOptions {
  /** Where others reach this process. */
  readonly publicUrl: string;
  readonly http: Http;
  readonly log: Log;
}

/** The surroundings of `orchestrate`. */
export interface OrchestrateSystem extends WalletSystem {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  /** The variables of `.env`, which the environment's own beat. */
  readonly envFile: Variables;
  /** As in `Deno.build.os`. */
  readonly os: string;
  openHttp(): Http & { close(): void };
  listen(handler: HttpHandler, options: ListenOptions): Promise<HttpListener>;
  openState(place: StatePlace, log: Log): Promise<SwarmState>;
  openStore(place: StorePlace, options: StoreOptions): Promise<OpenedStore>;
  createOrchestrator(context: OrchestratorContext): RunningOrchestrator;
}
