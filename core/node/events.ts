/**
 * What a training node tells its host while it runs.
 *
 * @module
 */

/** Milliseconds of GPU time by phase; undefined where the adapter has no timestamps. */
export interface GpuTimeMs {
  forward: number;
  loss: number;
  backward: number;
  optimizer: number;
}

/** The device and the model are ready. */
export interface StartedEvent {
  kind: "started";
  adapter: string;
  backend: string;
  isSoftware: boolean;
  model: string;
  parameters: number;
  /** Step the run goes on from; 0 for a new run. */
  step: number;
  /** Steps the run is to reach in all. */
  steps: number;
  batch: number;
  seq: number;
  batchesBeforeMerging: number;
  learningRate: number;
  precision: string;
  minersPerLayer: number;
  /** Optimizer steps of a miner from one merge of its layer to the next. */
  mergeEvery: number;
  /** Where a browser can watch the swarm; undefined if nowhere. */
  url: string | undefined;
  /** Mean nats a token of tables counted on the training text, on the same validation text. */
  unigramLoss: number;
  bigramLoss: number;
}

/** One optimizer step of all stages. */
export interface StepEvent {
  kind: "step";
  step: number;
  /** Mean loss of the step's batches in nats a token. */
  loss: number;
  /** Only on steps that validate. */
  validationLoss: number | undefined;
  learningRate: number;
  /** Gradient norm by stage, before clipping. */
  gradientNorms: number[];
  tokensPerSecond: number;
  stepMs: number;
  gpuMs: GpuTimeMs | undefined;
  /** Bytes of GPU buffers held. */
  memoryBytes: number;
  secondsLeft: number;
}

/** A step that was left out: a loss or gradient was NaN or infinite. */
export interface SkippedEvent {
  kind: "skipped";
  /** Positions in the corpus of the batches whose gradients were dropped. */
  positions: number[];
  inARow: number;
}

/** The run's state is on disk. */
export interface CheckpointEvent {
  kind: "checkpoint";
  step: number;
  sizeBytes: number;
}

/** The GPU was lost; the node opens it again and goes on from the last checkpoint. */
export interface DeviceLostEvent {
  kind: "device lost";
  reason: string;
}

/** The run ended: all steps done, or stopped by the user. */
export interface FinishedEvent {
  kind: "finished";
  step: number;
  stopped: boolean;
  /** On four times the text of the other validations; undefined if the run was stopped. */
  validationLoss: number | undefined;
  /** Text the model wrote, prompt included. */
  sample: string;
}

/** All events of a training node. */
export type NodeEvent =
  | StartedEvent
  | StepEvent
  | SkippedEvent
  | CheckpointEvent
  | DeviceLostEvent
  | FinishedEvent;
