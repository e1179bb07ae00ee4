/**
 * A miner's place in the swarm from one registration to the next: its layer, its stage, and what it
 * has done there.
 *
 * @module
 */

import { ActivationCache } from "./activation_cache.ts";
import { compute } from "./consequences.ts";
import type { MinerContext } from "./miner_context.ts";
import type { Trainer } from "./trainer.ts";

/** See the module. */
export class Seat {
  readonly cache: ActivationCache;
  /** Backwards whose gradients wait for a step. */
  backwardsSinceStep = 0;
  /** Backwards since the last merge. */
  backwardsSinceMerge = 0;
  /** Merges of the layer so far. */
  epoch = 0;
  /** Names the merged weights that were loaded last; undefined before the first. */
  loaded: string | undefined;

  constructor(
    readonly context: MinerContext,
    readonly layer: number,
    readonly trainer: Trainer,
  ) {
    this.cache = new ActivationCache(context, layer, trainer);
  }

  get isLast(): boolean {
    return this.layer === this.context.training.model.splits.length - 1;
  }

  /** Whether an optimizer step is due before the merge. */
  get isStepDue(): boolean {
    const { localOptimizerSteps, globalOptimizerSteps } = this.context.training;
    return localOptimizerSteps < globalOptimizerSteps &&
      this.backwardsSinceStep >= localOptimizerSteps;
  }

  /**
   * Whether layer 0 begins no batch before its next step, where there are steps between merges: the
   * batches of a step all pass through the same weights then.
   */
  get holdsBatches(): boolean {
    const { localOptimizerSteps, globalOptimizerSteps } = this.context.training;
    return this.layer === 0 && localOptimizerSteps < globalOptimizerSteps &&
      this.cache.size + this.backwardsSinceStep >= localOptimizerSteps;
  }

  /** Counts a batch whose gradients were added up. */
  countBackward(): void {
    this.backwardsSinceStep += 1;
    this.backwardsSinceMerge += 1;
  }

  /**
   * The optimizer's step, at the orchestrator's rate; none without gradients.
   * @throws {WeftError} if the rate cannot be had: the gradients are kept then
   * @throws {ComputeError} if the stage fails
   */
  async step(signal: AbortSignal): Promise<void> {
    if (this.backwardsSinceStep === 0) return;
    const { client, log, onEvent } = this.context;
    const learningRate = await client.ask("learningRate", {}, { signal });
    this.backwardsSinceStep = 0;
    const outcome = await compute(() => this.trainer.step(learningRate));
    onEvent({ kind: "step", learningRate, ...outcome });
    if (!outcome.applied) log.warn("the step was skipped: the gradient held NaN or infinity");
  }
}
