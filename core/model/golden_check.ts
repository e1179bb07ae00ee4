/**
 * Runs the stages of a golden file on a device and compares group by group. Every stage is fed the
 * file's own input and output gradient; the optimizer steps after the first run the whole pipeline.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { tensorToFloat32 } from "../formats/dtype.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type Split, stageShape } from "./config.ts";
import { Comparison, type GroupReport, type Rule, RULES } from "./golden_compare.ts";
import { type GoldenFile, goldenStageName } from "./golden_file.ts";
import { exportOptimizerState, exportWeights } from "./flat_state.ts";
import type { ParameterView } from "./parameter_layout.ts";
import { elementsOf, PRECISIONS } from "./parameters.ts";
import { Stage } from "./stage.ts";
import type { Tuning } from "./tuning.ts";

const SLOT = 0;

/**
 * Checks one file; every group is reported, also those that fail.
 * @throws {WeftError} if a parameter to start from is missing in the file or of another size
 */
export async function checkGolden(
  gpu: Gpu,
  golden: GoldenFile,
  tuning: Tuning,
): Promise<GroupReport[]> {
  const stages: GoldenStage[] = [];
  for (const split of golden.config.splits) {
    stages.push(await GoldenStage.load(gpu, golden, split, tuning));
  }
  const rules = RULES[golden.dtype];
  const losses: number[] = [];
  for (const stage of stages) await stage.checkForwardAndBackward(rules);
  for (let step = 0; step < golden.steps; step++) {
    // The first step uses the gradients that were just compared.
    losses.push(step === 0 ? await lastOf(stages).loss() : await runPipeline(golden, stages));
    for (const stage of stages) await stage.step(golden.learningRate);
  }
  for (const stage of stages) await stage.checkTrained(rules);
  const lossReport = new Comparison("loss of each step", rules.loss);
  lossReport.add(Float32Array.from(losses), Float32Array.from(golden.losses));
  const reports = [...stages.flatMap((stage) => stage.reports), lossReport.report()];
  for (const stage of stages) stage.destroy();
  return reports;
}

function lastOf<T>(items: readonly T[]): T {
  return items[items.length - 1];
}

/** Forward and backward through all stages, activations passed on as the host sees them. */
async function runPipeline(golden: GoldenFile, stages: readonly GoldenStage[]): Promise<number> {
  let activation: Float32Array | undefined;
  for (const stage of stages) activation = await stage.forward(golden.tokens, activation);
  const loss = await lastOf(stages).loss();
  let gradient: Float32Array | undefined;
  for (const stage of stages.toReversed()) gradient = await stage.backward(gradient);
  return loss;
}

/** One stage of a golden file with what has been found about it. */
class GoldenStage {
  readonly reports: GroupReport[] = [];
  #loss = NaN;

  private constructor(
    readonly name: string,
    readonly golden: GoldenFile,
    readonly stage: Stage,
  ) {}

