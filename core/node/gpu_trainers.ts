/**
 * Stages on the GPU for a validator, of which it needs one at a time.
 *
 * @module
 */

import { type Gpu, openGpu } from "../gpu/gpu.ts";
import type { Clock, WebGpu } from "../host.ts";
import { StageTrainer } from "../iota/miner/stage_trainer.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import { createStage } from "../model/pipeline.ts";
import type { Stage } from "../model/stage.ts";
import { measureTuning, type Tuning } from "../model/tuning.ts";
import type { Trainers, TrainersOptions } from "./trainers.ts";

/** What stages are made with. */
export interface GpuTrainersSettings extends TrainersOptions {
  readonly clock: Clock;
  /** Opens the WebGPU implementation; asked again after a device was lost. */
  readonly webgpu: () => Promise<WebGpu>;
}

/** A device, and what it is good at. */
interface Device {
  readonly gpu: Gpu;
  readonly tuning: Tuning;
}

/** See the module. */
export class GpuTrainers implements Trainers {
  #device: Device | undefined;
  #stage: Stage | undefined;

  constructor(readonly settings: GpuTrainersSettings) {}

  /** @throws {WeftError} if there is no usable GPU, or it has not the memory for the stage */
  async trainerFor(layer: number): Promise<Trainer> {
    const { training, precision, seed, slots } = this.settings;
    this.#stage?.destroy();
    this.#stage = undefined;
    const { gpu, tuning } = await this.#open();
    const { model, batch, seq } = training;
    const options = { model, batch, seq, precision, tuning, seed, slots };
    this.#stage = await createStage(gpu, options, layer);
    return await StageTrainer.create(this.#stage);
  }

  close(): void {
    this.#stage?.destroy();
    this.#device?.gpu.close();
    this.#stage = undefined;
    this.#device = undefined;
  }

  /** The device, or a new one in place of one that was lost. */
  async #open(): Promise<Device> {
    if (this.#device && this.#device.gpu.lostBecause === undefined) return this.#device;
    const { clock, log, webgpu } = this.settings;
    if (this.#device) {
      log.warn(`the GPU was lost (${this.#device.gpu.lostBecause}): opening it again`);
      this.close();
    }
    const gpu = await openGpu(await webgpu());
    void gpu.whenLost();
    this.#device = { gpu, tuning: await measureTuning(gpu, () => clock.nowMs()) };
    return this.#device;
  }
}
