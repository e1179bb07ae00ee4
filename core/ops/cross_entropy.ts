/**
 * Cross-entropy over a vocabulary, forward and backward at once and in place.
 *
 * @module
 */
import source from "../../shaders/cross_entropy.wgsl" with { type: "text" };
import { type Dispatch, f32Word, gridOf, read, readWrite } from "../gpu/kernel.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { kernel } from "./kernels.ts";
import { expectShape, groupsOf, isBf16, lanesFor, onlyPart, sizeOf } from "./shapes.ts";

const KERNEL = kernel("cross_entropy", source);

/** Target of a row that has none: the last position of a sample. */
export const NO_TARGET = 0xffffffff;

/**
 * losses (1, R) f32 = cross-entropy of each row against targets (1, R) u32; logits (R, V) become
 * their gradient times `scale`. No second (R, V) tensor is needed. Must equal `crossEntropy` of
 * core/reference.
 */
export function crossEntropy(
  { losses, logits, targets }: { losses: Tensor; logits: Tensor; targets: Tensor },
  scale: number,
  maxLanes: number,
): Dispatch[] {
  expectShape(targets, 1, logits.rows);
  expectShape(losses, 1, logits.rows);
  return logits.parts.map((part) => ({
    kernel: KERNEL,
    label: "cross entropy",
    shape: [part.rows, logits.cols],
    constants: {
      LOGITS_BF16: isBf16(logits),
      LANES: lanesFor(groupsOf(logits), 4 * maxLanes),
    },
    bindings: [read(onlyPart(targets)), readWrite(part), readWrite(onlyPart(losses))],
    params: [part.rows, part.firstRow, logits.cols, groupsOf(logits), f32Word(scale)],
    grid: gridOf(part.rows, 1),
    flops: 8 * part.rows * logits.cols,
    bytes: 4 * sizeOf(logits),
  }));
}
