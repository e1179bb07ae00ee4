/**
 * How fast a GPU multiplies dense matrices of normal random numbers.
 *
 * Of matrices that are larger than an adapter's buffers only a block is kept, which repeats: that
 * changes neither the operations nor how the kernel reads. It is the kernel of the proof, so both
 * have the same rate. WGSL has no matrix units: f16 is at most twice as fast as f32, where the
 * published script measures what tensor cores do.
 *
 * @module
 */

import type { Gpu } from "../../gpu/gpu.ts";
import type { ProofDevice } from "./hashed_product.ts";
import {
  bandsOf,
  blockSide,
  createPart,
  freeParts,
  generateValues,
  multiplyRows,
  type Operands,
  type Part,
  type ProofElement,
  warmUpProduct,
} from "./product.ts";
import type { BenchmarkResult } from "./published_lines.ts";
import { benchmarkSizes } from "./sizes.ts";

/** Any two seeds; nobody checks the values. */
const SEEDS = { a: 1, b: 0x9e3779b9 };

/**
 * One product in f32, and one in f16 where the adapter has it.
 * @param vramGb decides the sizes; see `vramOfMemory`
 * @param signal ends it early, with its reason as the error
 * @throws {UsageError} if `vramGb` gives no sizes
 * @throws {WeftError} if a size is too large for the adapter
 */
export async function benchmarkGpu(
  device: ProofDevice,
  vramGb: number,
  signal?: AbortSignal,
): Promise<BenchmarkResult> {
  const { fp16, fp32 } = benchmarkSizes(vramGb);
  const hasF16 = device.gpu.features.has("shader-f16");
  return {
    gpuCount: 1,
    vramGb,
    fp16Size: fp16,
    fp16Seconds: hasF16 ? await productSeconds(device, fp16, "f16", signal) : undefined,
    fp32Size: fp32,
    fp32Seconds: await productSeconds(device, fp32, "f32", signal),
  };
}

/**
 * Seconds of one product of n × n dense matrices.
 * @throws {WeftError} if n is too large for the adapter
 */
export async function productSeconds(
  { gpu, clock }: ProofDevice,
  n: number,
  element: ProofElement,
  signal?: AbortSignal,
): Promise<number> {
  const bands = bandsOf(gpu, n);
  const parts: Part[] = [];
  try {
    const operands = await denseOperands(gpu, n, element, parts);
    const out = createPart(gpu, "rows of a benchmark", 4 * n * bands[0].rows);
    parts.push(out);
    await warmUpProduct(gpu, operands, out);
    const startMs = clock.nowMs();
    for (const band of bands) await multiplyRows(gpu, operands, band, out, signal);
    const seconds = (clock.nowMs() - startMs) / 1000;
    // A lost device does nothing in no time; a read of it fails.
    await gpu.readback.read([{ ...out, sizeBytes: 4 }]);
    return seconds;
  } finally {
    freeParts(gpu, parts);
  }
}

async function denseOperands(
  gpu: Gpu,
  n: number,
  element: ProofElement,
  parts: Part[],
): Promise<Operands> {
  const side = blockSide(gpu, n);
  const make = async (label: string, seed: number): Promise<Part> => {
    const values = { seed, count: side ** 2, element, normal: true };
    const part = await generateValues(gpu, label, values);
    parts.push(part);
    return part;
  };
  const a = await make("A of a benchmark", SEEDS.a);
  return { n, element, side, a, b: await make("B of a benchmark", SEEDS.b) };
}
