/**
 * The two ratios that all formulas are made of.
 *
 * Source: neuralinternet/compute-subnet, `compute/utils/math.py` of 1.3.0 and of 1.3.9.
 *
 * @module
 */

/** `100 a / b`; 0 of nothing. */
export function percent(a: number, b: number): number {
  return b === 0 ? 0 : a / b * 100;
}

/** How much of `b` is left beside `a`, in percent of `b`; 100 where there is no `a`. */
export function percentYield(a: number, b: number): number {
  return a === 0 ? 100 : (b - a) / b * 100;
}

/** The same in percent of `a`, as it was before 1.3.9: a fast answer is worth any number. */
export function percentOfTime(a: number, b: number): number {
  return a === 0 ? 100 : (b - a) / a * 100;
}
