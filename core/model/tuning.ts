/**
 * Which kernels and workgroup sizes suit an adapter: measured where it matters, known otherwise.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import { Program } from "../gpu/program.ts";
import { createTensor, destroyTensor, writeTensor } from "../gpu/tensor.ts";
import { matmul, type MatmulVariant } from "../ops/matmul.ts";

/** Choices that depend on the adapter. */
export interface Tuning {
  matmul: MatmulVariant;
  /** Threads that may share a row in a reduction. */
  lanes: number;
  /** Blocks of four queries and keys in a tile of attention, at least. */
  attentionTile: number;
}

/** A CPU runs a workgroup's threads one after the other; a GPU wants a full one. */
export function defaultTuning(gpu: Pick<Gpu, "isSoftware">): Tuning {
  return gpu.isSoftware
    ? { matmul: "direct", lanes: 4, attentionTile: 2 }
    : { matmul: "tiled", lanes: 64, attentionTile: 8 };
}

/** What a short measurement found. */
export interface MeasuredTuning extends Tuning {
  /** Rate of the faster matmul, in floating point operations a second. */
  flopsPerSecond: number;
}

/** Side of the square product that is timed: large enough to fill a small GPU. */
const SIDE = 512;
/** Time given to each variant, in milliseconds. */
const BUDGET_MS = 300;

/**
 * Times the matmul variants and takes the faster; on a CPU only the direct one, since compiling the
 * other costs more time than the answer is worth.
 * @param now the host's clock, in milliseconds
 */
export async function measureTuning(gpu: Gpu, now: () => number): Promise<MeasuredTuning> {
  const rates: [MatmulVariant, number][] = [];
  const variants: MatmulVariant[] = gpu.isSoftware ? ["direct"] : ["direct", "tiled"];
  for (const variant of variants) {
    rates.push([variant, await matmulRate(gpu, variant, now)]);
  }
  const [best, flopsPerSecond] = rates.reduce((x, y) => y[1] > x[1] ? y : x);
  return { ...defaultTuning(gpu), matmul: best, flopsPerSecond };
}

async function matmulRate(
  gpu: Gpu,
  variant: MatmulVariant,
  now: () => number,
): Promise<number> {
  const [out, a, b] = ["out", "a", "b"].map((name) => createTensor(gpu, name, "f32", SIDE, SIDE));
  for (const tensor of [a, b]) writeTensor(gpu, tensor, new Float32Array(SIDE * SIDE).fill(0.5));
  const dispatches = matmul("rate", { out, a, b }, { variant, transposeB: true });
  const program = await Program.prepare(gpu, "rate", dispatches);
  const timed = async (times: number): Promise<number> => {
    const start = now();
    for (let i = 0; i < times; i++) program.run();
    await gpu.idle();
    return now() - start;
  };
  await timed(1);
  // Waiting costs the host some milliseconds: only the difference between two runs counts.
  let times = 2;
  let elapsedMs = await timed(times) - await timed(1);
  while (elapsedMs < BUDGET_MS / 4 && times < 4096) {
    times *= 2;
    elapsedMs = await timed(times) - await timed(1);
  }
  program.destroy();
  for (const tensor of [out, a, b]) destroyTensor(gpu, tensor);
  return (times - 1) * dispatches[0].flops / Math.max(elapsedMs, 0.01) * 1000;
}
