/**
 * Where each parameter of the wire lies on the device. Weights that are multiplied with the same
 * input share one tensor (keys, values and queries; gate and up), heads are padded so that their
 * halves are whole groups of four channels, and padding stays zero.
 *
 * @module
 */
import { paddedCols } from "../gpu/tensor.ts";
import { paddedHead } from "../ops/attention.ts";
import type { PaddedAxis } from "../ops/normal_init.ts";
import { blockShapes, parameterShapes, type StageShape } from "../reference/stage_shape.ts";

/** A weight tensor of the device. */
export interface WeightLayout {
  readonly label: string;
  readonly rows: number;
  readonly cols: number;
  /** False for a decoder whose block is fed C channels: it is carried along but never used. */
  readonly trained: boolean;
}

/** The rows of a weight tensor that are one parameter of the wire. */
export interface ParameterView {
  /** Name on the wire. */
  readonly name: string;
  /** Shape on the wire: (out, in), or (C) for a norm. */
  readonly dims: readonly number[];
  readonly weight: WeightLayout;
  readonly firstRow: number;
  /** Rows on the device, padding included. */
  readonly rows: number;
  readonly rowAxis: PaddedAxis;
  readonly colAxis: PaddedAxis;
}

/** Weight tensors and, in wire order, the parameters in them. */
export interface ParameterLayout {
  readonly weights: readonly WeightLayout[];
  readonly views: readonly ParameterView[];
}

/** Labels of a block's weight tensors. */
export function blockLabels(index: number): Record<
  "decoder" | "qkv" | "out" | "gateup" | "down" | "narrow" | "norm1" | "norm2",
  string
> {
  const prefix = `block ${index} `;
  return {
    decoder: `${prefix}decoder`,
    qkv: `${prefix}qkv`,
    out: `${prefix}out`,
    gateup: `${prefix}gateup`,
    down: `${prefix}down`,
    narrow: `${prefix}narrow`,
    norm1: `${prefix}norm1`,
    norm2: `${prefix}norm2`,
  };
}

/** Lays out a stage's parameters. */
export function layoutParameters(shape: StageShape): ParameterLayout {
  const weights = new Map<string, WeightLayout>();
  const places = new Map<string, Omit<ParameterView, "name" | "dims">>();
  const place = (
    names: readonly { name: string; rows: number; rowAxis?: PaddedAxis; colAxis?: PaddedAxis }[],
    label: string,
    cols: number,
    trained = true,
  ): void => {
    const rows = names.reduce((sum, part) => sum + part.rows, 0);
    const weight = { label, rows, cols, trained };
    weights.set(label, weight);
    let firstRow = 0;
    for (const { name, rows, rowAxis = unpadded(rows), colAxis = unpadded(cols) } of names) {
      places.set(name, { weight, firstRow, rows, rowAxis, colAxis });
      firstRow += rows;
    }
  };
  const { V, C, kind } = shape;
  if (kind === "head") place([{ name: "tok_emb.weight", rows: V }], "embedding", C);
  blockShapes(shape).forEach((_, index) => placeBlock(shape, index, place));
  if (kind === "tail") {
    place([{ name: "final_norm.weight", rows: 1 }], "final norm", C);
    place([{ name: "out_head.weight", rows: V }], "logits", C);
  }
  const views = parameterShapes(shape).map(({ name, dims }) => {
    const found = places.get(name);
    if (!found) throw new Error(`parameter ${name} has no place on the device`);
    return { name, dims, ...found };
  });
  return { weights: [...weights.values()], views };
}

type Place = (
  names: readonly { name: string; rows: number; rowAxis?: PaddedAxis; colAxis?: PaddedAxis }[],
  label: string,
  cols: number,
  trained?: boolean,
) => void;

function placeBlock(shape: StageShape, index: number, place: Place): void {
  const { C, K, NH, NKV, H } = shape;
  const block = blockShapes(shape)[index];
  const labels = blockLabels(index);
  const name = (part: string): string => `${block.prefix}${part}.weight`;
  const HP = paddedHead(C / NH);
  const halves: PaddedAxis = { padded: HP / 2, valid: C / NH / 2 };
  const hidden: PaddedAxis = { padded: paddedCols(H), valid: H };
  place(
    [
      { name: name("att.W_key"), rows: NKV * HP, rowAxis: halves },
      { name: name("att.W_value"), rows: NKV * HP, rowAxis: halves },
      { name: name("att.W_query"), rows: NH * HP, rowAxis: halves },
    ],
    labels.qkv,
    C,
  );
  place([{ name: name("att.out_proj"), rows: C, colAxis: halves }], labels.out, NH * HP);
  place(
    [
      { name: name("ff.fc1"), rows: hidden.padded, rowAxis: hidden },
      { name: name("ff.fc2"), rows: hidden.padded, rowAxis: hidden },
    ],
    labels.gateup,
    C,
  );
  place([{ name: name("ff.fc3"), rows: C }], labels.down, H);
  place([{ name: name("norm1"), rows: 1 }], labels.norm1, C);
  place([{ name: name("norm2"), rows: 1 }], labels.norm2, C);
  const decodes = K !== null && block.width === K;
  if (K !== null && block.bottleneck) place([{ name: name("ff.fc4"), rows: K }], labels.narrow, C);
  if (K !== null && (decodes || block.bottleneck)) {
    const decoder = name("bottleneck_decoder.bottleneck_decoder.0");
    place([{ name: decoder, rows: C }], labels.decoder, K, decodes);
  }
}

function unpadded(length: number): PaddedAxis {
  return { padded: length, valid: length };
}
