/**
 * The GPU and the files of a test under Deno. A page maps `#gpu` to `gpu_browser.ts` instead.
 *
 * @module
 */

import { loadSoftwareDriver } from "../../headless/software_driver.ts";

// At import, not inside a test: Deno counts a library that a test opens as a leak of that test.
loadSoftwareDriver();

/**
 * The host's WebGPU.
 *
 * @throws when the host has no adapter: a GPU test without a GPU fails, it is never skipped
 */
export async function testGpu(): Promise<GPU> {
  if (await navigator.gpu.requestAdapter() === null) {
    throw new Error("Deno finds no WebGPU adapter, not even the software driver's");
  }
  return navigator.gpu;
}

/**
 * The bytes of a file of the repository.
 *
 * @param path relative to the repository's root, e.g. "test/golden/iota-tiny-f32.safetensors"
 */
export function readFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`../../${path}`, import.meta.url));
}
