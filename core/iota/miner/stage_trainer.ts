/**
 * A miner's trainer on the GPU: one stage of the model.
 *
 * Every call gives its work to the device before it returns, so calls may follow one another without
 * waiting for results, and the device has the next batch at hand while one is read back.
 *
 * @module
 */

import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  tensorToFloat32,
  tensorToInt32,
} from "../../formats/dtype.ts";
import type { PassTimer } from "../../gpu/timer.ts";
import {
  exportOptimizerState,
  exportWeights,
  type FlatDtype,
  importOptimizerState,
  importWeights,
} from "../../model/flat_state.ts";
import type { ParameterArray } from "../../model/parameters.ts";
import { elementsOf } from "../../model/parameters.ts";
import type { Stage } from "../../model/stage.ts";
import type { StepOutcome } from "../../ops/adamw.ts";
import { halfWords } from "../merging/elements.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";
import { readEmbeddingCorner } from "./embedding_corner.ts";
import { keepRounding } from "./kept_rounding.ts";
import type { Trainer } from "./trainer.ts";

/** Of the step without gradients that every miner takes on load. */
const FIRST_LEARNING_RATE = 2e-4;

const FLAT_DTYPES: Readonly<Record<WeightsDtype, FlatDtype>> = { bfloat16: "bf16", float32: "f32" };

/** What else a trainer works with. */
export interface StageTrainerOptions {
  /** Of the passes, for measuring. */
  readonly timer?: PassTimer;
  /** The learning rate that a step takes in place of the one it is asked for. */
  readonly rateFor?: (learningRate: number) => number;
}

/** See the module. */
export class StageTrainer implements Trainer {
  /** Slots of the stage that hold no batch. */
  readonly #free: number[];
  /** The slot of each batch between its forward and its backward. */
  readonly #slots = new Map<string, number>();

  private constructor(readonly stage: Stage, readonly options: StageTrainerOptions) {
    this.#free = Array.from({ length: stage.options.slots }, (_, slot) => slot);
  }

  /**
   * Takes over a stage with fresh weights. As the published miner does, it takes a step without
   * gradients first: every parameter decays once, and steps are counted from one.
   */
  static async create(stage: Stage, options: StageTrainerOptions = {}): Promise<StageTrainer> {
    await stage.optimizer.zeroGradientStep(FIRST_LEARNING_RATE);
    return new StageTrainer(stage, options);
  }

  /** Takes over a stage as it is. */
  static resume(stage: Stage, options: StageTrainerOptions = {}): StageTrainer {
    return new StageTrainer(stage, options);
  }

