/**
 * A network of miners as a session sees it: it trains round after round, as far as it is allowed.
 *
 * @module
 */
import type { Batch } from "../data/packing.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { PassTimer } from "../gpu/timer.ts";
import type { Pipeline, PipelineOptions } from "../model/pipeline.ts";
import type { Schedule } from "../model/schedule.ts";
import type { StepOutcome } from "../ops/adamw.ts";

/** How a network is set up. */
export interface NetworkOptions extends Omit<PipelineOptions, "slots"> {
  /** Stages that train; the others keep their weights. */
  readonly trainedStages: ReadonlySet<number>;
  /** Batches whose gradients make one optimizer step of a miner. */
  readonly batchesBeforeMerging: number;
  readonly minersPerLayer: number;
  /** Optimizer steps of a miner from one merge of its layer to the next. */
  readonly mergeEvery: number;
  readonly schedule: Schedule;
  /**
   * Share of rounds in which a gradient validator runs a miner's work again.
   * @default by what the adapter can do beside
   */
  readonly checkedShare?: number;
}

/** What a round came to: the time in which every miner takes one optimizer step. */
export interface RoundResult {
  /** Counted from 1, over all runs. */
  readonly round: number;
  readonly learningRate: number;
  /** Mean loss of each batch, in the order in which they came. */
  readonly losses: number[];
  /** What each layer's latest optimizer step did. */
  readonly outcomes: readonly StepOutcome[];
}

/** See the module. */
export interface TrainingNetwork {
  /** One miner of each layer, for measuring and writing while all are idle. */
  readonly pipeline: Pipeline;
  /** Where a browser can watch it once it is started; undefined if nowhere. */
  readonly url?: string | undefined;
  /**
   * Starts all miners; they wait until `allowRounds`.
   * @throws {WeftError} if the network cannot be set up
   */
  start(roundsDone: number, nextBatch: () => Batch, timer: PassTimer): Promise<void>;
  /** Lets the miners train some more rounds. */
  allowRounds(count: number): void;
  /**
   * The next finished round, or undefined if the network was stopped. After the last one that was
   * allowed the miners are idle.
   * @throws what made a miner fail
   */
  nextRound(): Promise<RoundResult | undefined>;
  /** Ends all miners: with one a layer at a moment when all stages have taken the same steps. */
  stop(): Promise<void>;
  /** Frees everything but the stages, whatever state it is in. */
  close(): Promise<void>;
}

/** Makes a network with fresh weights. @throws {WeftError} if the GPU has not the memory */
export type OpenNetwork = (gpu: Gpu, options: NetworkOptions) => Promise<TrainingNetwork>;
