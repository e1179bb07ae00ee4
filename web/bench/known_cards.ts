/**
 * What known cards do, as it was published, to compare with.
 *
 * @module
 */

import { GPU_CARDS } from "../../core/compute/scores/gpu_scores.ts";

/** A card's figure. */
export interface CardFigure {
  readonly name: string;
  /** In the unit of its table. */
  readonly perSecond: number;
}

/** Figures of one kind, and where they are from. */
export interface CardTable {
  readonly source: string;
  readonly figures: readonly CardFigure[];
}

/** f32 operations a second of matrix products. */
export const PRODUCT_CARDS: CardTable = {
  source: "What the compute network's validators expect of a card in f32 products: " +
    "compute-subnet 1.8.3, config.yaml.",
  figures: GPU_CARDS.map(({ name, f32Tflops }) => ({
    name: name.replace(/^NVIDIA (GeForce )?/, ""),
    perSecond: f32Tflops * 1e12,
  })),
};

/** Bytes a second of a card's memory, at its peak. */
export const BANDWIDTH_CARDS: CardTable = {
  source: "Published peaks: NVIDIA's data sheets of the cards.",
  figures: [
    { name: "H200", perSecond: 4800e9 },
    { name: "H100 80GB HBM3", perSecond: 3350e9 },
    { name: "A100-SXM4-80GB", perSecond: 2039e9 },
    { name: "A100 80GB PCIe", perSecond: 1935e9 },
    { name: "A100-SXM4-40GB", perSecond: 1555e9 },
    { name: "RTX 4090", perSecond: 1008e9 },
    { name: "RTX 6000 Ada Generation", perSecond: 960e9 },
    { name: "RTX 3090", perSecond: 936e9 },
    { name: "L40", perSecond: 864e9 },
    { name: "RTX A6000", perSecond: 768e9 },
    { name: "A40", perSecond: 696e9 },
    { name: "L4", perSecond: 300e9 },
  ],
};

/** Candidates a second of `hashcat -b`, by hashcat's mode. */
export const HASH_CARDS: ReadonlyMap<number, CardTable> = new Map([
  [600, {
    source: "Published runs of hashcat -b: 6.1.1 by Chick3nman (RTX 3090), 6.2.6 by dosoos (V100).",
    figures: [
      { name: "RTX 3090", perSecond: 5715.6e6 },
      { name: "Tesla V100 SXM2", perSecond: 4367.1e6 },
    ],
  }],
  [610, {
    source: "A published run of hashcat -b: 6.2.6 by dosoos.",
    figures: [{ name: "Tesla V100 SXM2", perSecond: 4367.1e6 }],
  }],
  [1400, {
    source: "Published runs of hashcat -b by Chick3nman: 6.2.6 (RTX 4090), 6.1.1 (RTX 3090).",
    figures: [
      { name: "RTX 4090", perSecond: 21975.5e6 },
      { name: "RTX 3090", perSecond: 9713.2e6 },
    ],
  }],
  [1410, {
    source: "A published run of hashcat -b: 6.1.1 by Chick3nman.",
    figures: [{ name: "RTX 3090", perSecond: 9746.6e6 }],
  }],
]);
