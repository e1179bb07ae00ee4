/**
 * Makes lavapipe, Mesa's software GPU, as fast at hashing as this machine allows. It must be told
 * before the first `requestAdapter()`, and its own choice of vector width is not the best one for
 * 64-bit integers.
 *
 * @module
 */

import { join } from "node:path";
import type { Algorithm } from "../core/hash/modes.ts";
import { CACHE_DIR, exists } from "./unpack.ts";

/** Where Mesa says that lavapipe is installed; the name ends with the processor's. */
const DRIVER_DIRS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/**
 * The best width of lavapipe's vectors in bits, by the processor's features; undefined where its own
 * choice is. Measured: with AVX-512 512 suits both algorithms, for the u64 kernel of BLAKE2b it beats
 * 256 by 6% and 128 by a factor of two; with AVX2, which has only 16 registers, 128 beats 256 by 24%
 * for BLAKE2b, while the 32-bit words of SHA-256 want all 256.
 */
export function vectorBits(cpuFeatures: string, algorithm: Algorithm): number | undefined {
  if (/\bavx512f\b/.test(cpuFeatures)) return 512;
  return algorithm === "blake2b" ? 128 : undefined;
}

/**
 * Sets lavapipe's vector width for an algorithm, where lavapipe is installed and the user has not set
 * it. Call it before the first `requestAdapter()`: the width stays until the process ends.
 *
 * Needs leave to read `DRIVER_DIRS`, to run `lscpu`, to write below `CACHE_DIR`, and the variables
 * `LP_NATIVE_VECTOR_WIDTH` and `MESA_SHADER_CACHE_DIR`.
 */
export function tuneLavapipe(algorithm: Algorithm): void {
  if (Deno.build.os !== "linux" || !DRIVER_DIRS.some(holdsLavapipe)) return;
  if (Deno.env.get("LP_NATIVE_VECTOR_WIDTH") !== undefined) return;
  const features = readCpuFeatures();
  const bits = features === undefined ? undefined : vectorBits(features, algorithm);
  if (bits === undefined) return;
  Deno.env.set("LP_NATIVE_VECTOR_WIDTH", String(bits));
  // Mesa's cache does not look at the width and would hand out kernels of another one.
  if (Deno.env.get("MESA_SHADER_CACHE_DIR") === undefined) {
    const dir = join(CACHE_DIR, `lavapipe-${bits}`);
    // Mesa makes no parent folders and would go without a cache.
    Deno.mkdirSync(dir, { recursive: true });
    Deno.env.set("MESA_SHADER_CACHE_DIR", dir);
  }
}

function holdsLavapipe(dir: string): boolean {
  return exists(dir) && [...Deno.readDirSync(dir)].some(({ name }) => name.startsWith("lvp_icd"));
}

/** What `lscpu` prints; Deno gives out `/proc/cpuinfo` only together with everything else. */
function readCpuFeatures(): string | undefined {
  try {
    const { success, stdout } = new Deno.Command("lscpu", { stdout: "piped" }).outputSync();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
