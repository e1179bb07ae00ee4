/**
 * Counts what a swarm's miners do in rounds, and holds new batches back when the rounds that were
 * allowed are over.
 *
 * @module
 */
import type { Clock } from "../host.ts";
import type { StepOutcome } from "../ops/adamw.ts";
import type { RoundResult } from "./training_network.ts";

/** How long who wants to begin a batch waits before it looks what else there is to do. */
const GATE_MS = 100;

/** See the module. */
export class SwarmRounds {
  #done: number;
  #allowed: number;
  #losses: number[] = [];
  #latest: (StepOutcome | undefined)[];
  /** Steps of each layer's miners since the last round. */
  readonly #steps: number[];
  #begun = 0;
  #opened = Promise.withResolvers<void>();

  /**
   * @param roundsDone before this swarm began
   * @param onRound is told of each round
   */
  constructor(
    layers: number,
    readonly minersPerLayer: number,
    roundsDone: number,
    readonly onRound: (result: RoundResult) => void,
  ) {
    this.#done = this.#allowed = roundsDone;
    this.#steps = Array.from({ length: layers }, () => 0);
    this.#latest = this.#steps.map(() => undefined);
  }

  /** Whether miners may begin batches. */
  get isOpen(): boolean {
    return this.#done < this.#allowed;
  }

  /** Whether no layer has begun its step of the present round. */
  get isBetween(): boolean {
    return this.#begun === 0;
  }

  get done(): number {
    return this.#done;
  }

  /** Lets so many rounds more be trained. */
  allow(count: number): void {
    this.#allowed += count;
    if (!this.isOpen) return;
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
  }

  /** Allows no more than the round that is under way, or none if none is. */
  cutShort(): void {
    this.#allowed = this.isBetween ? this.#done : this.#done + 1;
  }

  /** Whether a batch may be begun now, or soon. */
  async mayBegin(clock: Clock): Promise<boolean> {
    if (this.isOpen) return true;
    const enough = new AbortController();
    await Promise.race([this.#opened.promise, clock.sleep(GATE_MS, enough.signal)]);
    enough.abort();
    return this.isOpen;
  }

  noteLoss(loss: number): void {
    this.#losses.push(loss);
  }

  /** A miner's step is about to be computed. */
  beginStep(): void {
    this.#begun += 1;
  }

  /** A miner's step has been taken. */
  noteStep(layer: number, learningRate: number, outcome: StepOutcome): void {
    this.#steps[layer] += 1;
    this.#latest[layer] = outcome;
    if (!this.#steps.every((steps) => steps >= this.minersPerLayer)) return;
    for (const layer of this.#steps.keys()) this.#steps[layer] -= this.minersPerLayer;
    this.#begun = Math.max(0, this.#begun - this.minersPerLayer * this.#steps.length);
    this.#done += 1;
    const losses = this.#losses;
    this.#losses = [];
    const outcomes = this.#latest.flatMap((outcome) => outcome ?? []);
    this.onRound({ round: this.#done, learningRate, losses, outcomes });
  }
}
