/**
 * Rates and shares as people read them, with units.
 *
 * @module
 */

import { threeDigits } from "../page/format.ts";

const UNITS = { flops: "FLOP/s", bytes: "B/s", hashes: "H/s", operations: "op/s" } as const;
const PREFIXES = ["", "k", "M", "G", "T", "P"];

/** What a rate counts. */
export type RateUnit = keyof typeof UNITS;

/** `1.23 TFLOP/s` */
export function rate(perSecond: number, unit: RateUnit): string {
  if (!Number.isFinite(perSecond)) return "–";
  let [value, step] = [perSecond, 0];
  while (value >= 999.5 && step < PREFIXES.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${threeDigits(value)} ${PREFIXES[step]}${UNITS[unit]}`;
}

/** `12.3%`, `0.04%`, or a dash where there is none. */
export function share(part: number | null | undefined): string {
  if (part === null || part === undefined || !Number.isFinite(part)) return "–";
  const percent = 100 * part;
  return `${percent >= 0.95 || percent === 0 ? percent.toFixed(1) : percent.toPrecision(1)}%`;
}
