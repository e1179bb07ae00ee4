/**
 * A whole pipeline on the device, one stage after another, with one batch in flight.
 *
 * @module
 */

import type { Gpu } from "../../core/gpu/gpu.ts";
import type { ModelConfig } from "../../core/model/config.ts";
import {
  type ParameterArray,
  type Parameters,
  type PrecisionName,
  PRECISIONS,
} from "../../core/model/parameters.ts";
import { Stage } from "../../core/model/stage.ts";
import type { Tuning } from "../../core/model/tuning.ts";
import type { StepOutcome } from "../../core/ops/adamw.ts";
import type { Parameters as Values } from "../../core/reference/parameters.ts";
import { stageShapes } from "./tiny_model.ts";

const SLOT = 0;

/** Few lanes and small tiles, which suit a software adapter. */
export const TEST_TUNING: Tuning = { matmul: "direct", lanes: 4, attentionTile: 2 };

/** How a pipeline is set up. */
export interface PipelineOptions {
  model: ModelConfig;
  B: number;
  T: number;
  /** @default {"f32"} */
  precision?: PrecisionName;
}

/** Values of one array by wire name. */
export async function readValues(
  parameters: Parameters,
  array: ParameterArray = "param",
): Promise<Values> {
  const values: Values = new Map();
  for await (const { view, values: own } of parameters.read(array)) values.set(view.name, own);
  return values;
}

/** Runs a body with a pipeline with fresh weights, and frees it. */
export async function withPipeline(
  gpu: Gpu,
  options: PipelineOptions,
  body: (pipeline: DevicePipeline) => Promise<void>,
): Promise<void> {
  const pipeline = await DevicePipeline.create(gpu, options);
  try {
    await body(pipeline);
  } finally {
    for (const stage of pipeline.stages) stage.destroy();
  }
}

/** See the module. */
export class DevicePipeline {
  private constructor(readonly stages: readonly Stage[]) {}

  static async create(
    gpu: Gpu,
    { model, B, T, precision = "f32" }: PipelineOptions,
  ): Promise<DevicePipeline> {
    const stages: Stage[] = [];
    for (const [index, shape] of stageShapes(model, B, T).entries()) {
      const stage = await Stage.create(gpu, shape, {
        precision: PRECISIONS[precision],
        tuning: TEST_TUNING,
        totalGlobalParams: model.totalGlobalParams,
        slots: 1,
      });
      await stage.parameters.initialise(1000 + index);
      stages.push(stage);
    }
    return new DevicePipeline(stages);
  }

  /** Forward through all stages: the logits (B·T, V). */
  async forward(tokens: Int32Array): Promise<Float32Array> {
    let activation: Float32Array | undefined;
    for (const stage of this.stages) {
      if (activation) stage.writeInput(SLOT, activation);
      else stage.writeTokens(SLOT, tokens);
      stage.forward(SLOT);
      if (stage.shape.kind === "tail") return await stage.readLogits();
      activation = await stage.readOutput(SLOT);
    }
    throw new RangeError("the last stage is a tail");
  }

  /** Loss of the batch that was just run forward. */
  async loss(tokens: Int32Array): Promise<number> {
    const tail = this.stages[this.stages.length - 1];
    tail.writeTargets(tokens);
    tail.loss(SLOT);
    return await tail.readLoss();
  }

  /** Backward through all stages after `loss`. */
  async backward(): Promise<void> {
    let gradient: Float32Array | undefined;
    for (const stage of this.stages.toReversed()) {
      if (gradient) stage.writeOutputGradient(gradient);
      stage.backward(SLOT);
      if (stage.shape.kind !== "head") gradient = await stage.readInputGradient();
    }
  }

  /** Forward, loss and backward of one batch. */
  async run(tokens: Int32Array): Promise<number> {
    await this.forward(tokens);
    const loss = await this.loss(tokens);
    await this.backward();
    return loss;
  }

  /** One optimizer step of every stage. */
  async step(learningRate: number): Promise<StepOutcome[]> {
    return await Promise.all(this.stages.map(({ optimizer }) => optimizer.step(learningRate)));
  }

  /** Values of one array by stage and wire name. */
  async values(array: ParameterArray = "param"): Promise<Values[]> {
    const all: Values[] = [];
    for (const { parameters } of this.stages) all.push(await readValues(parameters, array));
    return all;
  }
}
