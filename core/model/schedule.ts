/**
 * The learning rate over a run.
 *
 * Source: macrocosm-os/iota @ 56aee24, `model/schedulers.py`.
 *
 * @module
 */

/** What the schedule depends on; lengths in optimizer steps. */
export interface Schedule {
  peak: number;
  warmupSteps: number;
  plateauSteps: number;
  totalSteps: number;
}

/** The published lengths. */
export const PUBLISHED_SCHEDULE: Omit<Schedule, "peak" | "warmupSteps"> = {
  plateauSteps: 500,
  totalSteps: 100_000,
};

const FLOOR = 0.1;
const SAW_TOOTH_STEPS = 1000;
const FINAL_SHARE = 0.02;

/**
 * Learning rate of a step, counted from 1: linear warm-up, a plateau, then a cosine to a tenth of
 * the peak times a saw-tooth of cosines, and over the last 2% a cosine from a tenth to zero.
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { peak, warmupSteps, plateauSteps, totalSteps } = schedule;
  if (step <= warmupSteps) return peak * step / warmupSteps;
  const descent = warmupSteps + plateauSteps;
  if (step <= descent) return peak;
  const finalSteps = totalSteps * FINAL_SHARE;
  const final = totalSteps - finalSteps;
  if (step > final) {
    return peak * FLOOR * cosine(Math.min(1, (step - final) / finalSteps), 1, 0);
  }
  const since = step - descent;
  const slow = cosine(since / (final - descent), 1, FLOOR);
  const saw = cosine((since % SAW_TOOTH_STEPS) / SAW_TOOTH_STEPS, 1, FLOOR);
  return peak * slow * saw;
}

/** Half a cosine wave from `start` at 0 to `end` at 1. */
function cosine(progress: number, start: number, end: number): number {
  return end + (start - end) * (1 + Math.cos(Math.PI * progress)) / 2;
}
