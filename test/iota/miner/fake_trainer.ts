/**
 * A stage that computes next to nothing: forwards add one, backwards double, and a step moves every
 * weight by the learning rate.
 *
 * @module
 */

import { float32Tensor, type HostTensor, tensorToFloat32 } from "../../../core/formats/dtype.ts";
import { decodeElements, encodeElements } from "../../../core/iota/merging/elements.ts";
import type { Trainer } from "../../../core/iota/miner/trainer.ts";
import type { WeightsDtype } from "../../../core/iota/orchestrator/settings.ts";
import type { StepOutcome } from "../../../core/ops/adamw.ts";

/** Elements of the vectors. */
export const WEIGHTS = 12;

/** See the module. */
export class FakeTrainer implements Trainer {
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  weights = new Float32Array(WEIGHTS).fill(1);
  moments = new Float32Array(2 * WEIGHTS);
  steps = 0;
  gradients = 0;
  /** Of the last layer. */
  loss = 2.5;
  /** What comes out of a pass in place of what should. */
  spoiled: HostTensor | undefined;
  /** False for a gradient with NaN. */
  isApplied = true;
  /** What every pass fails with. */
  failure: Error | undefined;
  /** What a pass waits for before its result is there. */
  hold: Promise<void> = Promise.resolve();
  readonly inFlight = new Set<string>();

  constructor(readonly activationShape: readonly number[]) {}

  forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor> {
    this.calls.push(`tokens ${uid}`);
    this.inFlight.add(uid);
    const [batch, seq] = tokens.shape;
    const width = this.activationShape[2];
    return this.#out(float32Tensor([batch, seq, width], new Float32Array(batch * seq * width)));
  }

  forward(uid: string, activation: HostTensor): Promise<HostTensor> {
    this.calls.push(`forward ${uid}`);
    this.inFlight.add(uid);
    return this.#out(mapped(activation, (value) => value + 1));
  }

  async forwardLoss(
    uid: string,
    activation: HostTensor,
  ): Promise<{ loss: number; gradient: HostTensor }> {
    this.calls.push(`loss ${uid}`);
    this.gradients += 1;
    const { loss } = this;
    return { loss, gradient: await this.#out(mapped(activation, (value) => value / 2)) };
  }

  backward(uid: string, gradient: HostTensor): Promise<HostTensor> {
    this.calls.push(`backward ${uid}`);
    if (!this.inFlight.delete(uid)) return Promise.reject(new RangeError(`${uid} is unknown`));
    this.gradients += 1;
    return this.#out(mapped(gradient, (value) => 2 * value));
  }

  forget(uid: string): void {
    this.calls.push(`forget ${uid}`);
    if (!this.inFlight.delete(uid)) throw new RangeError(`${uid} is unknown`);
  }

  step(learningRate: number): Promise<StepOutcome> {
    this.calls.push(`step ${learningRate}`);
    this.gradients = 0;
    if (this.isApplied) {
      this.steps += 1;
      this.weights = this.weights.map((value) => value + learningRate);
    }
    return Promise.resolve({ step: this.steps, applied: this.isApplied, norm: 1 });
  }

  exportWeights(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(encodeElements(this.weights.slice(), dtype));
  }

  exportOptimizerState(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(encodeElements(this.moments.slice(), dtype));
  }

  importWeights(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    this.calls.push("import weights");
    this.weights = decodeElements(bytes, dtype).slice();
    return Promise.resolve();
  }

  importOptimizerState(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    this.calls.push("import optimizer state");
    this.moments = decodeElements(bytes, dtype).slice();
    return Promise.resolve();
  }

  setStepCount(stepCount: number): void {
    this.steps = stepCount;
  }

  reset(): Promise<void> {
    this.calls.push("reset");
    this.gradients = 0;
    this.inFlight.clear();
    return Promise.resolve();
  }

  async #out(tensor: HostTensor): Promise<HostTensor> {
    const out = this.spoiled ?? tensor;
    await this.hold;
    if (this.failure) throw this.failure;
    return out;
  }
}

function mapped(tensor: HostTensor, change: (value: number) => number): HostTensor {
  return float32Tensor(tensor.shape, tensorToFloat32(tensor).map(change));
}
