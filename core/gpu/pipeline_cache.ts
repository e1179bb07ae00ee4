/**
 * Compute pipelines, compiled once per kernel and constants, asynchronously and inside error
 * scopes, so that a mistake in WGSL becomes an ordinary exception with line, column and source.
 *
 * @module
 */
import type { Dispatch, Kernel } from "./kernel.ts";

const COMPUTE_STAGE = 0x4;
const BUFFER_TYPES = {
  read: "read-only-storage",
  readWrite: "storage",
  uniform: "uniform",
} as const;

/** What of a dispatch does not change from run to run. */
export type BoundKernel = Pick<Dispatch, "kernel" | "label" | "constants" | "bindings">;

/** A compiled kernel and the layout of its one bind group. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Pipelines of one device by source, constants and access. A failed compile is not kept. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Promise<CompiledKernel>>();
  readonly #modules = new Map<string, Promise<GPUShaderModule>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The pipeline for a dispatch, compiled now if it is the first of its kind. */
  get(dispatch: BoundKernel): Promise<CompiledKernel> {
    const access = dispatch.bindings.map((binding) => binding.access).join(" ");
    const key = [JSON.stringify(dispatch.constants), access, dispatch.kernel.source].join("|");
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = this.#compile(dispatch);
      this.#compiled.set(key, compiled);
      compiled.catch(() => this.#compiled.delete(key));
    }
    return compiled;
  }

  async #compile({ kernel, constants, bindings }: BoundKernel): Promise<CompiledKernel> {
    const module = await this.#module(kernel);
    this.#device.pushErrorScope("validation");
    const layout = this.#device.createBindGroupLayout({
      label: kernel.name,
      entries: [
        ...bindings.map((binding, index) => ({
          binding: index,
          visibility: COMPUTE_STAGE,
          buffer: { type: BUFFER_TYPES[binding.access] },
        })),
        { binding: bindings.length, visibility: COMPUTE_STAGE, buffer: {} },
      ],
    });
    const scope = this.#device.popErrorScope();
    const pipeline = await this.#device.createComputePipelineAsync({
      label: kernel.name,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main", constants: numbers(constants) },
    }).catch((error: unknown) => {
      throw new Error(`shader ${kernel.name} with ${JSON.stringify(constants)}: ${error}`);
    });
    const problem = await scope;
    if (problem) throw new Error(`shader ${kernel.name}: ${problem.message}`);
    return { pipeline, layout };
  }

  #module(kernel: Kernel): Promise<GPUShaderModule> {
    let module = this.#modules.get(kernel.source);
    if (!module) {
      module = this.#createModule(kernel);
      this.#modules.set(kernel.source, module);
      module.catch(() => this.#modules.delete(kernel.source));
    }
    return module;
  }

  async #createModule(kernel: Kernel): Promise<GPUShaderModule> {
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ label: kernel.name, code: kernel.source });
    const problem = await this.#device.popErrorScope();
    if (!problem) return module;
    const { messages } = await module.getCompilationInfo();
    const lines = kernel.source.split("\n");
    // Naga's messages hold a drawing of the place below their first line.
    const places = messages.filter(({ type }) => type === "error").map((one) =>
      `${one.lineNum}:${one.linePos} ${one.message.trim().split("\n")[0]}\n` +
      `  ${lines[one.lineNum - 1]}`
    );
    throw new Error(`shader ${kernel.name}: ${places.join("\n") || problem.message}`);
  }
}

function numbers(constants: Dispatch["constants"]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(constants).map(([name, value]) => [name, Number(value)]),
  );
}
