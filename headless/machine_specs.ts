/**
 * What this machine has: processor, memory, disk, and graphics cards as their driver's tool tells.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { cpus } from "node:os";
import type { AdapterSpecs, MachineSpecs } from "../core/compute/specs.ts";

const SMI = "/usr/bin/nvidia-smi";
const SMI_QUERY = "name,memory.total,clocks.gr,clocks.mem";

/** What is measured elsewhere. */
export interface KnownSpecs {
  readonly adapter: AdapterSpecs | undefined;
  /** Candidates a second, by hash mode. */
  readonly rates: Readonly<Record<string, number>>;
  /** The folder on whose disk there is room. */
  readonly dir: string;
  readonly hasDocker: boolean;
}

/** Looks at the machine. What cannot be known is left out; nothing is thrown for it. */
export async function readMachineSpecs(
  { adapter, rates, dir, hasDocker }: KnownSpecs,
): Promise<MachineSpecs> {
  const processors = cpus();
  const memory = Deno.systemMemoryInfo();
  const { bsize, blocks, bfree } = await statfs(dir);
  const graphics = await readGraphics();
  const frequency = processors[0]?.speed;
  return {
    // A virtual machine does not tell how fast it is.
    cpu: { count: processors.length, frequency: frequency === 0 ? undefined : frequency },
    ram: {
      ...{ total: memory.total, available: memory.available, free: memory.free },
      used: memory.total - memory.available,
      ...{ swap_total: memory.swapTotal, swap_free: memory.swapFree },
      swap_used: memory.swapTotal - memory.swapFree,
    },
    hard_disk: {
      ...{ total: blocks * bsize, free: bfree * bsize, used: (blocks - bfree) * bsize },
    },
    gpus: graphics.map(({ name, capacity }) => ({ name, capacity })),
    gpuClocks: graphics[0] && { graphics: graphics[0].graphics, memory: graphics[0].memory },
    ...{ adapter, rates, hasDocker },
  };
}

/** A card as `nvidia-smi` tells of it: capacity in MB, clocks in MHz. */
export interface GraphicsCard {
  readonly name: string;
  readonly capacity: number;
  readonly graphics: number;
  readonly memory: number;
}

/** Empty where there is no such tool, or it may not be run. */
async function readGraphics(): Promise<readonly GraphicsCard[]> {
  try {
    const args = [`--query-gpu=${SMI_QUERY}`, "--format=csv,noheader,nounits"];
    const { success, stdout } = await new Deno.Command(SMI, { args, stderr: "null" }).output();
    return success ? parseGraphics(new TextDecoder().decode(stdout)) : [];
  } catch {
    return [];
  }
}

/** Reads `name, MiB, MHz, MHz` line by line; a line that is none is left out. */
export function parseGraphics(text: string): GraphicsCard[] {
  return text.split("\n").flatMap((line) => {
    const [, name, ...numbers] = /^(.+), (\d+), (\d+), (\d+)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    const [capacity, graphics, memory] = numbers.map(Number);
    return [{ name, capacity, graphics, memory }];
  });
}
