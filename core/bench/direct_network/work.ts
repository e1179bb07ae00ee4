/**
 * What a miner asks of an orchestrator, be it in this process or far away.
 *
 * @module
 */
import type { StepOutcome } from "../../ops/adamw.ts";

/** What a miner is to do next. */
export type Work =
  /** Only on the first layer: load a batch and run it forward under a new uid. */
  | { kind: "initial"; uid: string }
  /** Run an activation forward; on the last layer the tokens for the loss come along. */
  | { kind: "forward"; uid: string; path: string; tokensPath: string }
  /** Run a gradient backward through an activation that this miner has in flight. */
  | { kind: "backward"; uid: string; path: string }
  /** Enough batches have come back: take the optimizer step and merge. */
  | { kind: "merge" }
  /** The network ends. */
  | { kind: "stop" };

/** An activation, a gradient or a batch of tokens that a miner has put into the store. */
export interface Submission {
  layer: number;
  uid: string;
  direction: "initial" | "forward" | "backward";
  /** Null for the last layer's forward and the first layer's backward, which pass nothing on. */
  path: string | null;
}

/** The orchestrator as a miner sees it. */
export interface Orchestrator {
  /** Resolves when there is work for the layer. */
  nextWork(layer: number): Promise<Work>;
  submit(submission: Submission): Promise<void>;
  reportLoss(uid: string, loss: number): Promise<void>;
  /** Learning rate of the step that is due on a layer. */
  learningRate(layer: number): Promise<number>;
  /** Tells what a layer's optimizer step did. */
  reportMerge(layer: number, outcome: StepOutcome): Promise<void>;
}
