/**
 * The one device of the tests that run whole stages.
 *
 * @module
 */

import { testGpu } from "#gpu";
import { type Gpu, openGpu } from "../../core/gpu/gpu.ts";
import { type GpuHooks, SharedGpu } from "../harness/shared_gpu.ts";

/** The device and what it has compiled. */
export const shared: SharedGpu = new SharedGpu(await testGpu());

/** A stand-in for the device; with `maxBindingBytes` large tensors are split over several parts. */
export async function openSharedGpu(maxBindingBytes?: number, hooks?: GpuHooks): Promise<Gpu> {
  return await openGpu({ gpu: shared.entry(hooks), backend: "test", maxBindingBytes });
}
