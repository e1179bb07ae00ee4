/**
 * What a miner asks of the machine that computes: one stage of the model, on a GPU in a node, in
 * plain loops or not at all in a test.
 *
 * @module
 */

import type { HostTensor } from "../../formats/dtype.ts";
import type { StepOutcome } from "../../ops/adamw.ts";
import type { WeightsDtype } from "../orchestrator/settings.ts";

/**
 * See the module. Batches are known by the uid of their activation. Calls may overlap; they take
 * effect in the order in which they are made.
 */
export interface Trainer {
  /** Layer 0: the activation of a batch of tokens, int64 (B, T). */
  forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor>;
  /** Layers between: activation in, activation out, (B, T, K) or (B, T, C). */
  forward(uid: string, activation: HostTensor): Promise<HostTensor>;
  /** Last layer: the loss, and the gradient of the activation that came in. Ends the batch. */
  forwardLoss(
    uid: string,
    activation: HostTensor,
    tokens: HostTensor,
  ): Promise<{ loss: number; gradient: HostTensor }>;
  /**
   * All but the last layer: takes the gradient of what went out; gives that of what came in, on layer
   * 0 the first T rows and K (or C) columns of the embedding's. Ends the batch.
   */
  backward(uid: string, gradient: HostTensor): Promise<HostTensor>;
  /** Ends a batch whose gradient will not come. */
  forget(uid: string): void;
  /** The optimizer's step over the gradients since the last one, which are zero after it. */
  step(learningRate: number): Promise<StepOutcome>;
  /** All parameters, or both moments of all, in wire order, little-endian. */
  exportWeights(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>>;
  exportOptimizerState(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>>;
  /** Replaces them. Nothing is changed by bytes of the wrong length. */
  importWeights(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void>;
  importOptimizerState(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void>;
  /**
   * Sets the number of steps taken, for who joins late: it does not travel with the moments, whose
   * bias is corrected by it.
   */
  setStepCount?(stepCount: number): void;
  /** Drops the gradients since the last step, and all batches. */
  reset(): Promise<void>;
}
