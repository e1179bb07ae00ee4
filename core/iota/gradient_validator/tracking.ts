/**
 * The time in which one miner is tracked: its passes are run again and compared, then its upload.
 *
 * Only what the miner itself has given counts against it. Where the orchestrator, the store or this
 * validator fails, the mirror is no longer whole, and the weights are not judged.
 *
 * @module
 */

import type { HostTensor } from "../../formats/dtype.ts";
import { elementCount } from "../../formats/dtype.ts";
import type { ValidationReason } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import { type Activations, isFloats, type TensorName } from "./activations.ts";
import { ChangeComparison, type Likeness } from "./comparison.ts";
import { contentOf } from "./content.ts";
import { type Mirror, UnknownBatchError } from "./mirror.ts";
import { WeightsBefore } from "./movement.ts";
import { ContentError, NoPathError } from "./orchestrator_link.ts";
import { failure, judgeActivation, type Thresholds, UNJUDGED, type Verdict } from "./verdict.ts";
import { checkUpload, type Upload, type WeightFinding } from "./weight_check.ts";

/** What a miner loses for weights that are wrong, and for a result that is not there. */
const PENALTY = 3;

/** Passes that wait to be compared until the store answers; older ones are not compared any more. */
const MAX_UNCOMPARED = 16;

/** The moment of what cannot be made good. */
const NEVER = "never";

/** A verdict, and what it rests on. */
export interface Finding {
  readonly verdict: Verdict;
  readonly likeness?: Likeness;
  /** Why there was nothing to compare, in one line. */
  readonly problem?: string;
  /** Whether it rests on something that could not be had, and may be had when it is asked again. */
  readonly isOpen?: boolean;
}

/** The two verdicts on an upload; the optimizer's alone if that failed. */
export interface UploadFindings {
  readonly optimizer: Finding;
  readonly weights: Finding | undefined;
}

/** A pass of ours. */
interface Pass {
  readonly ours: HostTensor;
  /** What the layer was given, if that has the form of what it gives. */
  readonly given?: HostTensor;
}

/** What {@linkcode Tracking} works with. */
export interface TrackingOptions {
  readonly hotkey: string;
  readonly layer: number;
  readonly mirror: Mirror;
  readonly activations: Activations;
  /** The optimizer state and the weights with which the mirror began. */
  readonly startingState: Uint8Array<ArrayBuffer>;
  readonly startingWeights: Uint8Array<ArrayBuffer>;
  readonly training: TrainingSettings;
  readonly thresholds: Thresholds;
  readonly fetchBytes: FetchBytes;
}

/** See the module. One call at a time. */
export class Tracking {
  /** Passes of the miner that could not be mirrored, and at which moment of the mirror. */
  readonly #missed = new Map<string, string>();
  /** Passes that were mirrored: twice would be once too often. */
  readonly #mirrored = new Set<string>();
  /** Those of them that could not be compared yet, oldest first. */
  readonly #uncompared = new Map<string, Pass>();
  /** Batches whose input was nonsense, so that there is nothing to go back through. */
  readonly #nonsense = new Set<string>();
  #penalties = 0;
  /** Of the worst upload, lest a good one be sent again for more, or after a bad one. */
  #uploadScore: number | undefined;
  readonly #weightsBefore: WeightsBefore;

  constructor(readonly options: TrackingOptions) {
    this.#weightsBefore = new WeightsBefore(options.startingWeights);
  }

  /** What the miner has earned since it is tracked. */
  get score(): number {
    return (this.#uploadScore ?? 0) - this.#penalties;
  }

  /** Whether every pass that the miner needs for a merge was mirrored. */
  get isWhole(): boolean {
    const { mirror, training } = this.options;
    if (this.#missed.size > 0 || mirror.isBroken) return false;
    return mirror.backwards >= training.globalOptimizerSteps;
  }

  /** Runs a forward again; the last layer's, which gives no activation, is not judged. */
  async forward(uid: string): Promise<Finding> {
    const name: TensorName = { uid, direction: "forward", layer: this.options.layer + 1 };
    return await this.#judge(name, "error-during-forward-pass", () => this.#forward(uid));
  }

  /** Runs a backward again. */
  async backward(uid: string): Promise<Finding> {
    const name: TensorName = { uid, direction: "backward", layer: this.options.layer - 1 };
    return await this.#judge(name, "error-during-backward-pass", () => this.#backward(uid));
  }

  /** Looks at what the miner has uploaded for the merge. */
  async upload(upload: Upload): Promise<UploadFindings> {
    const { mirror, training, startingState, thresholds, fetchBytes } = this.options;
    if (!this.isWhole) return unjudgedUpload(this.#whyNotWhole());
    try {
      await mirror.stepBeforeMerge();
      const found = await checkUpload({
        ...{ mirror, startingState, thresholds, fetchBytes, dtype: training.weightsDtype },
        weightsBefore: this.#weightsBefore,
      }, upload);
      this.#countUpload(found);
      return found;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof ContentError)) return unjudgedUpload(error.message);
      this.#uploadScore = -PENALTY;
      const verdict = failure("failed");
      return { optimizer: { verdict, problem: error.message }, weights: undefined };
    }
  }

  async #forward(uid: string): Promise<Pass | Finding> {
    const { layer, mirror, activations } = this.options;
    await mirror.stepIfDue();
    if (layer === 0) {
      // Other inputs are not the miner's own, and it may have gone on from what is too long for us.
      const tokens = await contentOf(activations.tokens(uid));
      return { ours: await mirror.forwardTokens(uid, tokens) };
    }
    const given = await activations.between({ uid, direction: "forward", layer });
    if (!this.#isLast) return { ours: await mirror.forward(uid, given), given };
    await mirror.forwardLoss(uid, given, await activations.tokens(uid));
    return { verdict: UNJUDGED };
  }

  async #backward(uid: string): Promise<Pass> {
    const { layer, mirror, activations } = this.options;
    mirror.expect(uid);
    if (this.#isLast) return { ours: mirror.takeGradient(uid) };
    const given = await activations.between({ uid, direction: "backward", layer });
    const ours = await mirror.backward(uid, given);
    return layer === 0 ? { ours } : { ours, given };
  }

  get #isLast(): boolean {
    const { layer, training } = this.options;
    return layer === training.model.splits.length - 1;
  }

