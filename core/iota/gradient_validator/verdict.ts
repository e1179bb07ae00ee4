/**
 * What is made of a likeness: passed or not, with which score and for which reason.
 *
 * Source: macrocosm-os/iota @ 56aee24, `gradient_validator/gradient_validator.py`, `settings.py`.
 *
 * @module
 */

import type { Validation, ValidationReason } from "../api/schemas.ts";
import type { Likeness } from "./comparison.ts";

/** A finding, with a reason that the protocol knows. */
export interface Verdict extends Validation {
  readonly reason: ValidationReason;
}

/** From when on a miner's work is taken for right. */
export interface Thresholds {
  /** The least ratio of norms of activations and gradients. */
  readonly activationRatio: number;
  /** The least ratio of norms of weights. */
  readonly weightRatio: number;
  /** What the cosine of activations, gradients and weights must exceed. */
  readonly cosine: number;
  /** What the cosine of optimizer states must exceed, and that of what they have learnt. */
  readonly optimizerCosine: number;
}

/** The published thresholds. */
export const PUBLISHED_THRESHOLDS: Thresholds = {
  activationRatio: 0.8,
  weightRatio: 0.7,
  cosine: 0.9,
  optimizerCosine: 0.8,
};

/** There is nothing to compare with, for a reason that is not the miner's. */
export const UNJUDGED: Verdict = { is_valid: true, score: 0, reason: "no-validation-possible" };

/** A finding without a comparison. */
export function failure(reason: ValidationReason): Verdict {
  return { is_valid: false, score: 0, reason };
}

/** Shares of the norm below which what was done to a vector drowns in rounding. */
const LEAST_CHANGE = 0.05;

/**
 * Judges an activation or a gradient: first its length, then its direction. Where it is known what
 * the miner was given, the result must be nearer to ours than to that: a stage of few blocks passes
 * on much of what it gets, and what is sent on as it came would be like enough. The published
 * validator knows the first two tests only.
 *
 * @param change what ours and the miner's are beyond what the miner was given
 */
export function judgeActivation(
  likeness: Likeness,
  thresholds: Thresholds,
  change?: Likeness,
): Verdict {
  const { activationRatio, cosine } = thresholds;
  const verdict = judge(likeness, activationRatio, cosine, "magnitude-ratio-failed");
  if (!verdict.is_valid || !change || !isChanged(likeness, change)) return verdict;
  // |m - v| < |m - given|, with both sides squared and written in changes.
  const isNearer = change.cosine * change.theirNorm > change.ourNorm / 2;
  return isNearer ? verdict : { is_valid: false, score: change.cosine, reason: "failed" };
}

/** What weights must have moved by with ours; far above 0, far below what another rate makes of 1. */
const LEAST_MOVED = 0.05;

/**
 * Judges weights: first their length, then their direction, then whether they have moved at all. A
 * step changes weights so little that old ones are like enough. The published validator knows the
 * first two tests only.
 *
 * @param moved how far they have moved with ours, as `Movement.share` has it
 */
export function judgeWeights(likeness: Likeness, thresholds: Thresholds, moved?: number): Verdict {
  const { weightRatio, cosine } = thresholds;
  const verdict = judge(likeness, weightRatio, cosine, "weight-magnitude-ratio-failed");
  if (!verdict.is_valid || moved === undefined || moved >= LEAST_MOVED) return verdict;
  return { is_valid: false, score: moved, reason: "failed" };
}

/**
 * Judges an optimizer state by its direction, and by the direction in which it has moved since the
 * round began: a miner that did nothing has a state that is like ours to a high degree, for moments
 * change slowly, but none of the change. The published validator knows the first test only.
 *
 * @param state our moments and the miner's
 * @param change what ours and the miner's have moved by
 */
export function judgeOptimizerState(
  state: Likeness,
  change: Likeness,
  { optimizerCosine }: Thresholds,
): Verdict {
  const isLike = state.cosine > optimizerCosine;
  if (isLike && isChanged(state, change) && !(change.cosine > optimizerCosine)) {
    return { is_valid: false, score: change.cosine, reason: "failed-optimizer-state" };
  }
  const reason = isLike ? "passed" : "failed-optimizer-state";
  return { is_valid: isLike, score: state.cosine, reason };
}

/** Whether our own vector is another than that which it came from. */
function isChanged(whole: Likeness, change: Likeness): boolean {
  return change.ourNorm > LEAST_CHANGE * whole.ourNorm;
}

function judge(
  { ratio, cosine }: Likeness,
  leastRatio: number,
  leastCosine: number,
  ratioReason: ValidationReason,
): Verdict {
  if (!(ratio >= leastRatio)) return { is_valid: false, score: ratio, reason: ratioReason };
  const isValid = cosine > leastCosine;
  return { is_valid: isValid, score: cosine, reason: isValid ? "passed" : "failed" };
}
