/**
 * The orchestrator of a network that lives in one process: it hands out work layer by layer, counts
 * backwards, and asks every layer to merge after an agreed number of batches.
 *
 * A round is the batches between two merges. With one miner a layer, merging is the optimizer step
 * alone.
 *
 * @module
 */
import { learningRateAt, type Schedule } from "../../model/schedule.ts";
import type { StepOutcome } from "../../ops/adamw.ts";
import type { RoundResult } from "../../node/training_network.ts";
import type { Orchestrator, Submission, Work } from "./work.ts";

/** How a local network is run. */
export interface DirectOrchestratorOptions {
  layers: number;
  /** Batches of a round. */
  batchesBeforeMerging: number;
  /** Batches that may be between their first forward and their last backward at once. */
  maxInFlight: number;
  schedule: Schedule;
  /** Rounds that were done before: the schedule goes on from there. */
  roundsDone: number;
}

interface LayerState {
  forwards: Extract<Work, { kind: "forward" }>[];
  backwards: Extract<Work, { kind: "backward" }>[];
  /** Backwards done in this round. */
  backwardCount: number;
  /** Merges handed out over all runs. */
  merges: number;
  waiting: ((work: Work) => void) | undefined;
}

/** See the module. */
export class DirectOrchestrator implements Orchestrator {
  readonly #options: DirectOrchestratorOptions;
  readonly #layers: LayerState[];
  #roundsAllowed: number;
  #started = 0;
  #inFlight = 0;
  #uids = 0;
  #stopping = false;
  #roundsReported = 0;
  readonly #tokensPaths = new Map<string, string>();
  #losses: number[] = [];
  readonly #outcomes: StepOutcome[][];
  readonly #results: RoundResult[] = [];
  #resultWaiting: PromiseWithResolvers<RoundResult | undefined> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(options: DirectOrchestratorOptions) {
    this.#options = options;
    this.#roundsAllowed = options.roundsDone;
    this.#layers = Array.from({ length: options.layers }, () => ({
      forwards: [],
      backwards: [],
      backwardCount: 0,
      merges: options.roundsDone,
      waiting: undefined,
    }));
    this.#outcomes = this.#layers.map(() => []);
  }

  /** Lets the network go on for some more rounds. */
  allowRounds(count: number): void {
    this.#roundsAllowed += count;
    this.#wake();
  }

  /**
   * The next finished round, in order; undefined once the network has stopped.
   * @throws what `fail` was given, after the rounds that were finished before.
   */
  nextRound(): Promise<RoundResult | undefined> {
    const ready = this.#results.shift();
    if (ready) return Promise.resolve(ready);
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#ended) return Promise.resolve(undefined);
    this.#resultWaiting = Promise.withResolvers();
    return this.#resultWaiting.promise;
  }

  /** Tells whoever waits for a round that none will come. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#resultWaiting?.reject(error);
    this.#resultWaiting = undefined;
  }

  /**
   * Ends the network: at once if no layer has merged in the current round, whose gradients are then
   * dropped, or else at the end of that round, so that all layers have taken the same steps.
   */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  nextWork(layer: number): Promise<Work> {
    const work = this.#choose(layer);
    if (work) return Promise.resolve(work);
    return new Promise((resolve) => this.#layers[layer].waiting = resolve);
  }

  submit({ layer, uid, direction, path }: Submission): Promise<void> {
    if (direction === "initial" && path) this.#tokensPaths.set(uid, path);
    if (direction === "forward" && path) {
      const tokensPath = this.#tokensPaths.get(uid) ?? "";
      this.#layers[layer + 1].forwards.push({ kind: "forward", uid, path, tokensPath });
    }
    if (direction === "backward") {
      this.#layers[layer].backwardCount += 1;
      if (path) this.#layers[layer - 1].backwards.push({ kind: "backward", uid, path });
      else this.#endSample(uid);
    }
    this.#wake();
    return Promise.resolve();
  }

  reportLoss(_uid: string, loss: number): Promise<void> {
    this.#losses.push(loss);
    return Promise.resolve();
  }

  learningRate(layer: number): Promise<number> {
    return Promise.resolve(learningRateAt(this.#layers[layer].merges, this.#options.schedule));
  }

  reportMerge(layer: number, outcome: StepOutcome): Promise<void> {
    this.#outcomes[layer].push(outcome);
    if (this.#outcomes.every((outcomes) => outcomes.length > 0)) this.#endRound();
    this.#wake();
    return Promise.resolve();
  }

  get #stopped(): boolean {
    const merges = this.#layers.map((state) => state.merges);
    return this.#stopping && Math.max(...merges) === Math.min(...merges);
  }

  #endSample(uid: string): void {
    this.#inFlight -= 1;
    this.#tokensPaths.delete(uid);
  }

  #endRound(): void {
    const { batchesBeforeMerging, roundsDone, schedule } = this.#options;
    const outcomes = this.#outcomes.map((queue) => queue.splice(0, 1)[0]);
    const round = this.#roundsReported + roundsDone + 1;
    this.#roundsReported += 1;
    const losses = this.#losses.splice(0, batchesBeforeMerging);
    const result = { round, learningRate: learningRateAt(round, schedule), losses, outcomes };
    if (this.#resultWaiting) {
      this.#resultWaiting.resolve(result);
      this.#resultWaiting = undefined;
    } else {
      this.#results.push(result);
    }
  }

  /** Gives work to the layers that wait for it. */
  #wake(): void {
    for (const [layer, state] of this.#layers.entries()) {
      if (!state.waiting) continue;
      const work = this.#choose(layer);
      if (!work) continue;
      const { waiting } = state;
      state.waiting = undefined;
      waiting(work);
    }
    if (this.#ended) {
      this.#resultWaiting?.resolve(undefined);
      this.#resultWaiting = undefined;
    }
  }

  /** Stopped, and every round that was merged has been told. */
  get #ended(): boolean {
    const { roundsDone } = this.#options;
    return this.#stopped && this.#roundsReported + roundsDone === this.#layers[0].merges;
  }

  /** Merge first, then gradients, then activations, then fresh batches. */
  #choose(layer: number): Work | undefined {
    const state = this.#layers[layer];
    // Before all else: once one layer was stopped, no other may merge alone.
    if (this.#stopped) return { kind: "stop" };
    if (state.backwardCount === this.#options.batchesBeforeMerging) {
      state.backwardCount = 0;
      state.merges += 1;
      if (layer === 0) this.#started = 0;
      return { kind: "merge" };
    }
    return state.backwards.shift() ?? state.forwards.shift() ?? this.#chooseInitial(layer);
  }

  #chooseInitial(layer: number): Work | undefined {
    const { batchesBeforeMerging, maxInFlight } = this.#options;
    const isOpen = layer === 0 && this.#layers[0].merges < this.#roundsAllowed && !this.#stopping;
    if (!isOpen || this.#started === batchesBeforeMerging || this.#inFlight === maxInFlight) {
      return undefined;
    }
    this.#started += 1;
    this.#inFlight += 1;
    this.#uids += 1;
    return { kind: "initial", uid: `batch-${this.#uids}` };
  }
}
