/**
 * Joins a shader with the WGSL libraries it builds on.
 *
 * @module
 */
import elements from "../../shaders/elements.wgsl" with { type: "text" };
import type { Kernel } from "../gpu/kernel.ts";

/** A kernel made of `elements.wgsl`, further libraries if any, and the shader itself. */
export function kernel(name: string, ...sources: string[]): Kernel {
  return { name, source: [elements, ...sources].join("\n") };
}
