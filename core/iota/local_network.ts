/**
 * A whole network in one process: every stage of a model with its miner, one orchestrator and one
 * store in memory.
 *
 * @module
 */
import type { Batch } from "../data/packing.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { PassTimer } from "../gpu/timer.ts";
import { type ModelConfig, stageShape } from "../model/config.ts";
import { type PrecisionName, PRECISIONS } from "../model/parameters.ts";
import type { Schedule } from "../model/schedule.ts";
import { Stage } from "../model/stage.ts";
import type { Tuning } from "../model/tuning.ts";
import { MemoryStore } from "./activation_store.ts";
import { LocalOrchestrator, type RoundResult } from "./local_orchestrator.ts";
import { Miner } from "./miner.ts";

/** How a local network is set up. */
export interface LocalNetworkOptions {
  model: ModelConfig;
  /** Stages that train; the others keep their weights. */
  trainedStages: ReadonlySet<number>;
  batch: number;
  seq: number;
  batchesBeforeMerging: number;
  schedule: Schedule;
  precision: PrecisionName;
  tuning: Tuning;
  seed: number;
}

/** Batches on their way at once: while one waits for the host, another keeps the GPU busy. */
const IN_FLIGHT = 2;

/** See the module. */
export class LocalNetwork {
  #miners: Promise<unknown> = Promise.resolve();
  #orchestrator: LocalOrchestrator | undefined;

  private constructor(
    readonly options: LocalNetworkOptions,
    readonly stages: readonly Stage[],
  ) {}

  /** Builds all stages with fresh weights. */
  static async create(gpu: Gpu, options: LocalNetworkOptions): Promise<LocalNetwork> {
    const { model, batch, seq, precision, tuning, seed } = options;
    const stages: Stage[] = [];
    for (const [index, split] of model.splits.entries()) {
      const shape = stageShape(model, split, batch, seq);
      const stage = await Stage.create(gpu, shape, {
        precision: PRECISIONS[precision],
        tuning,
        totalGlobalParams: model.totalGlobalParams,
        slots: IN_FLIGHT,
      });
      await stage.parameters.initialise(seed + index);
      stages.push(stage);
    }
    return new LocalNetwork(options, stages);
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
    // A failure is told by nextRound; while nobody waits there it must not end the process.
    this.#miners.catch(() => {});
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
    return await Promise.race([
      this.#orchestrator?.nextRound(),
      // Miners only end by failing, or after a stop, when nextRound ends too.
      this.#miners.then(() => new Promise<never>(() => {})),
    ]);
  }

  /** Ends all miners at the next moment when all stages have taken the same steps. */
  async stop(): Promise<void> {
    this.#orchestrator?.stop();
    await this.#miners;
  }

  /** Mean loss over batches of tokens (B·T each), nothing is learnt. Miners must be idle. */
  async validate(batches: readonly Int32Array[]): Promise<number> {
    const losses = new Array<number>(batches.length);
    let next = 0;
    const lane = async (slot: number): Promise<void> => {
      while (next < batches.length) {
        const index = next++;
        losses[index] = await this.#lossOf(slot, batches[index]);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, slot) => lane(slot)));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  /** Logits (T, V) of one sample of at most T tokens; miners must be idle. */
  async logits(sample: Int32Array): Promise<Float32Array> {
    const { batch, seq, model } = this.options;
    const tokens = new Int32Array(batch * seq);
    tokens.set(sample);
    const tail = await this.#forwardToTail(0, tokens);
    const logits = await tail.readLogits();
    return logits.subarray(0, seq * model.V);
  }

  /** Frees all stages. */
  destroy(): void {
    for (const stage of this.stages) stage.destroy();
  }

  async #lossOf(slot: number, tokens: Int32Array): Promise<number> {
    const tail = await this.#forwardToTail(slot, tokens);
    tail.writeTargets(tokens);
    tail.loss(slot);
    return await tail.readLoss();
  }

  async #forwardToTail(slot: number, tokens: Int32Array): Promise<Stage> {
    let activation: Float32Array | undefined;
    for (const stage of this.stages) {
      if (activation) stage.writeInput(slot, activation);
      else stage.writeTokens(slot, tokens);
      stage.forward(slot);
      if (stage.shape.kind === "tail") return stage;
      activation = await stage.readOutput(slot);
    }
    throw new RangeError("the last stage of a network is its tail");
  }
}
