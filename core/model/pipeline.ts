/**
 * All stages of a model on one device, run one after another: for measuring and for writing text,
 * while nothing trains.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type ModelConfig, stageShape } from "./config.ts";
import { type PrecisionName, PRECISIONS } from "./parameters.ts";
import { Stage } from "./stage.ts";
import type { Tuning } from "./tuning.ts";

/** How a pipeline is set up. */
export interface PipelineOptions {
  readonly model: ModelConfig;
  /** Samples of a batch, and tokens of a sample. */
  readonly batch: number;
  readonly seq: number;
  readonly precision: PrecisionName;
  readonly tuning: Tuning;
  /** Decides the fresh weights. */
  readonly seed: number;
  /** Batches that every stage keeps at once: while one waits for the host, another computes. */
  readonly slots: number;
}

/** See the module. */
export class Pipeline {
  private constructor(
    readonly options: PipelineOptions,
    readonly stages: readonly Stage[],
  ) {}

  /**
   * Builds all stages with fresh weights.
   * @throws {WeftError} if the GPU has not the memory for them.
   */
  static async create(gpu: Gpu, options: PipelineOptions): Promise<Pipeline> {
    gpu.device.pushErrorScope("out-of-memory");
    const stages: Stage[] = [];
    for (const layer of options.model.splits.keys()) {
      stages.push(await createStage(gpu, options, layer));
    }
    if (await gpu.device.popErrorScope()) {
      throw new WeftError(
        `the GPU has not the ${gpu.memory.bytes} bytes that model ${options.model.name} needs: ` +
          `choose a smaller model, batch or sequence`,
      );
    }
    return new Pipeline(options, stages);
  }

  /** Mean loss over batches of tokens (B·T each), nothing is learnt. */
  async validate(batches: readonly Int32Array[]): Promise<number> {
    const losses = new Array<number>(batches.length);
    let next = 0;
    const lane = async (slot: number): Promise<void> => {
      while (next < batches.length) {
        const index = next++;
        losses[index] = await this.#lossOf(slot, batches[index]);
      }
    };
    await Promise.all(Array.from({ length: this.options.slots }, (_, slot) => lane(slot)));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  /** Logits (T, V) of one sample of at most T tokens. */
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
    throw new RangeError("the last stage of a pipeline is its tail");
  }
}

/** One stage of a pipeline with fresh weights; the same seed gives the same weights. */
export async function createStage(
  gpu: Gpu,
  { model, batch, seq, precision, tuning, seed, slots }: PipelineOptions,
  layer: number,
): Promise<Stage> {
  const stage = await Stage.create(gpu, stageShape(model, model.splits[layer], batch, seq), {
    precision: PRECISIONS[precision],
    tuning,
    totalGlobalParams: model.totalGlobalParams,
    slots,
  });
  await stage.parameters.initialise(seed + layer);
  return stage;
}
