/**
 * What a swarm on one machine is measured against: the same stages, with miners that call an
 * orchestrator and a store in memory directly, without HTTP, signatures, leases or merging.
 *
 * @module
 */
import type { Batch } from "../../data/packing.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { PassTimer } from "../../gpu/timer.ts";
import { Pipeline } from "../../model/pipeline.ts";
import type { Stage } from "../../model/stage.ts";
import { MemoryStore } from "./memory_store.ts";
import type { NetworkOptions, RoundResult, TrainingNetwork } from "../../node/training_network.ts";
import { DirectOrchestrator } from "./direct_orchestrator.ts";
import { DirectMiner } from "./direct_miner.ts";

/** How the network is set up; there is one miner a layer, and nothing to merge. */
export type DirectNetworkOptions = Omit<NetworkOptions, "minersPerLayer" | "mergeEvery">;

/** Batches on their way at once: while one waits for the host, another keeps the GPU busy. */
const IN_FLIGHT = 2;

/** See the module. */
export class DirectNetwork implements TrainingNetwork {
  #miners: Promise<unknown> = Promise.resolve();
  #orchestrator: DirectOrchestrator | undefined;

  private constructor(
    readonly options: DirectNetworkOptions,
    /** For measuring, while all miners are idle. */
    readonly pipeline: Pipeline,
  ) {}

  /**
   * Builds all stages with fresh weights.
   * @throws {WeftError} if the GPU has not the memory for them.
   */
  static async create(gpu: Gpu, options: DirectNetworkOptions): Promise<DirectNetwork> {
    return new DirectNetwork(options, await Pipeline.create(gpu, { ...options, slots: IN_FLIGHT }));
  }

  /** The stages, from head to tail. */
  get stages(): readonly Stage[] {
    return this.pipeline.stages;
  }

  /** Starts all miners; they wait until `allowRounds`. */
  start(roundsDone: number, nextBatch: () => Batch, timer: PassTimer): Promise<void> {
    const { batchesBeforeMerging, schedule, trainedStages } = this.options;
    const orchestrator = new DirectOrchestrator({
      layers: this.stages.length,
      batchesBeforeMerging,
      maxInFlight: IN_FLIGHT,
      schedule,
      roundsDone,
    });
    const store = new MemoryStore();
    const miners = this.stages.map((stage, layer) =>
      new DirectMiner({
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
    return Promise.resolve();
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

  /** As `stop`, but nobody waits for it. */
  close(): Promise<void> {
    this.stop().catch(() => {});
    return Promise.resolve();
  }

  /** Frees all stages. */
  destroy(): void {
    this.pipeline.destroy();
  }
}
