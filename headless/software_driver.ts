/**
 * Gives Deno and Dawn a software GPU on a machine without a Vulkan driver.
 *
 * Both look for the Vulkan loader by the name `libvulkan.so.1`, and the loader reads
 * `VK_DRIVER_FILES`. A library that this process has already opened is found by that name, so
 * opening our copy is enough: no `LD_LIBRARY_PATH`, no second process. It must happen before the
 * first `requestAdapter()`: Deno makes its Vulkan instance then, once, and a first call without a
 * loader leaves it without Vulkan until the process ends.
 *
 * Only for Linux on x86-64; elsewhere the system brings its own driver and nothing is done.
 *
 * @module
 */

import { join } from "node:path";
import { CACHE_DIR, exists, findChromiumPackage, unpackOnce, unpackTar } from "./unpack.ts";

/** Folders in which the Vulkan loader looks for drivers. */
const DRIVER_DIRS = [
  "/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
];

/** Where the distributions keep the Vulkan loader. */
const LOADER_FILES = [
  "/usr/lib/x86_64-linux-gnu/libvulkan.so.1",
  "/usr/lib64/libvulkan.so.1",
  "/usr/lib/libvulkan.so.1",
];

/** Whether there is a SwiftShader for this machine. */
const IS_PACKAGED = Deno.build.os === "linux" && Deno.build.arch === "x86_64";

/**
 * Opens SwiftShader as this process's Vulkan driver when the machine has none. Call it before the
 * first `requestAdapter()`; calling it again does no harm.
 *
 * `WEFT_GPU_SOFTWARE=1` forces SwiftShader even where a real driver exists. A driver that the user
 * chose with `VK_DRIVER_FILES` or `VK_ICD_FILENAMES` is left alone. Where there is a driver but no
 * loader, as in many GPU containers, only the loader is opened.
 *
 * Needs leave to read the project, `DRIVER_DIRS` and `LOADER_FILES`, to write and open libraries
 * (`--allow-ffi`) below `cacheDir`, and the variables `DENO_WEBGPU_BACKEND`, `VK_DRIVER_FILES`,
 * `VK_ICD_FILENAMES` and `WEFT_GPU_SOFTWARE`.
 *
 * @param cacheDir folder that keeps the unpacked driver between runs
 * @returns the folder of the software driver, or undefined where it is not used
 * @throws {WeftError} when the package that carries the driver is not installed
 */
export function loadSoftwareDriver(cacheDir: string = CACHE_DIR): string | undefined {
  if (!IS_PACKAGED) return undefined;
  const useSystem = hasSystemDriver(cacheDir);
  if (useSystem && LOADER_FILES.some(exists)) return undefined;

  const dir = unpackDriver(cacheDir);
  if (!useSystem) {
    Deno.env.set("VK_DRIVER_FILES", icdFile(dir));
    // Without this Deno may prefer an OpenGL driver, which lacks much of WebGPU.
    Deno.env.set("DENO_WEBGPU_BACKEND", "vulkan");
  }
  Deno.dlopen(join(dir, "libvulkan.so.1"), {});
  return useSystem ? undefined : dir;
}

/**
 * Runs something with SwiftShader as the only driver, and hands back what it gives; undefined where
 * there is no SwiftShader. Only a Vulkan instance made meanwhile is touched by it.
 *
 * @param cacheDir folder that keeps the unpacked driver between runs
 * @throws {WeftError} when the package that carries the driver is not installed
 */
export async function withSoftwareDriver<T>(
  work: () => Promise<T>,
  cacheDir: string = CACHE_DIR,
): Promise<T | undefined> {
  if (!IS_PACKAGED) return undefined;
  const before = Deno.env.get("VK_DRIVER_FILES");
  Deno.env.set("VK_DRIVER_FILES", icdFile(unpackDriver(cacheDir)));
  try {
    return await work();
  } finally {
    if (before === undefined) Deno.env.delete("VK_DRIVER_FILES");
    else Deno.env.set("VK_DRIVER_FILES", before);
  }
}

/**
 * Makes sure that SwiftShader lies unpacked, for a child process that may not write; does nothing
 * where there is no SwiftShader.
 *
 * @param cacheDir folder that keeps the unpacked driver between runs
 * @throws {WeftError} when the package that carries the driver is not installed
 */
export function unpackSoftwareDriver(cacheDir: string = CACHE_DIR): void {
  if (IS_PACKAGED) unpackDriver(cacheDir);
}

function icdFile(dir: string): string {
  return join(dir, "vk_swiftshader_icd.json");
}

function hasSystemDriver(cacheDir: string): boolean {
  if (Deno.env.get("WEFT_GPU_SOFTWARE") === "1") return false;
  const chosen = Deno.env.get("VK_DRIVER_FILES") ?? Deno.env.get("VK_ICD_FILENAMES");
  // Below `cacheDir` it is the choice of an earlier call, here or in the parent process.
  if (chosen !== undefined) return !chosen.startsWith(cacheDir);
  return DRIVER_DIRS.some(holdsDriver);
}

function holdsDriver(dir: string): boolean {
  return exists(dir) && [...Deno.readDirSync(dir)].some((entry) => entry.name.endsWith(".json"));
}

function unpackDriver(cacheDir: string): string {
  const { archiveDir, version } = findChromiumPackage();
  const dir = join(cacheDir, `swiftshader-${version}`);
  unpackOnce(dir, (aside) => unpackTar(join(archiveDir, "swiftshader.tar.br"), aside));
  return dir;
}
