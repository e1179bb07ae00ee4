/**
 * A kernel that runs again and again with other parameters and another grid: what a `Program`, whose
 * dispatches are fixed, is not for.
 *
 * @module
 */
import type { Gpu } from "./gpu.ts";
import type { Dispatch } from "./kernel.ts";
import type { BoundKernel } from "./pipeline_cache.ts";

const UNIFORM_AND_COPY_DST = 0x40 | 0x08;

/** A bound kernel. */
export class Launcher {
  private constructor(
    readonly gpu: Gpu,
    readonly label: string,
    readonly pipeline: GPUComputePipeline,
    readonly bindGroup: GPUBindGroup,
    readonly uniform: GPUBuffer,
  ) {}

  /**
   * Compiles and binds.
   * @param uniformBytes room for the parameters
   * @throws {Error} with place and source if the shader does not compile
   */
  static async prepare(
    gpu: Gpu,
    dispatch: BoundKernel,
    uniformBytes: number,
  ): Promise<Launcher> {
    const { pipeline, layout } = await gpu.pipelines.get(dispatch);
    const uniform = gpu.createBuffer(
      `${dispatch.label} parameters`,
      uniformBytes,
      UNIFORM_AND_COPY_DST,
    );
    const parts = dispatch.bindings.map(({ part }) => part);
    const entries = [...parts, { buffer: uniform, offsetBytes: 0, sizeBytes: uniform.size }]
      .map(({ buffer, offsetBytes, sizeBytes }, binding) => ({
        binding,
        resource: { buffer, offset: offsetBytes, size: sizeBytes },
      }));
    gpu.device.pushErrorScope("validation");
    const bindGroup = gpu.device.createBindGroup({ label: dispatch.label, layout, entries });
    const problem = await gpu.device.popErrorScope();
    if (problem) {
      gpu.destroyBuffer(uniform);
      throw new Error(`${dispatch.label}: ${problem.message}`);
    }
    return new Launcher(gpu, dispatch.label, pipeline, bindGroup, uniform);
  }

  /**
   * Submits one run.
   * @param params the uniform's words
   * @param zeroed a buffer whose first word is set to zero before the run
   */
  run(params: Uint32Array<ArrayBuffer>, grid: Dispatch["grid"], zeroed: GPUBuffer): void {
    const { device } = this.gpu;
    device.queue.writeBuffer(this.uniform, 0, params);
    const encoder = device.createCommandEncoder({ label: this.label });
    encoder.clearBuffer(zeroed, 0, 4);
    const pass = encoder.beginComputePass({ label: this.label });
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, this.bindGroup);
    pass.dispatchWorkgroups(...grid);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Frees the parameters; the tensors belong to whoever made them. */
  destroy(): void {
    this.gpu.destroyBuffer(this.uniform);
  }
}
