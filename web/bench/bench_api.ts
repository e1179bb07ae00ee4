/**
 * What the benchmark page asks of its worker, and what the worker tells.
 *
 * @module
 */

import type { TrainPart } from "../../core/bench/train/train.ts";
import type { Finding } from "./result.ts";

/** What can be measured: password searches, or what training consists of. */
export type BenchPart = "hash" | TrainPart;

/** What to measure. */
export interface BenchSettings {
  readonly parts: readonly BenchPart[];
  /** Rounds of which the median is taken. */
  readonly rounds: number;
}

/** What a run tells. */
export type BenchEvent =
  | Finding
  /** What is going on. */
  | { readonly kind: "status"; readonly text: string }
  /** How many answers were compared before anything was timed. */
  | { readonly kind: "checked"; readonly text: string };

/** Takes an event; a promise where that happens in another thread. */
export type Tell = (event: BenchEvent) => void | Promise<void>;

/** The worker, as the page sees it through comlink. Stopping it is ending the worker. */
export interface BenchApi {
  /**
   * Measures part after part. It ends once all it told was taken, for calls of `tell` and the end
   * go through ports of their own.
   * @throws {Error} if an answer is wrong, or nothing can run here
   */
  run(settings: BenchSettings, tell: Tell): Promise<void>;
}
