/**
 * What a machine has, in the JSON that validators know, and what WebGPU makes of it.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `get_perf_info` of `neurons/Validator/script.py`. A
 * validator sends a program there that looks for itself; here nobody's program is run, and the
 * miner tells what it has.
 *
 * @module
 */

import type { AxonRoute } from "./axon/axon.ts";
import { SPECS } from "./synapse/synapses.ts";

/** An adapter that a node computes on. */
export interface AdapterSpecs {
  readonly name: string;
  readonly backend: string;
  readonly isSoftware: boolean;
  /** Bytes of the largest buffer, and of the largest that a shader sees. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly features: readonly string[];
}

/** A machine. Sizes are in bytes unless a name says otherwise; undefined is what cannot be known. */
export interface MachineSpecs {
  readonly cpu: { readonly count: number; /** MHz */ readonly frequency: number | undefined };
  readonly ram: {
    readonly total: number;
    readonly available: number;
    readonly used: number;
    readonly free: number;
    readonly swap_total: number;
    readonly swap_used: number;
    readonly swap_free: number;
  };
  readonly hard_disk: { readonly total: number; readonly free: number; readonly used: number };
  /** What the driver's own tool tells of graphics cards, with capacities in MB. */
  readonly gpus: readonly { readonly name: string; readonly capacity: number }[];
  /** MHz of the first card. */
  readonly gpuClocks:
    | { readonly graphics: number; readonly memory: number }
    | undefined;
  readonly hasDocker: boolean;
  readonly adapter: AdapterSpecs | undefined;
  /** Candidates a second by hash mode: expected of the engine until a challenge has measured it. */
  readonly rates: Readonly<Record<string, number>>;
}

/** As `specs_output` has it. */
export function specsText(specs: MachineSpecs): string {
  const { cpu, ram, hard_disk, gpus, gpuClocks, hasDocker, adapter, rates } = specs;
  return JSON.stringify({
    cpu,
    gpu: {
      count: gpus.length,
      capacity: gpus.reduce((sum, { capacity }) => sum + capacity, 0),
      details: gpus,
      ...gpuClocks && {
        graphics_speed: gpuClocks.graphics,
        memory_speed: gpuClocks.memory,
      },
    },
    hard_disk,
    ram,
    has_docker: hasDocker,
    weft: { adapter, rates },
  });
}

/** Answers Specs for an axon. What a validator sends along is not looked at. */
export function specsRoute(
  read: () => Promise<MachineSpecs>,
  admission: Pick<AxonRoute<typeof SPECS>, "blacklist" | "priority">,
): AxonRoute<typeof SPECS> {
  return {
    kind: SPECS,
    // The program that a validator sends along is some megabytes.
    maxBodyBytes: 64 * 1024 ** 2,
    forward: async ({ synapse: { fields } }) => ({
      ...fields,
      specs_input: "",
      specs_output: specsText(await read()),
    }),
    ...admission,
  };
}
