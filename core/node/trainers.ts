/**
 * Stages that a node makes one after the other, and what it tells of them.
 *
 * @module
 */

import type { Log } from "../host.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import type { TrainingSettings } from "../iota/orchestrator/settings.ts";
import type { PrecisionName } from "../model/parameters.ts";

/** What stages are to be. */
export interface TrainersOptions {
  readonly training: TrainingSettings;
  readonly precision: PrecisionName;
  /** Decides the fresh weights. */
  readonly seed: number;
  /** Batches that a stage holds between forward and backward. */
  readonly slots: number;
  readonly log: Log;
}

/** Stages, one at a time. */
export interface Trainers {
  /** A fresh one of a layer; the one before is gone. */
  trainerFor(layer: number): Promise<Trainer>;
  close(): void;
}

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
