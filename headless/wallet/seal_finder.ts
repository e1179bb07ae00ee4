/**
 * What searches for the seal of a registration by work: this machine's GPU.
 *
 * @module
 */

import { SealSearch } from "../../core/hash/seal_search.ts";
import { createLog, processClock } from "../deno_host.ts";
import { tuneLavapipe } from "../lavapipe.ts";
import type { Screen } from "../screen.ts";
import { type Backend, loadWebGpu } from "../webgpu.ts";

/** Searches for seals; a test hands in its own. */
export type SealFinder = Pick<SealSearch, "search" | "close">;

/** What a finder is opened with. */
export interface SealFinderOptions {
  readonly values: { readonly gpuBackend: Backend; readonly loggingDebug: boolean };
  readonly screen: Screen;
}

/** Opens a finder. */
export type OpenSealFinder = (options: SealFinderOptions) => SealFinder;

/** Opens the GPU of the flags when the first search begins. */
export function openSealFinder({ values, screen }: SealFinderOptions): SealFinder {
  const { gpuBackend, loggingDebug } = values;
  // Seals are computed in 64-bit words, as BLAKE2b is.
  tuneLavapipe("blake2b");
  return new SealSearch({
    clock: processClock,
    log: createLog(loggingDebug ? "debug" : "info", (line) => screen.message(line)),
    webgpu: () => loadWebGpu(gpuBackend),
  });
}
