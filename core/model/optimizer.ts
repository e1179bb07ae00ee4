/**
 * AdamW over all parameters of a stage, with the gradient clipped to the stage's share of the
 * global norm.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { Program } from "../gpu/program.ts";
import { createTensor, destroyTensor, type Tensor } from "../gpu/tensor.ts";
import type { PassTimer } from "../gpu/timer.ts";
import {
  adamw,
  adamwControl,
  type AdamWSettings,
  CONTROL_WORDS,
  gradientNorm,
  normWorkgroups,
  SETTINGS_WORDS,
  settingsWords,
  type StepOutcome,
  stepOutcome,
} from "../ops/adamw.ts";
import type { Parameters } from "./parameters.ts";

/** The published optimizer settings but for the learning rate and the norm to clip to. */
export const PUBLISHED_ADAMW = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
} as const;

/** Steps a stage's parameters. */
export class Optimizer {
  private constructor(
    readonly gpu: Gpu,
    readonly parameters: Parameters,
    /** Gradient norm this stage is clipped to. */
    readonly clipNorm: number,
    readonly settings: Tensor,
    readonly control: Tensor,
    readonly scratch: readonly Tensor[],
    readonly stepProgram: Program,
    readonly zeroGradientProgram: Program,
  ) {}

  /**
   * @param totalGlobalParams what the stage's share of the clip norm is measured against
   */
  static async create(parameters: Parameters, totalGlobalParams: number): Promise<Optimizer> {
    const { gpu } = parameters;
    const trained = parameters.spans(true);
    const workgroups = trained.reduce((sum, span) => sum + normWorkgroups(span.items), 0);
    const make = (label: string, words: number): Tensor =>
      createTensor(gpu, label, "f32", 1, words);
    const settings = make("optimizer settings", SETTINGS_WORDS);
    const control = make("optimizer control", CONTROL_WORDS);
    const squares = make("gradient squares", workgroups);
    const spare = make("spare", 4);
    const { precision } = parameters;
    let first = 0;
    const norms = trained.map((span) => {
      const dispatch = gradientNorm(span, { squares, first }, precision.gradient);
      first += normWorkgroups(span.items);
      return dispatch;
    });
    const decide = adamwControl({ squares, settings, control }, workgroups);
    const update = (isTrained: boolean): Dispatch[] =>
      parameters.spans(isTrained).map((span) => adamw(span, { control, spare }, precision));
    const step = [...norms, decide, ...update(true)];
    return new Optimizer(
      gpu,
      parameters,
      Math.sqrt(parameters.count / totalGlobalParams),
      settings,
      control,
      [squares, spare],
      await Program.prepare(gpu, "optimizer", step),
      await Program.prepare(gpu, "zero-gradient step", [...step, ...update(false)]),
    );
  }

  /**
   * One step with the gradients added up so far, which are zero afterwards. A gradient with NaN or
   * infinity leaves everything else as it was.
   */
  step(learningRate: number, timer?: PassTimer): Promise<StepOutcome> {
    this.#writeSettings({ ...PUBLISHED_ADAMW, learningRate, clipNorm: this.clipNorm });
    this.stepProgram.run(timer);
    return this.#outcome();
  }

  /**
   * The published miner's step on load: every parameter decays once, also those that never get a
   * gradient, and the step count becomes one higher. Gradients must be zero.
   */
  async zeroGradientStep(learningRate: number): Promise<StepOutcome> {
    this.#writeSettings({ ...PUBLISHED_ADAMW, learningRate, clipNorm: this.clipNorm });
    this.zeroGradientProgram.run();
    return await this.#outcome();
  }

  /** Steps taken so far. */
  async stepCount(): Promise<number> {
    return (await this.#outcome()).step;
  }

  /** Sets the number of steps taken, when moments come from elsewhere. */
  setStepCount(stepCount: number): void {
    const [part] = this.control.parts;
    this.gpu.device.queue.writeBuffer(part.buffer, part.offsetBytes, new Uint32Array([stepCount]));
  }

  /** Frees the optimizer's own tensors; the parameters belong to the stage. */
  destroy(): void {
    this.stepProgram.destroy();
    this.zeroGradientProgram.destroy();
    for (const tensor of [this.settings, this.control, ...this.scratch]) {
      destroyTensor(this.gpu, tensor);
    }
  }

  #writeSettings(settings: AdamWSettings): void {
    const [part] = this.settings.parts;
    this.gpu.device.queue.writeBuffer(part.buffer, part.offsetBytes, settingsWords(settings));
  }

  async #outcome(): Promise<StepOutcome> {
    const [part] = this.control.parts;
    const [bytes] = await this.gpu.readback.read([{ ...part, sizeBytes: CONTROL_WORDS * 4 }]);
    return stepOutcome(bytes);
  }
}
