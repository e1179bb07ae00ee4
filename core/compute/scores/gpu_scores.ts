/**
 * Scores by proof of GPU: which card a machine has, by what it computes in a second, and what such
 * cards are worth.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `config.yaml`, `neurons/Validator/pog.py` and
 * `calculate_pow_score.py` of the commits below. All versions score with the table of 1.8.3; that
 * of their own time had other worths.
 *
 * @module
 */

/** What a card is known for. */
export interface GpuCard {
  readonly name: string;
  /** Tera floating point operations a second in f16 and f32. */
  readonly f16Tflops: number;
  readonly f32Tflops: number;
  /** The largest power of two of halves that can be allocated, in GB. */
  readonly vramGb: number;
  /** Undefined for the one that the published table forgets. */
  readonly score: number | undefined;
}

const TABLE: readonly (readonly [string, number, number, number, number | undefined])[] = [
  ["NVIDIA H200", 610, 49.6, 68.72, 4],
  ["NVIDIA H100 80GB HBM3", 570, 49, 34.36, 3.3],
  ["NVIDIA H100", 330, 37.2, 34.36, 2.8],
  ["NVIDIA A100-SXM4-80GB", 238.8, 18.2, 34.36, 1.9],
  ["NVIDIA A100 80GB PCIe", 197, 16.9, 34.36, 0],
  ["NVIDIA A100-SXM4-40GB", 257, 18.2, 17.18, 0],
  ["NVIDIA L40s", 171, 35.5, 17.18, 0],
  ["NVIDIA L40", 116, 27, 17.18, 0],
  ["NVIDIA RTX 6000 Ada Generation", 112, 26, 17.18, 0],
  ["NVIDIA RTX A6000", 48.5, 21.28, 17.18, 0],
  ["NVIDIA RTX A5000", 60, 15.8, 8.59, 0],
  ["NVIDIA RTX A4500", 44, 14.3, 8.59, 0],
  ["NVIDIA RTX 4000 Ada Generation", 70, 14.6, 8.59, undefined],
  ["NVIDIA A40", 40, 22.8, 17.18, 0],
  ["NVIDIA RTX 4090", 157, 48.5, 8.59, 0],
  ["NVIDIA GeForce RTX 3090", 66.4, 21.7, 8.59, 0],
  ["NVIDIA L4", 51, 9, 8.59, 0],
];

/** All known cards, in the published order. */
export const GPU_CARDS: readonly GpuCard[] = TABLE.map(
  ([name, f16Tflops, f32Tflops, vramGb, score]) => ({ name, f16Tflops, f32Tflops, vramGb, score }),
);

/** Cards that measurements do not tell apart: the name that the machine reports decides. */
const ALIKE: readonly (readonly [string, string])[] = [
  ["NVIDIA L40", "NVIDIA RTX 6000 Ada Generation"],
  ["NVIDIA RTX 4000 Ada Generation", "NVIDIA RTX A5000"],
  ["NVIDIA A100 80GB PCIe", "NVIDIA A100-SXM4-80GB"],
  ["NVIDIA H100 80GB HBM3", "NVIDIA H100"],
  ["NVIDIA A40", "NVIDIA RTX A6000"],
];

/** What a machine's card was measured to do. */
export type MeasuredGpu = Pick<GpuCard, "f16Tflops" | "f32Tflops" | "vramGb">;

/**
 * Tera operations a second of a product of two square matrices.
 *
 * @throws {RangeError} if it is said to have taken no time
 */
export function productTflops(size: number, seconds: number): number {
  if (!(seconds > 0)) throw new RangeError(`seconds must be more than 0, not ${seconds}`);
  return 2 * size ** 3 / seconds / 1e12;
}

/**
 * The card whose three figures are nearest, or the one that is reported if the two are alike.
 *
 * @throws {RangeError} if a figure is no finite number: no card would be nearest, the first would win
 */
export function identifyGpu(measured: MeasuredGpu, reportedName: string | undefined): string {
  const { f16Tflops, f32Tflops, vramGb } = measured;
  if (![f16Tflops, f32Tflops, vramGb].every(Number.isFinite)) {
    throw new RangeError(`figures must be finite, not ${f16Tflops}, ${f32Tflops} and ${vramGb}`);
  }
  const deviation = (card: GpuCard): number =>
    (apart(f16Tflops, card.f16Tflops) + apart(f32Tflops, card.f32Tflops) +
      apart(vramGb, card.vramGb)) / 3;
  const { name } = GPU_CARDS.reduce((best, card) =>
    deviation(card) < deviation(best) ? card : best
  );
  const pair = ALIKE.find((names) => names.includes(name));
  return reportedName !== undefined && pair?.includes(reportedName) ? reportedName : name;
}

function apart(measured: number, known: number): number {
  return Math.abs(measured - known) / known;
}

const MOST_GPUS = 8;
const BEST = Math.max(...GPU_CARDS.map(({ score = 0 }) => score)) * MOST_GPUS;

/** What a machine with so many cards of a kind is worth. */
interface GpuFormula {
  readonly commit: string;
  /** For `--help`. */
  readonly description: string;
  readonly factor: number;
  readonly most: number;
  /** What being reserved adds and multiplies with. */
  readonly allocated: { readonly plus: number; readonly times: number };
  readonly isCapped: boolean;
}

/** By version. */
export const GPU_SCORES = {
  "1.6.0-first": {
    commit: "1b1af94",
    description: "The first of 1.6.0: who is reserved has 100 of 200 more.",
    ...{ factor: 100, most: 200, allocated: { plus: 100, times: 1 }, isCapped: false },
  },
  "1.6.0-second": {
    commit: "06e3343",
    description: "The same for eight cards at most.",
    ...{ factor: 100, most: 200, allocated: { plus: 100, times: 1 }, isCapped: true },
  },
  "1.6.0": {
    commit: "7b4f6f6",
    description: "1.6.0: who is reserved has twice as much.",
    ...{ factor: 50, most: 100, allocated: { plus: 0, times: 2 }, isCapped: true },
  },
  "1.7.2": {
    commit: "3d1a117",
    description: "1.7.2: half of what there is, reserved or not.",
    ...{ factor: 50, most: 100, allocated: { plus: 0, times: 1 }, isCapped: true },
  },
  "1.8.3": {
    commit: "af58dce",
    description: "1.7.3 to 1.8.3: the cards alone.",
    ...{ factor: 100, most: 100, allocated: { plus: 0, times: 1 }, isCapped: true },
  },
} as const satisfies Readonly<Record<string, GpuFormula>>;

/** A formula's name. */
export type GpuScoreName = keyof typeof GPU_SCORES;

/** From 0 to 1; 0 for a card that is not in the table, as the published validator gives it. */
export function gpuScore(
  version: GpuScoreName,
  { name, count, isAllocated }: {
    readonly name: string;
    readonly count: number;
    readonly isAllocated: boolean;
  },
): number {
  const { factor, most, allocated, isCapped }: GpuFormula = GPU_SCORES[version];
  const worth = GPU_CARDS.find((card) => card.name === name)?.score;
  if (worth === undefined) return 0;
  const cards = isCapped ? Math.min(count, MOST_GPUS) : count;
  const score = worth * cards * (factor / BEST);
  return (isAllocated ? score * allocated.times + allocated.plus : score) / most;
}
