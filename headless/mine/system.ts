/**
 * What a miner of a swarm elsewhere finds around it, so that tests can hand in a wallet, a chain, a
 * network and a GPU.
 *
 * @module
 */

import type { Clock, Host, Http, HttpHandler, Log, WallClock } from "../../core/host.ts";
import type { Variables } from "../env_file.ts";
import type { HttpListener, ListenOptions } from "../http_server.ts";
import type { Trainers, TrainersOptions } from "../validate/system.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { Backend } from "../webgpu.ts";

/** A stage that is ready, and what it is on. */
export interface StageFacts {
  readonly layer: number;
  readonly parameters: number;
  readonly adapter: string;
  readonly backend: string;
  readonly isSoftware: boolean;
  /** Bytes of GPU buffers held. */
  readonly memoryBytes: number;
}

/** What stages are to be, and who is told of them. */
export interface StagesOptions extends TrainersOptions {
  readonly onStage: (facts: StageFacts) => void;
  /** Called when the device of the stage is lost; the next stage is made on a new one. */
  readonly onLost: (reason: string) => void;
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
  openStages(options: StagesOptions): Trainers;
  /** What challenges are searched with, and where nonces are kept. */
  openComputeHost(options: ComputeHostOptions): Host;
}
