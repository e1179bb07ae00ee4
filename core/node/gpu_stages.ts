/**
 * A miner's stages on the GPU: those of a validator, with what a person wants to know of them.
 *
 * @module
 */

import type { Clock, WebGpu } from "../host.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { StageTrainer } from "../iota/miner/stage_trainer.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import { countParameters } from "../model/presets.ts";
import { GpuTrainers } from "./gpu_trainers.ts";
import type { StagesOptions, Trainers } from "./trainers.ts";

/** What stages are made with. */
export interface GpuStagesOptions extends StagesOptions {
  readonly clock: Clock;
  /** Opens the WebGPU implementation; asked again after a device was lost. */
  readonly webgpu: () => Promise<WebGpu>;
}

/** See the module. */
export class GpuStages implements Trainers {
  readonly #trainers: GpuTrainers;
  #watched: Gpu | undefined;

  constructor(readonly options: GpuStagesOptions) {
    this.#trainers = new GpuTrainers(options);
  }

  /** @throws {WeftError} if there is no usable GPU, or it has not the memory for the stage */
  async trainerFor(layer: number): Promise<Trainer> {
    const trainer = await this.#trainers.trainerFor(layer);
    if (trainer instanceof StageTrainer) this.#tell(trainer.stage.gpu, layer);
    return trainer;
  }

  close(): void {
    this.#trainers.close();
  }

  #tell(gpu: Gpu, layer: number): void {
    const { onStage, onLost, training: { model } } = this.options;
    if (gpu !== this.#watched) {
      this.#watched = gpu;
      void gpu.whenLost().then(onLost);
    }
    const { adapterName: adapter, backend, isSoftware, memory } = gpu;
    onStage({
      ...{ layer, adapter, backend, isSoftware, memoryBytes: memory.bytes },
      parameters: countParameters({ ...model, splits: [model.splits[layer]] }),
    });
  }
}
