/**
 * A whole network in one process: every stage of a model with its miner, one orchestrator and one
 * store in memory.
 *
 * @module
 */
import type { Batch } from "../data/packing.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { PassTimer } from "../gpu/timer.ts";
import { Pipeline, type PipelineOptions } from "../model/pipeline.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Stage } from "../model/stage.ts";
import { MemoryStore } from "./activation_store.ts";
import { LocalOrchestrator, type RoundResult } from "./local_orchestrator.ts";
import { Miner } from "./local_miner.ts";

/** How a local network is set up. */
export interface LocalNetworkOptions extends Omit<PipelineOptions, "slots"> {
  /** Stages that train; the others keep their weights. */
  trainedStages: ReadonlySet<number>;
  batchesBeforeMerging: number;
  schedule: Schedule;
}

/** Batches on their way at once: while one waits for the host, another keeps the GPU busy. */
const IN_FLIGHT = 2;

/** See the module. */
export class LocalNetwork {
  #miners: Promise<unknown> = Promise.resolve();
  #orchestrator: LocalOrchestrator | undefined;

  private constructor(
    readonly options: LocalNetworkOptions,
    /** For measuring, while all miners are idle. */
    readonly pipeline: Pipeline,
  ) {}

  /**
   * Builds all stages with fresh weights.
   * @throws {WeftError} if the GPU has not the memory for them.
   */
  static async create(gpu: Gpu, options: LocalNetworkOptions): Promise<LocalNetwork> {
    return new LocalNetwork(options, await Pipeline.create(gpu, { ...options, slots: IN_FLIGHT }));
  }

  /** The stages, from head to tail. */
  get stages(): readonly Stage[] {
    return this.pipeline.stages;
  }

  /** Starts all miners; they wait until `allowRounds`. */
  start(roundsDone: number, nextBatch: () => Batch, timer: PassTimer): void {
    const { batchesBeforeMerging, schedule, trainedStages } = this.options;
    const orchestrator = new LocalOrchestrator({
      layers: this.stages.length,
      batchesBeforeMerging,
      maxInFlight: IN_FLIGHT,
      schedule,
      roundsDone,
    });
    const store = new MemoryStore();
    const miners = this.stages.map((stage, layer) =>
      new Miner({
        layer,
        stage,
        orchestrator,
        store,
        nextBatch: layer === 0 ? nextBatch : undefined,
        trains: trainedStages.has(layer),
        timer,
      })
    );
    this.#orchestrator = orchestrator;
    this.#miners = Promise.all(miners.map((miner) => miner.run()));
    this.#miners.catch((error: unknown) => orchestrator.fail(error));
  }

  /** Lets the miners train some more rounds. */
  allowRounds(count: number): void {
    this.#orchestrator?.allowRounds(count);
  }

  /**
   * The next finished round, or undefined if the network was stopped.
   * @throws what made a miner fail.
   */
  async nextRound(): Promise<RoundResult | undefined> {
    return await this.#orchestrator?.nextRound();
  }

  /** Ends all miners at the next moment when all stages have taken the same steps. */
  async stop(): Promise<void> {
    this.#orchestrator?.stop();
    await this.#miners;
  }

  /** Frees all stages. */
  destroy(): void {
    this.pipeline.destroy();
  }
}
