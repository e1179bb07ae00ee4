/**
 * What a miner of a swarm elsewhere finds around it, so that tests can hand in a wallet, a chain, a
 * network and a GPU.
 *
 * @module
 */

import type { Clock, Host, Http, HttpHandler, Log, WallClock } from "../../core/host.ts";
import type { StagesOptions, Trainers } from "../../core/node/trainers.ts";
import type { Variables } from "../env_file.ts";
import type { HttpListener, ListenOptions } from "../http_server.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { Backend } from "../webgpu.ts";

/** What stages are to be, and by which WebGPU. */
export interface BackendStagesOptions extends StagesOptions {
  readonly backend: Backend;
}

/** How a machine for challenges is opened. */
export interface ComputeHostOptions {
  readonly backend: Backend;
  readonly log: Log;
}

/** The surroundings. */
export interface MineSystem extends WalletSystem {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  /** The variables of `.env`, which the environment's own beat. */
  readonly envFile: Variables;
  openHttp(): Http & { close(): void };
  listen(handler: HttpHandler, options: ListenOptions): Promise<HttpListener>;
  openStages(options: BackendStagesOptions): Trainers;
  /** What challenges are searched with, and where nonces are kept. */
  openComputeHost(options: ComputeHostOptions): Host;
}
