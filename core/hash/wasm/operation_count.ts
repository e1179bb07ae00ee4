/**
 * How many integer operations a candidate needs: counted in the graph of the computation, in which
 * constants are folded, equal values are computed once, and what does not change between candidates is
 * left out.
 *
 * @module
 */
import type { SearchPlan } from "../search_plan.ts";
import { type Operation, programFor, type Value } from "./dataflow.ts";
import { graphFor, shapeOf } from "./kernel_graph.ts";

/** Operations of one candidate, on words of the algorithm's own width. */
export interface OperationCount {
  readonly wordBits: 32 | 64;
  /** Of two terms each. */
  readonly additions: number;
  /** Xors and ands of two terms each. */
  readonly logic: number;
  /** Rotations and shifts, but for rotations by half a word, which swap registers. */
  readonly rotations: number;
}

/** Counts what is done anew for every candidate of a plan, up to the word that kernels compare. */
export function countOperations(plan: SearchPlan): OperationCount {
  const { width, result } = graphFor(shapeOf(plan));
  const { varying } = programFor([result]);
  const count = (...kinds: readonly Operation[]): number =>
    varying.filter((value) => kinds.some((kind) => kind === value.kind) && !isSwap(value, width))
      .length;
  return {
    wordBits: width,
    additions: count("add"),
    logic: count("xor", "and"),
    rotations: count("rotateRight", "shiftRight"),
  };
}

/**
 * The same in 32-bit operations. One on 64-bit words counts as two, carries for free: a GPU adds with
 * carry, and a processor's vectors hold half as many of the wider words.
 */
export function operations32(count: OperationCount): number {
  return (count.additions + count.logic + count.rotations) * count.wordBits / 32;
}

function isSwap(value: Value, width: number): boolean {
  return value.kind === "rotateRight" && 2 * value.bits === width;
}