  /** Mirrors a pass, unless it was before, and compares what comes out with what the miner gave. */
  async #judge(
    name: TensorName,
    reason: ValidationReason,
    run: () => Promise<Pass | Finding>,
  ): Promise<Finding> {
    const key = `${name.direction} ${name.uid}`;
    const pass = this.#uncompared.get(key) ?? await this.#mirror(key, name.uid, reason, run);
    if (isFinding(pass)) return pass;
    const found = await this.#compare(pass, name, reason);
    if (found.isOpen) this.#uncompared.set(key, pass);
    else this.#uncompared.delete(key);
    const [oldest] = this.#uncompared.keys();
    if (this.#uncompared.size > MAX_UNCOMPARED) this.#uncompared.delete(oldest);
    return found;
  }

  /** Our own result. What keeps us from one is never the miner's fault but where it wrote the input. */
  async #mirror(
    key: string,
    uid: string,
    reason: ValidationReason,
    run: () => Promise<Pass | Finding>,
  ): Promise<Pass | Finding> {
    const { mirror } = this.options;
    if (this.#mirrored.has(key)) return { verdict: UNJUDGED, problem: "it was mirrored before" };
    const { moment } = mirror;
    try {
      const pass = await run();
      this.#mirrored.add(key);
      if (this.#missed.get(key) === moment) this.#missed.delete(key);
      return pass;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const problem = `${uid}: ${error.message}`;
      // Nobody can go on from an input of nonsense, so the miner has not either.
      if (error instanceof ContentError) {
        this.#nonsense.add(uid);
        return { verdict: failure(reason), problem };
      }
      const isNew = !this.#nonsense.has(uid) && !this.#missed.has(key);
      if (isNew) this.#missed.set(key, mirror.moment);
      return { verdict: failure(missReason(error, reason)), problem, isOpen: true };
    }
  }

  async #compare(
    { ours, given }: Pass,
    name: TensorName,
    reason: ValidationReason,
  ): Promise<Finding> {
    const { activations, thresholds, layer } = this.options;
    try {
      const theirs = await contentOf(activations.result(name));
      if (!isFloats(theirs) || elementCount(theirs.shape) !== elementCount(ours.shape)) {
        const problem = `${theirs.dtype} [${theirs.shape}] where [${ours.shape}] should be`;
        return { verdict: failure("failed"), problem };
      }
      const { whole, change } = new ChangeComparison().add(ours, theirs, given);
      if (!whole.isOursFinite) {
        this.#missed.set(`${name.direction} ${name.uid}`, NEVER);
        return { verdict: failure(reason), problem: "the mirrored stage gave NaN or infinity" };
      }
      const likeness = whole.likeness();
      const beyondGiven = given && change.likeness();
      return { verdict: judgeActivation(likeness, thresholds, beyondGiven), likeness };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof NoPathError)) {
        const isOpen = !(error instanceof ContentError);
        return { verdict: failure(reason), problem: error.message, isOpen };
      }
      // Layer 0 has no gradient to pass on: what it shows in place of one is left to it.
      if (name.direction === "backward" && layer === 0) return { verdict: UNJUDGED };
      this.#penalties += PENALTY;
      return { verdict: failure("no-activation-path"), problem: error.message };
    }
  }

  #countUpload({ optimizer, weights }: WeightFinding): void {
    const isRight = optimizer.verdict.is_valid && weights?.verdict.is_valid === true;
    this.#uploadScore = Math.min(this.#uploadScore ?? 1, isRight ? 1 : -PENALTY);
  }

  #whyNotWhole(): string {
    const { mirror, training } = this.options;
    if (mirror.isBroken) return "the mirrored stage has failed: the weights cannot be judged";
    return `mirrored were ${mirror.backwards} backwards of ${training.globalOptimizerSteps}, ` +
      `and ${this.#missed.size} passes could not be: the weights cannot be judged`;
  }
}

function unjudgedUpload(problem: string): UploadFindings {
  return { optimizer: { verdict: UNJUDGED, problem, isOpen: true }, weights: undefined };
}

/** Why a pass could not be mirrored. */
function missReason(error: Error, otherwise: ValidationReason): ValidationReason {
  if (error instanceof UnknownBatchError) return "no-forward-activations";
  return error instanceof NoPathError ? "no-activation-path" : otherwise;
}

function isFinding(value: Pass | Finding): value is Finding {
  return "verdict" in value;
}
