/**
 * The losses of a run from the records it left.
 *
 * @module
 */

import * as v from "valibot";

/** The losses of one step, in nats a token. */
export interface LossPoint {
  readonly step: number;
  /** NaN where the loss was not finite. */
  readonly loss: number;
  readonly validationLoss: number | undefined;
}

/** JSON writes NaN and infinities as null. */
const Loss = v.nullable(v.number());

const StepRecord = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  loss: Loss,
  validationLoss: v.optional(Loss),
});

/**
 * The points of a run in the order of their steps; records of other kinds are left out. A run that
 * was killed goes on from its last checkpoint and records the steps after it once more: then the
 * later record counts.
 */
export function lossPoints(records: readonly unknown[]): LossPoint[] {
  const points: LossPoint[] = [];
  for (const record of records) {
    const parsed = v.safeParse(StepRecord, record);
    if (!parsed.success) continue;
    const { step, loss, validationLoss } = parsed.output;
    while (points.length > 0 && points[points.length - 1].step >= step) points.pop();
    points.push({ step, loss: loss ?? NaN, validationLoss: validationLoss ?? undefined });
  }
  return points;
}
