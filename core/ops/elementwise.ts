/**
 * The feed-forward's elementwise parts: SwiGLU (Shazeer, 2020), SiLU and ReLU.
 *
 * @module
 */
import activationBackwardSource from "../../shaders/activation_backward.wgsl" with { type: "text" };
import activationForwardSource from "../../shaders/activation_forward.wgsl" with { type: "text" };
import swigluBackwardSource from "../../shaders/swiglu_backward.wgsl" with { type: "text" };
import swigluForwardSource from "../../shaders/swiglu_forward.wgsl" with { type: "text" };
import { type Dispatch, gridOf, read, readWrite } from "../gpu/kernel.ts";
import { paddedCols, type Tensor } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { expectShape, groupsOf, isBf16, onlyPart, sizeOf } from "./shapes.ts";

const SWIGLU_FORWARD = kernel("swiglu_forward", swigluForwardSource);
const SWIGLU_BACKWARD = kernel("swiglu_backward", swigluBackwardSource);
const ACTIVATION_FORWARD = kernel("activation_forward", activationForwardSource);
const ACTIVATION_BACKWARD = kernel("activation_backward", activationBackwardSource);
const WORKGROUP = 64;

/** Operations of one exponential, division and the products around it, for rates. */
const FLOPS_A_SIGMOID = 8;

/**
 * out (R, H) = silu(gate) · up, gateup (R, 2·H padded to groups of four each). Must equal
 * `swigluForward` of core/reference.
 */
export function swigluForward({ out, gateup }: { out: Tensor; gateup: Tensor }): Dispatch {
  expectShape(gateup, out.rows, 2 * paddedCols(out.cols));
  const items = out.rows * groupsOf(out);
  return {
    kernel: SWIGLU_FORWARD,
    label: "swiglu",
    shape: [out.rows, out.cols],
    constants: { GATEUP_BF16: isBf16(gateup), OUT_BF16: isBf16(out), WORKGROUP },
    bindings: [read(onlyPart(gateup)), readWrite(onlyPart(out))],
    params: [items, groupsOf(out)],
    grid: gridOf(items, WORKGROUP),
    flops: FLOPS_A_SIGMOID * out.rows * out.cols,
    bytes: sizeOf(gateup, out),
  };
}

/**
 * dgateup (R, 2·H padded) = gradient of `swigluForward` for dout (R, H). Must equal
 * `swigluBackward` of core/reference.
 */
export function swigluBackward(
  { dgateup, dout, gateup }: { dgateup: Tensor; dout: Tensor; gateup: Tensor },
): Dispatch {
  expectShape(gateup, dout.rows, 2 * paddedCols(dout.cols));
  expectShape(dgateup, gateup.rows, gateup.cols);
  const items = dout.rows * groupsOf(dout);
  return {
    kernel: SWIGLU_BACKWARD,
    label: "swiglu",
    shape: [dout.rows, dout.cols],
    constants: {
      DOUT_BF16: isBf16(dout),
      GATEUP_BF16: isBf16(gateup),
      DGATEUP_BF16: isBf16(dgateup),
      WORKGROUP,
    },
    bindings: [read(onlyPart(dout)), read(onlyPart(gateup)), readWrite(onlyPart(dgateup))],
    params: [items, groupsOf(dout)],
    grid: gridOf(items, WORKGROUP),
    flops: 2 * FLOPS_A_SIGMOID * dout.rows * dout.cols,
    bytes: sizeOf(dout, gateup, dgateup),
  };
}

/** out = silu(inp), both (R, N). Must equal `siluForward` of core/reference. */
export function siluForward(tensors: { out: Tensor; inp: Tensor }): Dispatch {
  return activationForward(tensors, "silu");
}

/** dinp = dout · silu'(inp), all (R, N). Must equal `siluBackward` of core/reference. */
export function siluBackward(tensors: { dinp: Tensor; dout: Tensor; inp: Tensor }): Dispatch {
  return activationBackward(tensors, "silu");
}

/** out = max(inp, 0), both (R, N). Must equal `reluForward` of core/reference. */
export function reluForward(tensors: { out: Tensor; inp: Tensor }): Dispatch {
  return activationForward(tensors, "relu");
}

/**
 * dinp = dout where inp > 0, else 0, all (R, N); inp may be the forward's output. Must equal
 * `reluBackward` of core/reference.
 */
export function reluBackward(tensors: { dinp: Tensor; dout: Tensor; inp: Tensor }): Dispatch {
  return activationBackward(tensors, "relu");
}

function activationForward(
  { out, inp }: { out: Tensor; inp: Tensor },
  label: "silu" | "relu",
): Dispatch {
  expectShape(out, inp.rows, inp.cols);
  const items = inp.rows * groupsOf(inp);
  return {
    kernel: ACTIVATION_FORWARD,
    label,
    shape: [inp.rows, inp.cols],
    constants: {
      INP_BF16: isBf16(inp),
      OUT_BF16: isBf16(out),
      RELU: label === "relu",
      WORKGROUP,
    },
    bindings: [read(onlyPart(inp)), readWrite(onlyPart(out))],
    params: [items],
    grid: gridOf(items, WORKGROUP),
    flops: FLOPS_A_SIGMOID * inp.rows * inp.cols,
    bytes: sizeOf(inp, out),
  };
}

function activationBackward(
  { dinp, dout, inp }: { dinp: Tensor; dout: Tensor; inp: Tensor },
  label: "silu" | "relu",
): Dispatch {
  for (const tensor of [dinp, dout]) expectShape(tensor, inp.rows, inp.cols);
  const items = inp.rows * groupsOf(inp);
  return {
    kernel: ACTIVATION_BACKWARD,
    label,
    shape: [inp.rows, inp.cols],
    constants: {
      DOUT_BF16: isBf16(dout),
      INP_BF16: isBf16(inp),
      DINP_BF16: isBf16(dinp),
      RELU: label === "relu",
      WORKGROUP,
    },
    bindings: [read(onlyPart(dout)), read(onlyPart(inp)), readWrite(onlyPart(dinp))],
    params: [items],
    grid: gridOf(items, WORKGROUP),
    flops: FLOPS_A_SIGMOID * inp.rows * inp.cols,
    bytes: sizeOf(dout, inp, dinp),
  };
}
