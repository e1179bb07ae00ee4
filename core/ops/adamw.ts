/**
 * The optimizer step: gradient norm, the decision whether to step, AdamW itself. All of it runs on
 * the device without a look back at the host.
 *
 * @module
 */
import controlSource from "../../shaders/adamw_control.wgsl" with { type: "text" };
import normSource from "../../shaders/gradient_norm.wgsl" with { type: "text" };
import stateSource from "../../shaders/adamw_state.wgsl" with { type: "text" };
import stepSource from "../../shaders/adamw.wgsl" with { type: "text" };
import { type Dispatch, gridOf, read, readWrite } from "../gpu/kernel.ts";
import { bytesOf, type StorageDtype, type Tensor, type TensorPart } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { onlyPart } from "./shapes.ts";

const NORM = kernel("gradient_norm", normSource);
const CONTROL = kernel("adamw_control", stateSource, controlSource);
const STEP = kernel("adamw", stateSource, stepSource);
const WORKGROUP = 64;

/** Workgroups that add up one stretch of gradients, at most. */
const NORM_WORKGROUPS = 64;

/** f32 words of the settings tensor. */
export const SETTINGS_WORDS = 10;
/** Words of the control tensor. */
export const CONTROL_WORDS = 12;

/** Hyperparameters of one step. */
export interface AdamWSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** Gradient norm to clip to. */
  clipNorm: number;
}

/** The settings as `adamw_control.wgsl` reads them. */
export function settingsWords(settings: AdamWSettings): Float32Array<ArrayBuffer> {
  const { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm } = settings;
  return new Float32Array([
    ...[learningRate, beta1, beta2, epsilon, weightDecay, clipNorm],
    ...[1 - beta1, 1 - beta2, Math.log(beta1), Math.log(beta2)],
  ]);
}

/** What one step did, read from the control tensor. */
export interface StepOutcome {
  /** Steps taken so far, this one included if it was applied. */
  step: number;
  /** False if the gradient held NaN or infinity: nothing was changed. */
  applied: boolean;
  /** Gradient norm before clipping. */
  norm: number;
}

/** Reads the control tensor's bytes. */
export function stepOutcome(bytes: Uint8Array<ArrayBuffer>): StepOutcome {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    step: view.getUint32(0, true),
    applied: view.getUint32(4, true) === 1,
    norm: view.getFloat32(8, true),
  };
}

/** A stretch of parameters with gradient, moments and, if kept, f32 masters of the same layout. */
export interface OptimizerSpan {
  items: number;
  param: TensorPart;
  gradient: TensorPart;
  m: TensorPart;
  v: TensorPart;
  master: TensorPart | undefined;
}

/** Storage of parameters, gradients and moments. */
export interface OptimizerDtypes {
  param: StorageDtype;
  gradient: StorageDtype;
  moment: StorageDtype;
}

/** Workgroups that `gradientNorm` uses for a span of `items` groups of four. */
export function normWorkgroups(items: number): number {
  return Math.max(1, Math.min(NORM_WORKGROUPS, Math.ceil(items / (16 * WORKGROUP))));
}

/**
 * Partial sums of squares of a span's gradient into squares[first …]. Must equal `gradientSquares`
 * of core/reference once added up.
 */
export function gradientNorm(
  span: Pick<OptimizerSpan, "items" | "gradient">,
  { squares, first }: { squares: Tensor; first: number },
  dtype: StorageDtype,
): Dispatch {
  return {
    kernel: NORM,
    label: "gradient norm",
    shape: [1, 4 * span.items],
    constants: { GRADIENT_BF16: dtype === "bf16", LANES: WORKGROUP },
    bindings: [read(span.gradient), readWrite(onlyPart(squares))],
    params: [span.items, first],
    grid: [normWorkgroups(span.items), 1, 1],
    flops: 8 * span.items,
    bytes: 4 * span.items * bytesOf(dtype),
  };
}

/**
 * Adds the first `count` of squares and sets the control tensor for `adamw`. Must equal `clipScale`
 * and the factors of `adamwStep` of core/reference.
 */
export function adamwControl(
  { squares, settings, control }: { squares: Tensor; settings: Tensor; control: Tensor },
  count: number,
): Dispatch {
  return {
    kernel: CONTROL,
    label: "adamw",
    shape: [1, count],
    constants: {},
    bindings: [
      read(onlyPart(squares)),
      read(onlyPart(settings)),
      readWrite(onlyPart(control)),
    ],
    params: [count],
    grid: [1, 1, 1],
    flops: count,
    bytes: 4 * count,
  };
}

/**
 * One AdamW step on a span, and its gradient set to zero. Must equal `adamwStep` of
 * core/reference.
 * @param spare a tensor bound in place of masters where none are kept
 */
export function adamw(
  span: OptimizerSpan,
  { control, spare }: { control: Tensor; spare: Tensor },
  dtypes: OptimizerDtypes,
): Dispatch {
  const { param, m, v, gradient, master, items } = span;
  const bytesEach = 2 * (bytesOf(dtypes.param) + bytesOf(dtypes.gradient)) +
    4 * bytesOf(dtypes.moment) + (master ? 8 : 0);
  return {
    kernel: STEP,
    label: "adamw",
    shape: [1, 4 * items],
    constants: {
      PARAM_BF16: dtypes.param === "bf16",
      MOMENT_BF16: dtypes.moment === "bf16",
      GRADIENT_BF16: dtypes.gradient === "bf16",
      MASTER: master !== undefined,
      WORKGROUP,
    },
    bindings: [
      read(onlyPart(control)),
      ...[param, m, v, gradient, master ?? onlyPart(spare)].map(readWrite),
    ],
    params: [items],
    grid: gridOf(items, WORKGROUP),
    flops: 4 * 14 * items,
    bytes: 4 * items * bytesEach,
  };
}
