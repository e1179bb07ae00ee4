/**
 * RMSNorm (Zhang and Sennrich, 2019) over the channels of each row.
 *
 * @module
 */
import backward from "../../shaders/rmsnorm_backward.wgsl" with { type: "text" };
import backwardWeight from "../../shaders/rmsnorm_backward_weight.wgsl" with { type: "text" };
import forward from "../../shaders/rmsnorm_forward.wgsl" with { type: "text" };
import { type Dispatch, gridOf, read, readWrite } from "../gpu/kernel.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { expectShape, groupsOf, isBf16, lanesFor, onlyPart, sizeOf } from "./shapes.ts";

const FORWARD = kernel("rmsnorm_forward", forward);
const BACKWARD = kernel("rmsnorm_backward", backward);
const BACKWARD_WEIGHT = kernel("rmsnorm_backward_weight", backwardWeight);

/**
 * out (R, C) = inp (R, C) · rstd · weight (1, C); rstd (1, R) f32 is kept for the backward pass.
 * Must equal `rmsnormForward` of core/reference.
 * @param maxLanes threads that may share a row: 4 where a thread is a CPU's lane, 64 on a GPU
 */
export function rmsnormForward(
  { out, rstd, inp, weight }: { out: Tensor; rstd: Tensor; inp: Tensor; weight: Tensor },
  maxLanes: number,
): Dispatch {
  expectShape(out, inp.rows, inp.cols);
  expectShape(weight, 1, inp.cols);
  expectShape(rstd, 1, inp.rows);
  return {
    kernel: FORWARD,
    label: "rmsnorm",
    shape: [inp.rows, inp.cols],
    constants: {
      INP_BF16: isBf16(inp),
      WEIGHT_BF16: isBf16(weight),
      OUT_BF16: isBf16(out),
      LANES: lanesFor(groupsOf(inp), maxLanes),
    },
    bindings: [
      read(onlyPart(inp)),
      read(onlyPart(weight)),
      readWrite(onlyPart(out)),
      readWrite(onlyPart(rstd)),
    ],
    params: [inp.rows, inp.cols, groupsOf(inp)],
    grid: gridOf(inp.rows, 1),
    flops: 4 * inp.rows * inp.cols,
    bytes: sizeOf(inp, out),
  };
}

/**
 * dinp (R, C) = the norm's gradient + skip in the first `skipWidth` channels; dweight (1, C) +=.
 * Must equal `rmsnormBackward` (and `addChannels` for the skip) of core/reference.
 */
export function rmsnormBackward(
  { dinp, dweight, dout, inp, weight, rstd, skip }: {
    dinp: Tensor;
    dweight: Tensor;
    dout: Tensor;
    inp: Tensor;
    weight: Tensor;
    rstd: Tensor;
    /** Gradient that came past the norm along the residual. */
    skip?: { tensor: Tensor; width: number };
  },
  maxLanes: number,
): Dispatch[] {
  const { rows, cols } = inp;
  for (const tensor of [dinp, dout]) expectShape(tensor, rows, cols);
  for (const tensor of [weight, dweight]) expectShape(tensor, 1, cols);
  const skipped = skip?.tensor ?? dout;
  const lanes = { LANES: lanesFor(groupsOf(inp), maxLanes) };
  const inputs = { DOUT_BF16: isBf16(dout), INP_BF16: isBf16(inp) };
  return [{
    kernel: BACKWARD,
    label: "rmsnorm",
    shape: [rows, cols],
    constants: {
      ...inputs,
      WEIGHT_BF16: isBf16(weight),
      SKIP_BF16: isBf16(skipped),
      DINP_BF16: isBf16(dinp),
      ...lanes,
    },
    bindings: [
      ...[dout, inp, weight, rstd, skipped].map((tensor) => read(onlyPart(tensor))),
      readWrite(onlyPart(dinp)),
    ],
    params: [rows, cols, groupsOf(inp), groupsOf(skipped), skip?.width ?? 0],
    grid: gridOf(rows, 1),
    flops: 8 * rows * cols,
    bytes: sizeOf(dout, inp, dinp),
  }, {
    kernel: BACKWARD_WEIGHT,
    label: "rmsnorm",
    shape: [rows, cols],
    constants: {
      ...inputs,
      DWEIGHT_BF16: isBf16(dweight),
      LANES: lanesFor(rows, maxLanes),
    },
    bindings: [
      ...[dout, inp, rstd].map((tensor) => read(onlyPart(tensor))),
      readWrite(onlyPart(dweight)),
    ],
    params: [rows, groupsOf(inp)],
    grid: [groupsOf(inp), 1, 1],
    flops: 3 * rows * cols,
    bytes: sizeOf(dout, inp),
  }];
}
