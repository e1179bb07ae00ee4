/**
 * A gradient validator: it tracks one miner at a time, runs the miner's work again on a stage of its
 * own, and scores it.
 *
 * Source: macrocosm-os/iota @ 56aee24, `gradient_validator/gradient_validator.py`.
 *
 * @module
 */

import type { Clock, Log, WallClock } from "../../host.ts";
import type { Direction, TrackRequest, Validation } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import type { Trainer } from "../miner/trainer.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import { Activations } from "./activations.ts";
import type { ValidationEvent, ValidatorEvent } from "./events.ts";
import { Mirror } from "./mirror.ts";
import type { OrchestratorLink } from "./orchestrator_link.ts";
import { ScoreBook, type ScoreBookOptions } from "./score_book.ts";
import { loadStartingWeights } from "./starting_weights.ts";
import { type Finding, Tracking } from "./tracking.ts";
import { failure, PUBLISHED_THRESHOLDS, type Thresholds, UNJUDGED } from "./verdict.ts";
import type { Upload } from "./weight_check.ts";

/** Answers that are kept for who asks again because the first answer got lost. */
const MAX_KEPT_ANSWERS = 1024;

/** What a gradient validator works with. */
export interface ValidatorOptions extends Pick<ScoreBookOptions, "uidOf"> {
  readonly client: OrchestratorLink;
  readonly fetchBytes: FetchBytes;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly log: Log;
  readonly training: TrainingSettings;
  /**
   * A stage with the weights that every miner of the layer begins with. Asked anew for each miner
   * that is tracked; the one before is not used any more.
   */
  readonly trainerFor: (layer: number) => Promise<Trainer>;
  /** Batches that such a stage holds between forward and backward. */
  readonly maxInFlight: number;
  readonly thresholds?: Thresholds;
  readonly onEvent?: (event: ValidatorEvent) => void;
}

/** What a validator is doing. */
export interface ValidatorStatus {
  /** Whom it tracks; null for no one. */
  readonly hotkey: string | null;
  readonly layer: number | null;
  readonly score: number | null;
}

/** See the module. Calls are taken one after another, in the order in which they come. */
export class GradientValidator {
  #tracking: Tracking | undefined;
  /** The last call, whatever becomes of it. */
  #last: Promise<unknown> = Promise.resolve();
  /** A tracking that is being begun. */
  #beginning: { readonly key: string; readonly done: Promise<void> } | undefined;
  readonly #answers = new Map<string, Promise<Validation>>();
  readonly #scores: ScoreBook;
  #lastAskedMs = -Infinity;

  constructor(readonly options: ValidatorOptions) {
    this.#scores = new ScoreBook(options);
  }

