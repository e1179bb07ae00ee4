/**
 * What a validator keeps of miners beside their challenges: what they told of themselves, which GPUs
 * they have proven, what it thought of them, and which it has rented.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/Validator/database/{allocate,pog}.py`.
 *
 * @module
 */

import type { MinerSpecs } from "./miner_specs.ts";

/** The cards of a machine that has proven them. */
export interface ProvenGpu {
  /** As the table of known cards has it. */
  readonly name: string;
  readonly count: number;
}

/** What a validator thought of a miner. */
export interface MinerScore {
  readonly uid: number;
  readonly hotkey: string;
  readonly gpu: ProvenGpu | undefined;
  readonly score: number;
  readonly isAllocated: boolean;
}

/** Where it is kept: over restarts, in a file. */
export interface MinerBook {
  /** Undefined for a miner that has told nothing; what it told is kept until it is silent 5 times. */
  specsOf(hotkey: string): Promise<MinerSpecs | undefined>;
  /** Undefined for one that was asked and told nothing. */
  addSpecs(hotkey: string, specs: MinerSpecs | undefined): Promise<void>;
  /** The newest of the last four proofs that has succeeded. */
  gpuOf(hotkey: string): Promise<ProvenGpu | undefined>;
  /** Undefined for a proof that has failed: four in a row, and what was proven is forgotten. */
  addGpu(hotkey: string, gpu: ProvenGpu | undefined): Promise<void>;
  /** Hotkeys that are rented now. */
  allocated(): Promise<ReadonlySet<string>>;
  writeScores(scores: readonly MinerScore[]): Promise<void>;
}
