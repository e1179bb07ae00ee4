/**
 * What a training step consists of: the dispatches of its programs, those of equal kernel and label
 * taken together as one op.
 *
 * @module
 */
import type { Dispatch } from "../../gpu/kernel.ts";
import type { Program } from "../../gpu/program.ts";
import type { Stage } from "../../model/stage.ts";
import type { StageKind } from "../../reference/stage_shape.ts";
import type { ProductShape } from "./product.ts";

/** One program of one stage. */
export interface Phase {
  /** Number of the stage in its pipeline. */
  stage: number;
  kind: StageKind;
  /** forward, loss, backward or optimizer. */
  name: string;
  program: Program;
  dispatches: readonly Dispatch[];
  /** Runs in one optimizer step. */
  perStep: number;
}

/** Dispatches of a program that have kernel and label in common. */
export interface Op {
  kernel: string;
  label: string;
  dispatches: readonly Dispatch[];
}

/** A product that the step computes, and how often. */
export interface StepProduct {
  /** Labels of the ops that compute it. */
  labels: string[];
  shape: ProductShape;
  /** Dispatches in one optimizer step; 0 for a product that is no part of it. */
  perStep: number;
}

/** The phases of all stages in the order of a step. */
export function phasesOf(stages: readonly Stage[], batchesBeforeMerging: number): Phase[] {
  return stages.flatMap((stage, index) =>
    stage.programs(0).map((program) => ({
      stage: index,
      kind: stage.shape.kind,
      name: program.label,
      program,
      dispatches: program.steps.map(({ dispatch }) => dispatch),
      perStep: program.label === "optimizer" ? 1 : batchesBeforeMerging,
    }))
  );
}

/** The label under which `Program.runEach` times a dispatch. */
export function timerLabel({ kernel, label }: Pick<Op, "kernel" | "label">): string {
  return `${kernel}: ${label}`;
}

/** The ops of a list of dispatches, in the order in which they first come. */
export function opsOf(dispatches: readonly Dispatch[]): Op[] {
  const groups = Map.groupBy(
    dispatches,
    ({ kernel, label }) => timerLabel({ kernel: kernel.name, label }),
  );
  return [...groups.values()].map((group) => ({
    kernel: group[0].kernel.name,
    label: group[0].label,
    dispatches: group,
  }));
}

/** `rmsnorm_forward`, or `qkv (matmul_tiled)` where the kernel does not tell the label. */
export function opName({ kernel, label }: Pick<Op, "kernel" | "label">): string {
  return kernel.startsWith(label.replaceAll(" ", "_")) ? kernel : `${label} (${kernel})`;
}

/** `256x176x64`; the number of sizes where the dispatches differ, nothing where none tells. */
export function shapeText(dispatches: readonly Pick<Dispatch, "shape">[]): string {
  const texts = new Set(dispatches.map(({ shape }) => shape?.join("x") ?? ""));
  return texts.size === 1 ? [...texts][0] : `${texts.size} sizes`;
}

/** What limits an op: arithmetic in products and attention, elsewhere memory. */
export function isArithmetic({ kernel }: Pick<Op, "kernel">): boolean {
  return isProduct(kernel) || kernel.startsWith("attention_");
}

function isProduct(kernel: string): boolean {
  return kernel.startsWith("matmul_");
}

/** The different products of a step, in the order in which they first come. */
export function stepProducts(
  phases: readonly Pick<Phase, "perStep" | "dispatches">[],
): StepProduct[] {
  const found = new Map<string, StepProduct>();
  for (const { dispatches, perStep } of phases) {
    for (const dispatch of dispatches.filter(({ kernel }) => isProduct(kernel.name))) {
      const shape = productShape(dispatch);
      const key = JSON.stringify(shape);
      const product = found.get(key) ?? { labels: [], shape, perStep: 0 };
      found.set(key, product);
      if (!product.labels.includes(dispatch.label)) product.labels.push(dispatch.label);
      product.perStep += perStep;
    }
  }
  return [...found.values()];
}

function productShape({ label, shape, constants }: Dispatch): ProductShape {
  if (shape?.length !== 3) throw new RangeError(`the product ${label} does not tell M, N and K`);
  const [M, N, K] = shape;
  return {
    ...{ M, N, K },
    transposeA: constants.TRANSPOSE_A === true,
    transposeB: constants.TRANSPOSE_B === true,
  };
}
