/**
 * A result beside its adapter's bounds and beside known cards.
 *
 * @module
 */

import { BANDWIDTH_CARDS, type CardTable, HASH_CARDS, PRODUCT_CARDS } from "./known_cards.ts";
import type { HashRow, Result } from "./result.ts";

/** `0.5` of a bound; undefined where it was not measured. */
export function shareOf(perSecond: number, bound: number | null | undefined): number | undefined {
  return bound ? perSecond / bound : undefined;
}

/** The best rate of f32 products: those on their own, or that of the step's kernel. */
export function bestProduct({ products, step }: Result): number | undefined {
  return largest([
    ...products.map(({ flopsPerSecond }) => flopsPerSecond),
    ...(step ? [step.matmulFlopsPerSecond] : []),
  ]);
}

/** The rate of the largest copy: smaller ones stay in caches. */
export function memoryRate({ bandwidth }: Result): number | undefined {
  return bandwidth.toSorted((x, y) => y.sizeBytes - x.sizeBytes)[0]?.bytesPerSecond;
}

/** The best rate of a mode, whatever length and variant. */
export function bestHash({ hashes }: Result, mode: number): HashRow | undefined {
  return hashes.filter((row) => row.mode === mode)
    .reduce<HashRow | undefined>(
      (best, row) => best && best.perSecond >= row.perSecond ? best : row,
      undefined,
    );
}

/** A bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly perSecond: number;
  /** `card` for a known one, else whose result it is. */
  readonly of: "card" | "own" | "sent";
}

/** A chart of what was measured beside cards. */
export interface Chart {
  readonly title: string;
  readonly unit: "flops" | "bytes" | "hashes";
  readonly source: string;
  /** The fastest first. */
  readonly bars: readonly Bar[];
}

/** A figure that was measured, and on what. */
interface Measured {
  readonly perSecond: number;
  readonly device: string;
}

/** All charts for which something was measured. */
export function chartsOf(own: Result | undefined, sent: Result | undefined): Chart[] {
  const results = [["own", own], ["sent", sent]] as const;
  const chart = (
    title: string,
    unit: Chart["unit"],
    { source, figures }: CardTable,
    measuredOf: (result: Result) => Measured | undefined,
  ): Chart[] => {
    const bars = results.flatMap(([of, result]): Bar[] => {
      const measured = result && measuredOf(result);
      if (!measured) return [];
      const label = `${of === "own" ? "Yours" : "Sent to you"}: ${measured.device}`;
      return [{ label, perSecond: measured.perSecond, of }];
    });
    if (bars.length === 0) return [];
    const cards = figures.map(({ name, perSecond }): Bar => ({
      label: name,
      perSecond,
      of: "card",
    }));
    const sorted = [...bars, ...cards].sort((x, y) => y.perSecond - x.perSecond);
    return [{ title, unit, source, bars: sorted }];
  };
  return [
    ...chart(
      "Matrix products, f32",
      "flops",
      PRODUCT_CARDS,
      (result) => onGpu(result, bestProduct(result)),
    ),
    ...chart(
      "Memory, read and written",
      "bytes",
      BANDWIDTH_CARDS,
      (result) => onGpu(result, memoryRate(result)),
    ),
    ...[...HASH_CARDS].flatMap(([mode, table]) =>
      chart(
        `Password search, hashcat's mode ${mode}`,
        "hashes",
        table,
        (result) => ofSearch(result, bestHash(result, mode)),
      )
    ),
  ];
}

function onGpu({ adapter }: Result, perSecond: number | undefined): Measured | undefined {
  return perSecond === undefined ? undefined : { perSecond, device: adapter?.name ?? "a GPU" };
}

function ofSearch({ adapter, cores }: Result, row: HashRow | undefined): Measured | undefined {
  if (!row) return undefined;
  const device = row.variant === "wasm"
    ? `the processor, ${cores} ${cores === 1 ? "core" : "cores"}`
    : adapter?.name ?? "a GPU";
  return { perSecond: row.perSecond, device };
}

function largest(values: readonly number[]): number | undefined {
  return values.length > 0 ? Math.max(...values) : undefined;
}
