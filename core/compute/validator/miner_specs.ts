/**
 * What a miner says it has, as a validator reads it: the JSON of `specs_output`, which anybody may
 * have written.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `get_perf_info` of `neurons/Validator/script.py`.
 *
 * @module
 */

import * as v from "valibot";
import type { MachineCapacity } from "../allocation/requirements.ts";

/** Published machines tell some kilobytes. */
const MAX_LETTERS = 65_536;
const MAX_GPUS = 64;
const MAX_NAME_LETTERS = 80;
const MIB = 1024 ** 2;

/** What is no amount is taken for none, as a part that nobody could measure. */
const amount = v.fallback(
  v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  0,
);

const Gpu = v.object({
  name: v.pipe(v.string(), v.transform(plain)),
  /** In MiB. */
  capacity: amount,
});

/** A miner of Weft tells of its WebGPU adapter, which may be none of the driver's cards. */
const Weft = v.object({
  adapter: v.object({ name: v.pipe(v.string(), v.transform(plain)) }),
});

const Specs = v.object({
  cpu: v.fallback(v.object({ count: amount, frequency: amount }), { count: 0, frequency: 0 }),
  gpu: v.fallback(v.object({ details: v.pipe(v.array(Gpu), v.maxLength(MAX_GPUS)) }), {
    details: [],
  }),
  hard_disk: v.fallback(v.object({ total: amount, free: amount }), { total: 0, free: 0 }),
  ram: v.fallback(v.object({ total: amount, available: amount }), { total: 0, available: 0 }),
  has_docker: v.fallback(v.boolean(), false),
  weft: v.optional(v.fallback(v.optional(Weft), undefined)),
});

/** What is kept of a machine, by the published names. Sizes are in bytes, those of cards in MiB. */
export type MinerSpecs = v.InferOutput<typeof Specs>;

/**
 * Reads what a miner has told. Single parts that are wrong count as none; more letters than 65,536,
 * no object, or one without a processor is as if it had told nothing.
 */
export function readMinerSpecs(text: string): MinerSpecs | undefined {
  if (text.length > MAX_LETTERS) return undefined;
  try {
    const { success, output } = v.safeParse(Specs, JSON.parse(text));
    return success && output.cpu.count > 0 ? output : undefined;
  } catch {
    return undefined;
  }
}

/** What there is to lend: free memory and disk, and each card with its own memory. */
export function capacityOf({ cpu, gpu, hard_disk, ram }: MinerSpecs): MachineCapacity {
  return {
    cpuCount: cpu.count,
    ramBytes: ram.available,
    diskBytes: hard_disk.free,
    gpus: gpu.details.map(({ name, capacity }) => ({ name, memoryBytes: capacity * MIB })),
  };
}

/** A machine's cards in some words, `2 x NVIDIA L4`, else its adapter; empty without one. */
export function gpuText({ gpu: { details }, weft }: MinerSpecs): string {
  if (details.length === 0) return weft?.adapter.name ?? "";
  const counts = new Map<string, number>();
  for (const { name } of details) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => count === 1 ? name : `${count} x ${name}`).join(", ");
}

/** Without what a terminal could take for orders. */
function plain(text: string): string {
  return text.slice(0, MAX_NAME_LETTERS).replaceAll(/[\s\p{C}]+/gu, " ").trim();
}
