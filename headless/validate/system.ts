/**
 * What a validator finds around it, so that tests can hand in a wallet, a chain, a network and stages
 * without a GPU.
 *
 * @module
 */

import type { Clock, Http, HttpHandler, Log, WallClock } from "../../core/host.ts";
import type { Trainer } from "../../core/iota/miner/trainer.ts";
import type { TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import type { PrecisionName } from "../../core/model/parameters.ts";
import type { HttpListener, ListenOptions } from "../http_server.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { Backend } from "../webgpu.ts";

/** What stages are to be. */
export interface TrainersOptions {
  readonly training: TrainingSettings;
  readonly precision: PrecisionName;
  /** Decides the fresh weights. */
  readonly seed: number;
  /** Batches that a stage holds between forward and backward. */
  readonly slots: number;
  readonly backend: Backend;
  readonly log: Log;
}

/** Stages, one at a time. */
export interface Trainers {
  /** A fresh one of a layer; the one before is gone. */
  trainerFor(layer: number): Promise<Trainer>;
  close(): void;
}

/** The surroundings of `validate`. */
export interface ValidateSystem extends WalletSystem {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  openHttp(): Http & { close(): void };
  listen(handler: HttpHandler, options: ListenOptions): Promise<HttpListener>;
  openTrainers(options: TrainersOptions): Trainers;
}
