/**
 * Statistics that a few wild values do not move, and a test of many values at once.
 *
 * @module
 */

/** The middle value; between two, their mean. NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** From a median of absolute deviations to the standard deviation of a normal distribution. */
const MAD_TO_DEVIATION = 1.4826;

/**
 * Standard deviation around a middle, told by the median deviation; by the mean deviation where more
 * than half of the values are the middle itself.
 */
export function scaleOf(values: ArrayLike<number>, middle: number): number {
  const deviations = Float64Array.from(values, (value) => Math.abs(value - middle));
  const mad = median(deviations);
  if (mad > 0 || deviations.length === 0) return MAD_TO_DEVIATION * mad;
  return deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
}

/** Share of differences that may well be those of honest values: one wild value in four spoils half. */
const CLEAN_SHARE = 0.4;
/** From that quantile of the differences of two normal values to their standard deviation. */
const QUANTILE_TO_DEVIATION = 1.3484;
/** Others of its group that each value is compared with. */
const NEIGHBOURS = 3;

/**
 * Standard deviation within groups, whatever their middles are, told by a low quantile of the
 * differences of pairs as Rousseeuw and Croux's Qn does, over all groups together and with a bounded
 * number of pairs. A quarter of the values may be wild. 0 where no group has two values.
 */
export function spreadWithin(groups: readonly (readonly number[])[]): number {
  const differences = groups.flatMap((group) =>
    group.flatMap((value, i) =>
      Array.from(
        { length: Math.min(NEIGHBOURS, group.length - 1) },
        (_, step) => Math.abs(value - group[(i + step + 1) % group.length]),
      )
    )
  ).sort((a, b) => a - b);
  if (differences.length === 0) return 0;
  return QUANTILE_TO_DEVIATION * differences[Math.floor((differences.length - 1) * CLEAN_SHARE)];
}

/**
 * Probability that a normal value is at least as far from its mean as `z` deviations, either side.
 * Relative error below 1.2e-7; source: W. H. Press et al., Numerical Recipes, 6.2, erfc.
 */
export function twoSidedTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  let sum = 0;
  for (const coefficient of ERFC) sum = sum * t + coefficient;
  return t * Math.exp(-x * x + sum);
}

/** Highest power first. */
const ERFC = [
  0.17087277,
  -0.82215223,
  1.48851587,
  -1.13520398,
  0.27886807,
  -0.18628806,
  0.09678418,
  0.37409196,
  1.00002368,
  -1.26551223,
];

/**
 * The normal value that is as far out as a value of Student's distribution, to about three digits of
 * the deviation. Source: D. L. Wallace, 1959.
 *
 * @param freedom degrees of freedom, infinity for a value that is normal itself
 */
export function normalOfStudent(t: number, freedom: number): number {
  if (freedom === Infinity || t === 0) return t;
  const size = Math.sqrt(freedom * Math.log1p(t * t / freedom));
  return Math.sign(t) * size * (8 * freedom + 1) / (8 * freedom + 3);
}

/**
 * Which of many tests are true finds, if among all finds the share of false ones is to stay below a
 * rate. Source: Y. Benjamini and Y. Hochberg, 1995.
 *
 * @param tails by test: probability of what was seen, if there were nothing to find
 */
export function discoveries(tails: readonly number[], falseRate: number): boolean[] {
  const sorted = [...tails].sort((a, b) => a - b);
  const last = sorted.findLastIndex((tail, rank) => tail <= falseRate * (rank + 1) / tails.length);
  return tails.map((tail) => last >= 0 && tail <= sorted[last]);
}
