/**
 * Models by name: Weft's own for bytes, from one that a CPU can train upward, and the published
 * ones.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { PUBLISHED_ROPE } from "../reference/rope.ts";
import { parameterShapes } from "../reference/stage_shape.ts";
import { type ModelConfig, type Split, stageShape } from "./config.ts";

/** A model with the settings that suit it. */
export interface Preset {
  readonly model: ModelConfig;
  /** B and T of one batch. */
  readonly batch: number;
  readonly seq: number;
  /** Batches whose gradients make one optimizer step. */
  readonly batchesBeforeMerging: number;
  readonly learningRate: number;
}

/** Sizes that a CPU can train; its presets differ in blocks and sample length. */
const TINY = { C: 64, K: 16, NH: 4, NKV: 2, H: 176 };

/** Weft's own presets in order of size; `auto` takes the largest that is fast enough. */
export const OWN_PRESETS: readonly Preset[] = [
  own("nano", { ...TINY, blocks: 3 }, {
    batch: 4,
    seq: 64,
    rate: 5e-3,
  }),
  own("micro", { ...TINY, blocks: 6 }, {
    batch: 4,
    seq: 64,
    rate: 4e-3,
  }),
  own("mini", { ...TINY, blocks: 6 }, {
    batch: 4,
    seq: 128,
    rate: 4e-3,
  }),
  own("small", { C: 256, K: 32, NH: 8, NKV: 4, H: 704, blocks: 6 }, {
    batch: 8,
    seq: 256,
    rate: 2e-3,
  }),
  own("base", { C: 512, K: 32, NH: 8, NKV: 4, H: 1408, blocks: 12 }, {
    batch: 8,
    seq: 512,
    rate: 1e-3,
  }),
  own("large", { C: 1024, K: 64, NH: 16, NKV: 4, H: 2816, blocks: 24 }, {
    batch: 8,
    seq: 512,
    rate: 6e-4,
  }),
];

/** The models of the published table (8-iota-model: 15B was live in July 2025). */
export const PUBLISHED_PRESETS: readonly Preset[] = [
  published("100M", { C: 512, K: 8, NH: 32, NKV: 8, H: 512, blocks: 6 }, 100_000_000, [2, 4]),
  published("1B", { C: 2048, K: 32, NH: 32, NKV: 8, H: 8192, blocks: 16 }, 1_500_055_552, [5, 10]),
  published("3B", { C: 3072, K: 16, NH: 24, NKV: 8, H: 8192, blocks: 28 }, 3_606_752_256, [9, 19]),
  published("8B", { C: 4096, K: 64, NH: 32, NKV: 8, H: 14336, blocks: 32 }, 8_030_261_248, [
    11,
    22,
  ]),
  published(
    "15B",
    { C: 5120, K: 80, NH: 40, NKV: 8, H: 13824, blocks: 50 },
    15_076_418_560,
    [8, 19, 30, 41],
  ),
];

/**
 * A preset by name.
 * @throws {UsageError} for an unknown name, with the known ones.
 */
export function findPreset(name: string): Preset {
  const all = [...OWN_PRESETS, ...PUBLISHED_PRESETS];
  const preset = all.find(({ model }) => model.name === name);
  if (preset) return preset;
  throw new UsageError(
    `there is no model "${name}": expected auto, ${
      all.map(({ model }) => model.name).join(", ")
    }, ` +
      `or a JSON file with the published fields`,
  );
}

/** Seconds that a step of the model chosen by `auto` may take, about. */
const STEP_SECONDS = 0.5;
/** Share of the matmul rate that a whole step reaches; measured with `deno task bench train`. */
const STEP_EFFICIENCY = 0.45;

/** The largest of Weft's presets that makes a step in about half a second. */
export function presetForRate(flopsPerSecond: number): Preset {
  const budget = flopsPerSecond * STEP_EFFICIENCY * STEP_SECONDS;
  const fitting = OWN_PRESETS.filter((preset) => stepFlops(preset) <= budget);
  return fitting.at(-1) ?? OWN_PRESETS[0];
}

/**
 * Floating point operations of one optimizer step: 6 a parameter and token for the products, and
 * attention's, whose backward pass costs 2.5 times its forward.
 */
export function stepFlops({ model, batch, seq, batchesBeforeMerging }: Preset): number {
  const tokens = batch * seq * batchesBeforeMerging;
  const products = countParameters(model) - model.V * model.C;
  const attention = 3.5 * 2 * tokens * seq * model.C * model.blocks;
  return 6 * products * tokens + attention;
}

/** Parameters of all stages on the wire. */
export function countParameters(model: ModelConfig): number {
  return model.splits.flatMap((split) => parameterShapes(stageShape(model, split, 1, 1)))
    .reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
}

interface Sizes {
  C: number;
  K: number;
  NH: number;
  NKV: number;
  H: number;
  blocks: number;
}

function own(
  name: string,
  sizes: Sizes,
  { batch, seq, rate }: { batch: number; seq: number; rate: number },
): Preset {
  const { blocks } = sizes;
  const draft: ModelConfig = {
    name,
    totalGlobalParams: 1,
    V: 256,
    ...sizes,
    rope: PUBLISHED_ROPE,
    splits: [[-1, blocks / 3], [blocks / 3, 2 * blocks / 3], [2 * blocks / 3, -1]],
  };
  const model = { ...draft, totalGlobalParams: countParameters(draft) };
  return { model, batch, seq, batchesBeforeMerging: 2, learningRate: rate };
}

function published(
  name: string,
  sizes: Sizes,
  totalGlobalParams: number,
  cuts: readonly number[],
): Preset {
  const borders = [-1, ...cuts, -1];
  const splits = borders.slice(1).map((end, index): Split => [borders[index], end]);
  return {
    model: { name, totalGlobalParams, V: 128256, ...sizes, rope: PUBLISHED_ROPE, splits },
    batch: 1,
    seq: 800,
    batchesBeforeMerging: 10,
    learningRate: 2e-4,
  };
}
