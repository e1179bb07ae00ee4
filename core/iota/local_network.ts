/**
 * A whole network in one process: every stage of a model with its miner, one orchestrator and one
 * store in memory.
 *
 * @module
 */
import type { Batch } from "../data/packing.ts";
import { WeftError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { PassTimer } from "../gpu/timer.ts";
import { type ModelConfig, stageShape } from "../model/config.ts";
import { type PrecisionName, PRECISIONS } from "../model/parameters.ts";
import type { Schedule } from "../model/schedule.ts";
import { Stage } from "../model/stage.ts";
import type { Tuning } from "../model/tuning.ts";
import { MemoryStore } from "./activation_store.ts";
import { LocalOrchestrator, type RoundResult } from "./local_orchestrator.ts";
import { Miner } from "./local_miner.ts";

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

  /**
   * Builds all stages with fresh weights.
   * @throws {WeftError} if the GPU has not the memory for them.
   */
  static async create(gpu: Gpu, options: LocalNetworkOptions): Promise<LocalNetwork> {
    gpu.device.pushErrorScope("out-of-memory");
    const stages: Stage[] = [];
    for (const index of options.model.splits.keys()) {
      stages.push(await createStage(gpu, options, index));
    }
    if (await gpu.device.popErrorScope()) {
      throw new WeftError(
        `the GPU has not the ${gpu.memory.bytes} bytes that model ${options.model.name} needs: ` +
          `choose a smaller model, batch or sequence`,
      );
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
    const logits = await this.#forward(0, tokens, (tail) => tail.readLogits());
    return logits.subarray(0, seq * model.V);
  }

  /** Frees all stages. */
  destroy(): void {
    for (const stage of this.stages) stage.destroy();
  }

  #lossOf(slot: number, tokens: Int32Array): Promise<number> {
    return this.#forward(slot, tokens, (tail) => {
      tail.writeTargets(tokens);
      tail.loss(slot);
      return tail.readLoss();
    });
  }

  /**
   * Runs a batch forward through all stages. `finish` is called in the same turn as the tail's
   * forward and must send its work at once: logits and targets are shared by all slots.
   */
  async #forward<Result>(
    slot: number,
    tokens: Int32Array,
    finish: (tail: Stage) => Promise<Result>,
  ): Promise<Result> {
    let activation: Float32Array | undefined;
    for (const stage of this.stages) {
      if (activation) stage.writeInput(slot, activation);
      else stage.writeTokens(slot, tokens);
      stage.forward(slot);
      if (stage.shape.kind === "tail") return await finish(stage);
      activation = await stage.readOutput(slot);
    }
    throw new RangeError("the last stage of a network is its tail");
  }
}

async function createStage(
  gpu: Gpu,
  { model, batch, seq, precision, tuning, seed }: LocalNetworkOptions,
  index: number,
): Promise<Stage> {
  const stage = await Stage.create(gpu, stageShape(model, model.splits[index], batch, seq), {
    precision: PRECISIONS[precision],
    tuning,
    totalGlobalParams: model.totalGlobalParams,
    slots: IN_FLIGHT,
  });
  await stage.parameters.initialise(seed + index);
  return stage;
}