  /** Loads the parameters as they were before the zero-gradient step, and takes that step. */
  static async load(
    gpu: Gpu,
    golden: GoldenFile,
    split: Split,
    tuning: Tuning,
  ): Promise<GoldenStage> {
    const shape = stageShape(golden.config, split, golden.B, golden.T);
    const stage = await Stage.create(gpu, shape, {
      precision: PRECISIONS[golden.dtype === "bf16" ? "pure-bf16" : "f32"],
      tuning,
      totalGlobalParams: golden.config.totalGlobalParams,
      slots: 1,
    });
    const self = new GoldenStage(goldenStageName(split), golden, stage);
    for (const view of stage.parameters.layout.views) {
      stage.parameters.writeParameter(view, self.#parameter(view));
    }
    await stage.optimizer.zeroGradientStep(golden.learningRate);
    return self;
  }

  async forward(tokens: Int32Array, input: Float32Array | undefined): Promise<Float32Array> {
    if (this.stage.shape.kind === "head") this.stage.writeTokens(SLOT, tokens);
    else if (input) this.stage.writeInput(SLOT, input);
    this.stage.forward(SLOT);
    if (this.stage.shape.kind !== "tail") return await this.stage.readOutput(SLOT);
    const logits = await this.stage.readLogits();
    this.stage.writeTargets(tokens);
    this.stage.loss(SLOT);
    this.#loss = await this.stage.readLoss();
    return logits;
  }

  loss(): Promise<number> {
    return Promise.resolve(this.#loss);
  }

  async backward(outputGradient: Float32Array | undefined): Promise<Float32Array> {
    if (outputGradient) this.stage.writeOutputGradient(outputGradient);
    this.stage.backward(SLOT);
    return await this.stage.readInputGradient();
  }

  async step(learningRate: number): Promise<void> {
    await this.stage.optimizer.step(learningRate);
  }

  async checkForwardAndBackward(rules: typeof RULES["f32"]): Promise<void> {
    await this.#compareParameters(
      "parameters after the zero-gradient step",
      rules.activation,
      "param_primed",
    );
    const isTail = this.stage.shape.kind === "tail";
    const output = await this.forward(this.golden.tokens, this.#expected("input"));
    this.#compare(isTail ? "logits" : "output", rules.activation, [
      [output, this.#expected(isTail ? "logits" : "output")],
    ]);
    if (isTail) {
      const expected = this.golden.tensors.get("loss");
      this.#compare("loss", rules.loss, [
        [Float32Array.of(this.#loss), expected && tensorToFloat32(expected)],
      ]);
    }
    const inputGradient = await this.backward(this.#expected("output_grad"));
    if (this.stage.shape.kind !== "head") {
      this.#compare("input gradient", rules.activation, [
        [inputGradient, this.#expected("input_grad")],
      ]);
    }
    await this.#compareParameters("gradients", rules.activation, "grad");
  }

  /** After all steps: the flat vectors as they go over the wire. */
  async checkTrained(rules: typeof RULES["f32"]): Promise<void> {
    await this.#compareParameters("parameters after all steps", rules.weights, "param_after");
    const { parameters } = this.stage;
    const flat = floats(await exportWeights(parameters, "f32"));
    this.#compare("weights, flat", rules.weights, [[flat, this.#expected("weights_flat_after")]]);
    const moments = floats(await exportOptimizerState(parameters, "f32"));
    const expected = this.#expected("optimizer_flat_after");
    let at = 0;
    // One pair for each moment of each parameter: the rule is about each on its own.
    const pairs = parameters.layout.views.flatMap((view) =>
      [0, 1].map((): [Float32Array, Float32Array | undefined] => {
        const range: [number, number] = [at, at += elementsOf(view)];
        return [moments.subarray(...range), expected?.subarray(...range)];
      })
    );
    this.#compare("moments", rules.moments, pairs);
  }

  destroy(): void {
    this.stage.destroy();
  }

  async #compareParameters(
    group: string,
    rule: Rule,
    key: "param_primed" | "grad" | "param_after",
  ): Promise<void> {
    const comparison = new Comparison(`${this.name} ${group}`, rule);
    const array = key === "grad" ? "gradient" : "param";
    for await (const { view, values } of this.stage.parameters.read(array)) {
      if (key === "grad" && this.golden.withoutGradient.has(`${this.name}.${view.name}`)) continue;
      comparison.add(values, this.#expected(`${key}.${view.name}`));
    }
    this.reports.push(comparison.report());
  }

  #compare(
    group: string,
    rule: Rule,
    pairs: readonly [Float32Array, Float32Array | undefined][],
  ): void {
    const comparison = new Comparison(`${this.name} ${group}`, rule);
    for (const [actual, expected] of pairs) comparison.add(actual, expected);
    this.reports.push(comparison.report());
  }

  #parameter(view: ParameterView): Float32Array {
    const key = `param.${view.name}`;
    const values = this.#expected(key);
    if (values?.length === elementsOf(view)) return values;
    throw new WeftError(
      `the golden file has ${values?.length ?? "no"} values of ${this.name}.${key}, expected ` +
        `${elementsOf(view)}: get an undamaged copy`,
    );
  }

  #expected(key: string): Float32Array<ArrayBuffer> | undefined {
    const tensor = this.golden.tensors.get(`${this.name}.${key}`);
    return tensor && Float32Array.from(tensorToFloat32(tensor));
  }
}

function floats(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
