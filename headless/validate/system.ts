/**
 * What a validator finds around it, so that tests can hand in a wallet, a chain, a network and stages
 * without a GPU.
 *
 * @module
 */

import type { Clock, Http, HttpHandler, WallClock } from "../../core/host.ts";
import type { Trainers, TrainersOptions } from "../../core/node/trainers.ts";
import type { HttpListener, ListenOptions } from "../http_server.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { Backend } from "../webgpu.ts";

/** What stages are to be, and by which WebGPU. */
export interface BackendTrainersOptions extends TrainersOptions {
  readonly backend: Backend;
}

/** The surroundings of `validate`. */
export interface ValidateSystem extends WalletSystem {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  openHttp(): Http & { close(): void };
  listen(handler: HttpHandler, options: ListenOptions): Promise<HttpListener>;
  openTrainers(options: BackendTrainersOptions): Trainers;
}
