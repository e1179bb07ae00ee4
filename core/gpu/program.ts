/**
 * A program is a list of dispatches made ready once (pipelines, bind groups, uniforms) and then
 * run as often as wanted: the steady state allocates nothing.
 *
 * @module
 */
import type { Gpu } from "./gpu.ts";
import type { Binding, Dispatch } from "./kernel.ts";
import type { PassTimer } from "./timer.ts";

const UNIFORM_AND_COPY_DST = 0x40 | 0x08;

interface Ready {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Dispatches that run in order. */
export class Program {
  private constructor(
    readonly label: string,
    readonly gpu: Gpu,
    readonly steps: readonly Ready[],
    readonly uniforms: readonly GPUBuffer[],
  ) {}

  /**
   * Compiles and binds all dispatches.
   * @throws {RangeError} if a dispatch writes a buffer that it reads through another binding, or
   *   writes the same bytes through two.
   * @throws {Error} with place and source if a shader does not compile.
   */
  static async prepare(gpu: Gpu, label: string, dispatches: readonly Dispatch[]): Promise<Program> {
    dispatches.forEach(checkAliasing);
    const compiled = await Promise.all(dispatches.map((one) => gpu.pipelines.get(one)));
    const uniforms = new Map<string, GPUBuffer>();
    gpu.device.pushErrorScope("validation");
    const steps = dispatches.map((dispatch, index) => {
      const entries = dispatch.bindings.map(({ part }, binding) => ({
        binding,
        resource: { buffer: part.buffer, offset: part.offsetBytes, size: part.sizeBytes },
      }));
      const uniform = uniformOf(gpu, uniforms, dispatch.params);
      const bindGroup = gpu.device.createBindGroup({
        label: dispatch.label,
        layout: compiled[index].layout,
        entries: [...entries, { binding: entries.length, resource: { buffer: uniform } }],
      });
      return { dispatch, pipeline: compiled[index].pipeline, bindGroup };
    });
    const problem = await gpu.device.popErrorScope();
    if (problem) throw new Error(`program ${label}: ${problem.message}`);
    return new Program(label, gpu, steps, [...uniforms.values()]);
  }

  /** Submits the whole program as one compute pass, timed if a timer is given. */
  run(timer?: PassTimer): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: this.label });
    const pass = encoder.beginComputePass({ label: this.label, ...timer?.begin(this.label) });
    for (const { pipeline, bindGroup, dispatch } of this.steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...dispatch.grid);
    }
    pass.end();
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Submits every dispatch as a pass of its own, timed under its kernel and label. */
  runEach(timer: PassTimer): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: this.label });
    for (const { pipeline, bindGroup, dispatch } of this.steps) {
      const pass = encoder.beginComputePass(
        timer.begin(`${dispatch.kernel.name}: ${dispatch.label}`),
      );
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...dispatch.grid);
      pass.end();
    }
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Frees the uniforms; the tensors belong to whoever made them. */
  destroy(): void {
    for (const uniform of this.uniforms) this.gpu.destroyBuffer(uniform);
  }
}

/** Prepares, runs and frees a program that is needed once. */
export async function runOnce(gpu: Gpu, label: string, dispatches: Dispatch[]): Promise<void> {
  const program = await Program.prepare(gpu, label, dispatches);
  program.run();
  await gpu.idle();
  program.destroy();
}

function uniformOf(
  gpu: Gpu,
  known: Map<string, GPUBuffer>,
  params: readonly number[],
): GPUBuffer {
  const key = params.join();
  let uniform = known.get(key);
  if (!uniform) {
    const words = new Uint32Array(Math.max(4, Math.ceil(params.length / 4) * 4));
    words.set(params);
    uniform = gpu.createBuffer("parameters", words.byteLength, UNIFORM_AND_COPY_DST);
    gpu.device.queue.writeBuffer(uniform, 0, words);
    known.set(key, uniform);
  }
  return uniform;
}

function checkAliasing({ label, bindings }: Dispatch): void {
  for (const written of bindings.filter((binding) => binding.access === "readWrite")) {
    const clash = bindings.find((other) => other !== written && clashes(other, written));
    if (clash) throw new RangeError(`${label}: one tensor is bound twice, and written through one`);
  }
}

/** WebGPU forbids to read a buffer that the same dispatch writes, even at another place. */
function clashes({ part: a, access }: Binding, { part: b }: Binding): boolean {
  return a.buffer === b.buffer &&
    (access === "read" || a.offsetBytes < b.offsetBytes + b.sizeBytes &&
        b.offsetBytes < a.offsetBytes + a.sizeBytes);
}
