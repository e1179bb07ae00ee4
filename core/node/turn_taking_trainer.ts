/**
 * A trainer that lets challenges go first: each of its calls is one slice of work for the GPU.
 *
 * @module
 */

import type { HostTensor } from "../formats/dtype.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import type { WeightsDtype } from "../iota/orchestrator/settings.ts";
import type { StepOutcome } from "../ops/adamw.ts";
import type { GpuTurns } from "./gpu_turns.ts";

/** See the module. Calls keep their order: all of them wait for the same turn. */
export class TurnTakingTrainer implements Trainer {
  /** The last call that has begun or waits. */
  #last: Promise<void> = Promise.resolve();

  constructor(readonly trainer: Trainer, readonly turns: GpuTurns) {}

  forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor> {
    return this.#inTurn(() => this.trainer.forwardTokens(uid, tokens));
  }

  forward(uid: string, activation: HostTensor): Promise<HostTensor> {
    return this.#inTurn(() => this.trainer.forward(uid, activation));
  }

  forwardLoss(
    uid: string,
    activation: HostTensor,
    tokens: HostTensor,
  ): Promise<{ loss: number; gradient: HostTensor }> {
    return this.#inTurn(() => this.trainer.forwardLoss(uid, activation, tokens));
  }

  backward(uid: string, gradient: HostTensor): Promise<HostTensor> {
    return this.#inTurn(() => this.trainer.backward(uid, gradient));
  }

  forget(uid: string): void {
    this.trainer.forget(uid);
  }

  step(learningRate: number): Promise<StepOutcome> {
    return this.#inTurn(() => this.trainer.step(learningRate));
  }

  exportWeights(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inTurn(() => this.trainer.exportWeights(dtype));
  }

  exportOptimizerState(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inTurn(() => this.trainer.exportOptimizerState(dtype));
  }

  importWeights(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    return this.#inTurn(() => this.trainer.importWeights(bytes, dtype));
  }

  importOptimizerState(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    return this.#inTurn(() => this.trainer.importOptimizerState(bytes, dtype));
  }

  setStepCount(stepCount: number): void {
    this.trainer.setStepCount?.(stepCount);
  }

  reset(): Promise<void> {
    return this.#inTurn(() => this.trainer.reset());
  }

  /** Begins a call when it is training's turn, and after all calls before it have begun. */
  #inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    const { begun, result } = this.turns.slice(this.#last, call);
    this.#last = begun;
    return result;
  }
}
