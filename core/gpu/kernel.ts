/**
 * What a shader needs to run once: the kernel, its constants, what it reads and writes, its
 * parameters and its grid.
 *
 * Binding order is the same in every shader: inputs, outputs, then one uniform with the parameters.
 *
 * @module
 */
import type { TensorPart } from "./tensor.ts";

/** One WGSL compute shader with entry point `main`. */
export interface Kernel {
  readonly name: string;
  /** WGSL source; a shared library, where one is used, comes first. */
  readonly source: string;
}

/** A range of a buffer and how the shader uses it. */
export interface Binding {
  readonly part: Pick<TensorPart, "buffer" | "offsetBytes" | "sizeBytes">;
  readonly access: "read" | "readWrite" | "uniform";
}

/** One run of a kernel. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** Which tensor or layer this run is for; shown in profiles and errors. */
  readonly label: string;
  /** Values of the shader's `override` constants. */
  readonly constants: Readonly<Record<string, number | boolean>>;
  readonly bindings: readonly Binding[];
  /** The uniform's words: integers as u32, or f32 through `f32Word`. */
  readonly params: readonly number[];
  readonly grid: readonly [number, number, number];
  /** What it works on, for profiles: M, N, K of a product; B, T, NH, HD of attention; rows, columns. */
  readonly shape?: readonly number[];
  /** Floating point operations, for rates; 0 where memory is what counts. */
  readonly flops: number;
  /** Bytes read and written at least, for rates. */
  readonly bytes: number;
}

/** Binds a part that the shader only reads. */
export function read(part: Binding["part"]): Binding {
  return { part, access: "read" };
}

/** Binds a part that the shader writes, or reads and writes. */
export function readWrite(part: Binding["part"]): Binding {
  return { part, access: "readWrite" };
}

/** Binds a part that the shader reads as a uniform: 64 KiB at most, read by all alike. */
export function uniform(part: Binding["part"]): Binding {
  return { part, access: "uniform" };
}

const words = new DataView(new ArrayBuffer(4));

/** The bits of an f32 as an unsigned integer, for a uniform's f32 field. */
export function f32Word(value: number): number {
  words.setFloat32(0, value);
  return words.getUint32(0);
}

/**
 * A grid of one invocation per item, folded over two dimensions where one is too short. The shader
 * finds its item with `flat_index` of `shaders/elements.wgsl`.
 */
export function gridOf(items: number, workgroupSize: number): [number, number, number] {
  const groups = Math.max(1, Math.ceil(items / workgroupSize));
  const x = Math.min(groups, MAX_GRID_X);
  return [x, Math.ceil(groups / x), 1];
}

/** Every WebGPU adapter allows 65,535 workgroups a dimension; a round number keeps rows whole. */
const MAX_GRID_X = 32768;
