/**
 * The two WebGPU implementations of the headless host: Deno's own (wgpu) and Chromium's (Dawn).
 *
 * @module
 */

import { WeftError } from "../core/errors.ts";
import type { WebGpu } from "../core/host.ts";
import { loadSoftwareDriver, withSoftwareDriver } from "./software_driver.ts";

/** Names of the implementations. */
export const BACKENDS = ["wgpu", "dawn"] as const;

/** One of {@linkcode BACKENDS}. */
export type Backend = (typeof BACKENDS)[number];

/**
 * Loads an implementation, on the software adapter where the machine has no Vulkan driver. May be
 * called again, and gives working adapters again after a device was lost.
 *
 * @throws {WeftError} when the implementation cannot be loaded or finds no adapter
 */
export async function loadWebGpu(backend: Backend): Promise<WebGpu> {
  loadSoftwareDriver();
  hushWayland();
  const gpu = backend === "dawn" ? await openDawn() : await withAdapter(navigator.gpu);
  if (gpu === undefined) throw new WeftError(noAdapter(backend));
  return { gpu, backend };
}

async function withAdapter(gpu: GPU): Promise<GPU | undefined> {
  return await gpu.requestAdapter() === null ? undefined : gpu;
}

/**
 * Dawn refuses drivers that lack what it needs, lavapipe among them; where it finds no other, it
 * gets the software driver that it does take. wgpu cannot be asked a second time.
 */
async function openDawn(): Promise<GPU | undefined> {
  const open = async (): Promise<GPU | undefined> => await withAdapter(await createDawn());
  return await open() ?? await withSoftwareDriver(open);
}

/**
 * Mesa's drivers look for a Wayland display at every turn, and on a server, which has none and no
 * such variable, complain each time on stderr.
 */
function hushWayland(): void {
  if (Deno.build.os !== "linux" || Deno.env.get("XDG_RUNTIME_DIR") !== undefined) return;
  Deno.env.set("XDG_RUNTIME_DIR", "/nonexistent");
}

/** Instances of Dawn, kept from the garbage collector: devices outlive the object that made them. */
const dawnInstances: GPU[] = [];

/** A new instance each time: one that lost a device may go on offering the dead adapter. */
async function createDawn(): Promise<GPU> {
  const dawn = await importDawn();
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  dawnInstances.push(gpu);
  return gpu;
}

async function importDawn(): Promise<typeof import("webgpu")> {
  try {
    return await import("webgpu");
  } catch (error) {
    throw new WeftError(
      `the backend dawn cannot be loaded (${error instanceof Error ? error.message : error}): ` +
        'run "deno install", or use --gpu.backend wgpu',
      { cause: error },
    );
  }
}

function noAdapter(backend: Backend): string {
  const needs = { linux: "Vulkan", darwin: "Metal", windows: "Direct3D 12" };
  const api = Object.entries(needs).find(([os]) => os === Deno.build.os)?.[1] ?? "Vulkan";
  return `${backend} finds no GPU on this machine, expected one with a ${api} driver: install the ` +
    "card's driver and try again";
}
