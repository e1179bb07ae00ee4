/**
 * A miner's stage once more: the same weights, the same batches, the same optimizer steps.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { HostTensor } from "../../formats/dtype.ts";
import type { Clock } from "../../host.ts";
import type { Trainer } from "../miner/trainer.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";

/** A backward of a batch whose forward was not mirrored. */
export class UnknownBatchError extends WeftError {
  override name = "UnknownBatchError";
}

/** What a mirror is made of. */
export interface MirrorOptions {
  readonly trainer: Trainer;
  readonly training: TrainingSettings;
  readonly clock: Clock;
  /** Asks for the learning rate of the step that is due. */
  readonly learningRate: () => Promise<number>;
  /** Batches that the trainer holds between forward and backward. */
  readonly maxInFlight: number;
}

interface Batch {
  readonly sinceMs: number;
  /** On the last layer, where the trainer's work is done with the forward. */
  readonly gradient: HostTensor | undefined;
}

/** See the module. Errors are the trainer's own unless told otherwise. */
export class Mirror {
  /** By uid, oldest first. */
  readonly #inFlight = new Map<string, Batch>();
  #backwards = 0;
  #sinceStep = 0;
  #steps = 0;
  #isBroken = false;

  constructor(readonly options: MirrorOptions) {}

  /** Backwards mirrored so far. */
  get backwards(): number {
    return this.#backwards;
  }

  /** Optimizer steps mirrored so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether the stage failed at something that the miner's may have done: it is no mirror any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * What must be as it was for a pass that could not be mirrored in its turn to be mirrored later:
   * the steps so far, and where the miner steps between merges, the backwards that lead to one.
   */
  get moment(): string {
    const { localOptimizerSteps, globalOptimizerSteps } = this.options.training;
    const stepsBetween = localOptimizerSteps < globalOptimizerSteps;
    return stepsBetween ? `${this.#steps} ${this.#backwards}` : `${this.#steps}`;
  }

  /** Layer 0: the activation of tokens. */
  async forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor> {
    this.#makeRoom(uid);
    const activation = await this.#run((stage) => stage.forwardTokens(uid, tokens));
    this.#enter(uid, undefined);
    return activation;
  }

  /** Layers between. */
  async forward(uid: string, activation: HostTensor): Promise<HostTensor> {
    this.#makeRoom(uid);
    const output = await this.#run((stage) => stage.forward(uid, activation));
    this.#enter(uid, undefined);
    return output;
  }

  /** Last layer: the loss. */
  async forwardLoss(uid: string, activation: HostTensor, tokens: HostTensor): Promise<number> {
    this.#makeRoom(uid);
    const { loss, gradient } = await this.#run((stage) =>
      stage.forwardLoss(uid, activation, tokens)
    );
    this.#enter(uid, gradient);
    return loss;
  }

  /** @throws {UnknownBatchError} if the forward of a batch was not mirrored */
  expect(uid: string): void {
    this.#batch(uid);
  }

  /**
   * All but the last layer: takes the gradient of what went out, gives that of what came in, or on
   * layer 0 the embedding's piece.
   * @throws {UnknownBatchError} as `expect`
   */
  async backward(uid: string, gradient: HostTensor): Promise<HostTensor> {
    this.#batch(uid);
    const result = await this.#run((stage) => stage.backward(uid, gradient));
    this.#leave(uid);
    return result;
  }

  /**
   * Last layer: the gradient of what came in, computed with the loss.
   * @throws {UnknownBatchError} as `expect`
   */
  takeGradient(uid: string): HostTensor {
    const { gradient } = this.#batch(uid);
    if (!gradient) throw new TypeError("only the last layer has its gradient with the loss");
    this.#leave(uid);
    return gradient;
  }

  /** The miner's own step between merges, if it is time. @throws {WeftError} without a rate */
  async stepIfDue(): Promise<void> {
    const { localOptimizerSteps, globalOptimizerSteps } = this.options.training;
    const isDue = this.#sinceStep >= localOptimizerSteps;
    if (isDue && localOptimizerSteps < globalOptimizerSteps) await this.#step();
  }

  /** The step before a merge, where the miner leaves it to that. @throws {WeftError} without a rate */
  async stepBeforeMerge(): Promise<void> {
    const { localOptimizerSteps, globalOptimizerSteps } = this.options.training;
    await this.stepIfDue();
    // Told twice of one upload, the second time there is nothing to step with.
    if (localOptimizerSteps >= globalOptimizerSteps && this.#sinceStep > 0) await this.#step();
  }

  async #step(): Promise<void> {
    const rate = await this.options.learningRate();
    await this.#run(async (stage) => {
      const { applied } = await stage.step(rate);
      if (!applied) throw new WeftError("the mirrored gradient holds NaN or infinity");
    });
    this.#sinceStep = 0;
    this.#steps += 1;
  }

  /** What fails midway may have changed the stage. */
  async #run<Result>(work: (stage: Trainer) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.options.trainer);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  /** Forgets batches that will not come back, as the miner does, and the oldest where it is full. */
  #makeRoom(uid: string): void {
    const { clock, training, maxInFlight, trainer } = this.options;
    if (this.#inFlight.has(uid)) throw new WeftError(`the forward of ${uid} was seen before`);
    for (const [old, { sinceMs, gradient }] of this.#inFlight) {
      const isStale = clock.nowMs() - sinceMs > training.cacheTimeoutMs;
      if (!isStale && this.#inFlight.size < maxInFlight) break;
      this.#inFlight.delete(old);
      if (!gradient) trainer.forget(old);
    }
  }

  #batch(uid: string): Batch {
    const batch = this.#inFlight.get(uid);
    if (!batch) throw new UnknownBatchError(`the forward of ${uid} was not seen`);
    return batch;
  }

  #leave(uid: string): void {
    this.#inFlight.delete(uid);
    this.#backwards += 1;
    this.#sinceStep += 1;
  }

  #enter(uid: string, gradient: HostTensor | undefined): void {
    this.#inFlight.set(uid, { sinceMs: this.options.clock.nowMs(), gradient });
  }
}
