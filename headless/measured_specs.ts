/**
 * What a miner tells of its machine: what there is, the adapter with its limits, and how fast it
 * searches.
 *
 * @module
 */

import type { ChallengeEvent } from "../core/compute/challenge/challenge_miner.ts";
import type { AdapterSpecs, MachineSpecs } from "../core/compute/specs.ts";
import { WeftError } from "../core/errors.ts";
import { openGpu } from "../core/gpu/gpu.ts";
import type { Engines } from "../core/hash/engines.ts";
import type { Host } from "../core/host.ts";
import { type KnownSpecs, readMachineSpecs } from "./machine_specs.ts";

/** hashcat's number of the challenges' hash. */
const CHALLENGE_MODE = "610";
/** Candidates a second from candidates a millisecond. */
const PER_SECOND = 1000;

/** See the module. */
export class MeasuredSpecs {
  /** Candidates a second. */
  #rate: number;

  private constructor(readonly adapter: AdapterSpecs | undefined, expectedRate: number) {
    this.#rate = expectedRate;
  }

  /** Reads the adapter once. @param engines warm for challenges, so that their rate is known */
  static async open(
    host: Pick<Host, "webgpu">,
    engines: Pick<Engines, "rateOf">,
  ): Promise<MeasuredSpecs> {
    return new MeasuredSpecs(await readAdapter(host), engines.rateOf("blake2b") * PER_SECOND);
  }

  /** Takes a challenge's rate for the one to tell, in the place of what was expected before. */
  note({ rate }: Pick<ChallengeEvent, "rate">): void {
    if (rate > 0) this.#rate = rate;
  }

  /** What is known without looking at the machine. */
  get known(): Pick<KnownSpecs, "adapter" | "rates"> {
    return { adapter: this.adapter, rates: { [CHALLENGE_MODE]: Math.round(this.#rate) } };
  }

  /** What there is now. */
  async read(place: Pick<KnownSpecs, "dir" | "hasDocker">): Promise<MachineSpecs> {
    return await readMachineSpecs({ ...this.known, ...place });
  }
}

/** Undefined where there is none. */
async function readAdapter(host: Pick<Host, "webgpu">): Promise<AdapterSpecs | undefined> {
  try {
    const gpu = await openGpu(await host.webgpu());
    try {
      const { adapterName: name, backend, isSoftware, features, device: { limits } } = gpu;
      return {
        ...{ name, backend, isSoftware, features: [...features] },
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      };
    } finally {
      gpu.close();
    }
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}