  /** Whom it tracks, and how they fare. */
  get status(): ValidatorStatus {
    const { hotkey, layer } = this.#tracking?.options ?? {};
    return { hotkey: hotkey ?? null, layer: layer ?? null, score: this.#tracking?.score ?? null };
  }

  /** When it was last asked anything, by its clock. */
  get lastAskedMs(): number {
    return this.#lastAskedMs;
  }

  /**
   * Submits the score of whom it tracked, and tracks another. Asked for the same again meanwhile,
   * it begins but once.
   * @throws {WeftError} if the layer's weights cannot be had; then it tracks no one
   */
  track({ layer, miner_hotkey }: TrackRequest): Promise<void> {
    this.#lastAskedMs = this.options.clock.nowMs();
    const key = `${layer} ${miner_hotkey}`;
    if (this.#beginning?.key === key) return this.#beginning.done;
    this.#answers.clear();
    const done = this.#inTurn(async () => {
      await this.#endTracking();
      this.#tracking = await this.#begin(layer, miner_hotkey);
    }).finally(() => {
      if (this.#beginning?.done === done) this.#beginning = undefined;
    });
    this.#beginning = { key, done };
    return done;
  }

  /** Runs a pass of the tracked miner again. Tokens are the miner's choice and are not judged. */
  pass(uid: string, direction: Direction): Promise<Validation> {
    return this.#once(`${direction} ${uid}`, async (tracking) => {
      if (direction === "initial") return { verdict: UNJUDGED };
      const found = await tracking[direction](uid);
      this.#tell(tracking, "activation", found, { direction, uid });
      return found;
    }, direction === "backward" ? "no-forward-activations" : "error-during-forward-pass");
  }

  /** Looks at what the tracked miner has uploaded for a merge. */
  upload(upload: Upload): Promise<Validation> {
    return this.#once(`upload ${JSON.stringify(upload)}`, async (tracking) => {
      const { optimizer, weights } = await tracking.upload(upload);
      this.#tell(tracking, "optimizer", optimizer);
      if (weights) this.#tell(tracking, "weights", weights);
      return weights ?? optimizer;
    }, "failed");
  }

  /** Ends the tracking, and submits what was not submitted yet. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#endTracking());
  }

  async #begin(layer: number, hotkey: string): Promise<Tracking> {
    const { client, training, clock, log, maxInFlight, fetchBytes, thresholds } = this.options;
    const trainer = await this.options.trainerFor(layer);
    const dtype = training.weightsDtype;
    await loadStartingWeights(trainer, layer, { client, fetchBytes, log, training });
    const mirror = new Mirror({
      ...{ trainer, training, clock, maxInFlight },
      learningRate: () => client.ask("learningRate", {}),
    });
    const tracking = new Tracking({
      ...{ hotkey, layer, mirror, training, fetchBytes },
      activations: new Activations({ client, fetchBytes, training }),
      startingState: await trainer.exportOptimizerState(dtype),
      startingWeights: await trainer.exportWeights(dtype),
      thresholds: thresholds ?? PUBLISHED_THRESHOLDS,
    });
    this.#event({ kind: "tracking", unixMs: this.options.wallClock.unixMs(), hotkey, layer });
    return tracking;
  }

  async #endTracking(): Promise<void> {
    const tracking = this.#tracking;
    this.#tracking = undefined;
    if (tracking) this.#scores.add(tracking.options.hotkey, tracking.score);
    const scores = await this.#scores.submit();
    if (scores) this.#event({ kind: "scores", unixMs: this.options.wallClock.unixMs(), scores });
  }

  /**
   * Answers a question once; who asks again gets the same answer, and nothing is done twice. Where
   * something could not be had, it is tried anew.
   */
  #once(
    key: string,
    answer: (tracking: Tracking) => Promise<Finding>,
    reasonWithout: "no-forward-activations" | "error-during-forward-pass" | "failed",
  ): Promise<Validation> {
    this.#lastAskedMs = this.options.clock.nowMs();
    const kept = this.#answers.get(key);
    if (kept) return kept;
    const forget = (): void => {
      if (this.#answers.get(key) === answered) this.#answers.delete(key);
    };
    const answered = this.#inTurn(async () => {
      if (this.#tracking) {
        const { verdict: { is_valid, score, reason }, isOpen } = await answer(this.#tracking);
        if (isOpen) forget();
        return { is_valid, score, reason };
      }
      forget();
      return failure(reasonWithout);
    });
    this.#answers.set(key, answered);
    answered.catch(forget);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_KEPT_ANSWERS) this.#answers.delete(oldest);
    return answered;
  }

  /** Does something after all that was asked before. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => {});
    return done;
  }

  #tell(
    tracking: Tracking,
    event: ValidationEvent["event"],
    { verdict, likeness, problem }: Finding,
    { direction, uid }: Partial<Pick<ValidationEvent, "direction" | "uid">> = {},
  ): void {
    const { hotkey, layer } = tracking.options;
    const { log, wallClock } = this.options;
    const { is_valid, score, reason } = verdict;
    const what = direction && uid ? `${direction} of ${uid}` : event;
    const line = `miner ${hotkey.slice(0, 8)}, layer ${layer}, ${what}: ${reason} ` +
      `(${score.toFixed(4)})${problem ? `: ${problem}` : ""}`;
    if (is_valid) log.debug(line);
    else log.warn(line);
    this.#event({
      ...{ kind: "validation", event, unixMs: wallClock.unixMs(), hotkey, layer },
      ...{ is_valid, score, reason, direction: direction ?? null, uid: uid ?? null },
      ...{ likeness: likeness ?? null, problem: problem ?? null },
    });
  }

  #event(event: ValidatorEvent): void {
    this.options.onEvent?.(event);
  }
}