  /** @throws {RangeError} for tokens of another shape or vocabulary, or if no slot is free */
  async forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor> {
    const ids = tensorToInt32(tensor(tokens, this.#rows));
    return await this.#passOn(uid, (slot) => this.stage.writeTokens(slot, ids));
  }

  /** @throws {RangeError} for an activation of another shape, or if no slot is free */
  async forward(uid: string, activation: HostTensor): Promise<HostTensor> {
    const values = tensorToFloat32(activation);
    return await this.#passOn(uid, (slot) => this.stage.writeInput(slot, values));
  }

  /** @throws {RangeError} as `forward` */
  async forwardLoss(
    uid: string,
    activation: HostTensor,
    tokens: HostTensor,
  ): Promise<{ loss: number; gradient: HostTensor }> {
    const { stage, options: { timer } } = this;
    const [values, ids] = [tensorToFloat32(activation), tensorToInt32(tensor(tokens, this.#rows))];
    const slot = this.#take(uid);
    try {
      stage.writeInput(slot, values);
      stage.writeTargets(ids);
      stage.forward(slot, timer);
      stage.loss(slot, timer);
      stage.backward(slot, timer);
    } finally {
      this.#release(uid, slot);
    }
    const [loss, gradient] = await Promise.all([stage.readLoss(), stage.readInputGradient()]);
    return { loss, gradient: this.#activation(gradient, stage.inputWidth) };
  }

  /** @throws {RangeError} for a gradient of another shape, or if the batch is not in flight */
  async backward(uid: string, gradient: HostTensor): Promise<HostTensor> {
    const { stage, options: { timer } } = this;
    const slot = this.#slotOf(uid);
    stage.writeOutputGradient(tensorToFloat32(gradient));
    stage.backward(slot, timer);
    this.#release(uid, slot);
    if (stage.shape.kind !== "head") {
      return this.#activation(await stage.readInputGradient(), stage.inputWidth);
    }
    const { rows, cols, values } = await readEmbeddingCorner(stage);
    return this.#tensor([rows, cols], values);
  }

  /** @throws {RangeError} if the batch is not in flight */
  forget(uid: string): void {
    this.#release(uid, this.#slotOf(uid));
  }

  step(learningRate: number): Promise<StepOutcome> {
    const { timer, rateFor } = this.options;
    return this.stage.optimizer.step(rateFor?.(learningRate) ?? learningRate, timer);
  }

  exportWeights(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return exportWeights(this.stage.parameters, FLAT_DTYPES[dtype]);
  }

  exportOptimizerState(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return exportOptimizerState(this.stage.parameters, FLAT_DTYPES[dtype]);
  }

  /** In bfloat16, what rounding took from f32 masters stays where it can: see `keepRounding`. */
  async importWeights(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    const { parameters } = this.stage;
    if (dtype === "bfloat16" && parameters.precision.master) {
      await this.#importKeeping(bytes, ["master"]);
    } else importWeights(parameters, bytes, FLAT_DTYPES[dtype]);
  }

  /** As `importWeights`, for moments in f32. */
  async importOptimizerState(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    const { parameters } = this.stage;
    if (dtype === "bfloat16" && parameters.precision.moment === "f32") {
      await this.#importKeeping(bytes, ["m", "v"]);
    } else importOptimizerState(parameters, bytes, FLAT_DTYPES[dtype]);
  }

  setStepCount(stepCount: number): void {
    this.stage.optimizer.setStepCount(stepCount);
  }

  reset(): Promise<void> {
    for (const uid of [...this.#slots.keys()]) this.forget(uid);
    const { device } = this.stage.gpu;
    const encoder = device.createCommandEncoder({ label: "reset" });
    for (const { gradient } of this.stage.parameters.spans(true)) {
      encoder.clearBuffer(gradient.buffer, gradient.offsetBytes, gradient.sizeBytes);
    }
    device.queue.submit([encoder.finish()]);
    return Promise.resolve();
  }

  /** B·T */
  get #rows(): number {
    return this.stage.shape.B * this.stage.shape.T;
  }

  /** Runs a batch forward in a slot that it keeps. */
  async #passOn(uid: string, write: (slot: number) => void): Promise<HostTensor> {
    const { stage, options: { timer } } = this;
    const slot = this.#take(uid);
    try {
      write(slot);
    } catch (error) {
      this.#release(uid, slot);
      throw error;
    }
    stage.forward(slot, timer);
    return this.#activation(await stage.readOutput(slot), stage.outputWidth);
  }

  /** Writes bfloat16 values in wire order over f32 ones, parameter by parameter. */
  async #importKeeping(
    bytes: Uint8Array<ArrayBuffer>,
    arrays: readonly ParameterArray[],
  ): Promise<void> {
    const { parameters } = this.stage;
    const bits = halfWords(bytes);
    const expected = parameters.count * arrays.length;
    if (bits.length !== expected) {
      throw new RangeError(`expected ${2 * expected} bytes of bf16, got ${bytes.length}`);
    }
    for (const [index, array] of arrays.entries()) {
      let at = 0;
      for await (const { view, values } of parameters.read(array)) {
        const count = elementsOf(view);
        const from = at + index * count;
        const kept = keepRounding(values, bits.subarray(from, from + count));
        if (array === "master") parameters.writeParameter(view, kept);
        else parameters.write(array, view, kept);
        at += count * arrays.length;
      }
    }
  }

  /** (B, T, width) in the dtype in which the device keeps activations. */
  #activation(values: Float32Array<ArrayBuffer>, width: number): HostTensor {
    const { B, T } = this.stage.shape;
    return this.#tensor([B, T, width], values);
  }

  #tensor(shape: readonly number[], values: Float32Array<ArrayBuffer>): HostTensor {
    return this.stage.options.precision.activation === "bf16"
      ? bfloat16Tensor(shape, values)
      : float32Tensor(shape, values);
  }

  #take(uid: string): number {
    if (this.#slots.has(uid)) throw new RangeError(`${uid} is in flight already`);
    const slot = this.#free.pop();
    if (slot === undefined) throw new RangeError(`no slot is free for ${uid}`);
    this.#slots.set(uid, slot);
    return slot;
  }

  #slotOf(uid: string): number {
    const slot = this.#slots.get(uid);
    if (slot === undefined) throw new RangeError(`${uid} is not in flight`);
    return slot;
  }

  #release(uid: string, slot: number): void {
    this.#slots.delete(uid);
    this.#free.push(slot);
  }
}

/** @throws {RangeError} unless it has so many elements */
function tensor(given: HostTensor, elements: number): HostTensor {
  const count = given.shape.reduce((product, size) => product * size, 1);
  if (count === elements) return given;
  throw new RangeError(`a tensor of shape [${given.shape}] came, expected ${elements} elements`);
}
