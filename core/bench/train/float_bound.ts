/**
 * How many f32 operations a second an adapter does at most: measured with a kernel of products and
 * sums that stay in registers.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { f32Word, readWrite } from "../../gpu/kernel.ts";
import { Program } from "../../gpu/program.ts";
import { createTensor, destroyTensor, readTensor } from "../../gpu/tensor.ts";
import source from "../../../shaders/float_bound.wgsl" with { type: "text" };
import type { NowMs } from "../timing.ts";
import { repeatedMs } from "./repeated.ts";

/** Turns of the shader that are written out in its loop. */
const UNROLLED = 16;
/** Runs of that loop. */
const LOOPS = 64;
const CHAINS = 8;
/** Each turn of a chain multiplies once and adds once. */
const TURN_FLOPS = 2 * CHAINS;
const WORKGROUP = 64;
/** Enough to fill the adapter, and some milliseconds of work. */
const INVOCATIONS = { software: 2 ** 14, hardware: 2 ** 20 };
/** So every value is a whole number that f32 holds exactly, fused or not. */
const [SCALE, SHIFT] = [1, 1];

/** What the kernel must write for an invocation, with scale and shift 1. */
export function floatBoundSum(invocation: number, turns: number): number {
  let sum = 0;
  for (let chain = 0; chain < CHAINS; chain++) sum += invocation % 1024 + chain + turns;
  return sum;
}

/**
 * Measures the bound, in operations a second.
 *
 * @throws {WeftError} if the kernel computes something else than the CPU
 */
export async function measureFloatBound(gpu: Gpu, rounds: number, nowMs: NowMs): Promise<number> {
  const invocations = gpu.isSoftware ? INVOCATIONS.software : INVOCATIONS.hardware;
  const out = createTensor(gpu, "float bound", "f32", 1, invocations);
  const flops = invocations * LOOPS * UNROLLED * TURN_FLOPS;
  const program = await Program.prepare(gpu, "float bound", [{
    kernel: { name: "float bound", source },
    label: "float bound",
    constants: { WORKGROUP },
    bindings: [readWrite(out.parts[0])],
    params: [LOOPS, f32Word(SCALE), f32Word(SHIFT)],
    grid: [invocations / WORKGROUP, 1, 1],
    flops,
    bytes: 4 * invocations,
  }]);
  try {
    program.run();
    check(gpu, await readTensor(gpu, out));
    return 1000 * flops / await repeatedMs(program, rounds, nowMs);
  } finally {
    program.destroy();
    destroyTensor(gpu, out);
  }
}

function check(gpu: Gpu, sums: Float32Array): void {
  for (const invocation of [0, 1, WORKGROUP, sums.length - 1]) {
    const expected = floatBoundSum(invocation, LOOPS * UNROLLED);
    if (sums[invocation] === expected) continue;
    throw new WeftError(
      `the float bound's kernel gave ${sums[invocation]} for invocation ${invocation}, expected ` +
        `${expected}: ${gpu.adapterName} computes wrongly`,
    );
  }
}
