/**
 * Gradient norm, clipping and AdamW on the GPU against the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype, Tensor } from "../../core/gpu/tensor.ts";
import {
  adamw,
  adamwControl,
  type AdamWSettings,
  CONTROL_WORDS,
  gradientNorm,
  normWorkgroups,
  type OptimizerDtypes,
  SETTINGS_WORDS,
  settingsWords,
  type StepOutcome,
  stepOutcome,
} from "../../core/ops/adamw.ts";
import { onlyPart } from "../../core/ops/shapes.ts";
import { adamwStep, clipScale, gradientSquares } from "../../core/reference/adamw.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { assertSumsClose } from "./compare.ts";
import { openTestGpu, type OpTest, opTest, stored } from "./device.ts";

const gpu = await openTestGpu();

const SETTINGS: AdamWSettings = {
  learningRate: 2e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
};

const ALL_F32: OptimizerDtypes = { param: "f32", gradient: "f32", moment: "f32" };
const ALL_BF16: OptimizerDtypes = { param: "bf16", gradient: "bf16", moment: "bf16" };
const MASTERS: OptimizerDtypes = { param: "bf16", gradient: "f32", moment: "f32" };

/** An optimizer over spans of these lengths, on the device. */
class Optimizer {
  readonly params: Tensor[];
  readonly ms: Tensor[];
  readonly vs: Tensor[];
  readonly gradients: Tensor[];
  readonly masters: Tensor[];
  readonly #squares: Tensor;
  readonly #control: Tensor;
  readonly #settings: Tensor;
  readonly #spare: Tensor;

  constructor(
    readonly op: OpTest,
    readonly start: Float32Array[],
    readonly dtypes: OptimizerDtypes,
    settings: AdamWSettings = SETTINGS,
  ) {
    const zeros = (label: string, dtype: StorageDtype): Tensor[] =>
      start.map((span) => op.tensor(label, dtype, 1, span.length, new Float32Array(span.length)));
    this.params = start.map((span) => op.tensor("param", dtypes.param, 1, span.length, span));
    this.masters = dtypes === MASTERS
      ? start.map((span) => op.tensor("master", "f32", 1, span.length, span))
      : [];
    this.ms = zeros("m", dtypes.moment);
    this.vs = zeros("v", dtypes.moment);
    this.gradients = zeros("gradient", dtypes.gradient);
    this.#squares = op.output("squares", "f32", 1, 256);
    this.#control = op.tensor("control", "u32", 1, CONTROL_WORDS, new Uint32Array(CONTROL_WORDS));
    this.#settings = op.tensor("settings", "f32", 1, SETTINGS_WORDS, settingsWords(settings));
    this.#spare = op.output("spare", "f32", 1, 4);
  }

  /** Takes one step with these gradients. */
  async step(gradients: Float32Array[]): Promise<StepOutcome> {
    const spans = this.gradients.map((gradient, i) => {
      this.op.write(gradient, gradients[i]);
      return {
        items: gradient.stride / 4,
        gradient: onlyPart(gradient),
        param: onlyPart(this.params[i]),
        m: onlyPart(this.ms[i]),
        v: onlyPart(this.vs[i]),
        master: this.masters.length > 0 ? onlyPart(this.masters[i]) : undefined,
      };
    });
    const squares = this.#squares;
    let count = 0;
    const norms = spans.map((span) => {
      const first = count;
      count += normWorkgroups(span.items);
      return gradientNorm(span, { squares, first }, this.dtypes.gradient);
    });
    const [control, settings, spare] = [this.#control, this.#settings, this.#spare];
    await this.op.run(
      ...norms,
      adamwControl({ squares, settings, control }, count),
      ...spans.map((span) => adamw(span, { control, spare }, this.dtypes)),
    );
    const [bytes] = await gpu.readback.read([onlyPart(control)]);
    return stepOutcome(bytes);
  }
}

/** Spans that fill no workgroup, one group alone, and several workgroups of the norm. */
const LENGTHS = [1, 37, 4, 20_003];

function randomSpans(seed: number, dtype: StorageDtype, size: number): Float32Array[] {
  const random = seededRandom(seed);
  return LENGTHS.map((length) => stored(randomArray(length, random, size), dtype));
}

function normOf(gradients: Float32Array[]): number {
  return Math.sqrt(gradients.reduce((sum, span) => sum + gradientSquares(span), 0));
}

/** Takes steps on both sides; the reference's arrays are rounded to their dtypes before each. */
async function checkSteps(
  op: OpTest,
  dtypes: OptimizerDtypes,
  { gradientSize, steps }: { gradientSize: number; steps: number },
): Promise<void> {
  const { learningRate: lr, beta1, beta2, epsilon: eps, weightDecay, clipNorm } = SETTINGS;
  const start = randomSpans(1, dtypes.param, 1);
  const optimizer = new Optimizer(op, start, dtypes);
  const params = start.map((span) => span.slice());
  const [ms, vs] = [0, 0].map(() => start.map((span) => new Float32Array(span.length)));
  const kept = dtypes === MASTERS ? "f32" : dtypes.param;
  for (let step = 1; step <= steps; step++) {
    const gradients = randomSpans(step + 1, dtypes.gradient, gradientSize);
    const outcome = await optimizer.step(gradients);
    const norm = normOf(gradients);
    assert.deepInclude(outcome, { step, applied: true });
    assert.closeTo(outcome.norm / norm, 1, 1e-6); // a sum of 20,000 squares in 20 stretches
    const options = { lr, beta1, beta2, eps, weightDecay, step, scale: clipScale(norm, clipNorm) };
    params.forEach((param, i) => {
      param.set(stored(param, kept));
      ms[i].set(stored(ms[i], dtypes.moment));
      vs[i].set(stored(vs[i], dtypes.moment));
      adamwStep(param, ms[i], vs[i], gradients[i], options);
    });
  }
  for (let i = 0; i < start.length; i++) {
    const actual = await op.values(dtypes === MASTERS ? optimizer.masters[i] : optimizer.params[i]);
    // Roundings of the parameter, of size 1, and of a change of size lr: some six a step.
    const check = { relative: 4e-7 * steps, dtype: kept };
    assertSumsClose(`param ${i}`, actual, params[i], { ...check, magnitudes: 1 });
    const moment = { relative: 4e-7 * steps, dtype: dtypes.moment };
    const size = gradientSize * clipScale(normOf(randomSpans(2, dtypes.gradient, gradientSize)), 1);
    assertSumsClose(`m ${i}`, await op.values(optimizer.ms[i]), ms[i], {
      ...moment,
      magnitudes: size,
    });
    assertSumsClose(`v ${i}`, await op.values(optimizer.vs[i]), vs[i], {
      ...moment,
      magnitudes: size * size,
    });
    const cleared = await op.values(optimizer.gradients[i]);
    assert.isTrue(cleared.every((value) => value === 0), `gradient ${i} is cleared`);
  }
}

opTest("adamw() takes five f32 steps like the reference, clipped", gpu, async (op) => {
  await checkSteps(op, ALL_F32, { gradientSize: 10, steps: 5 });
});

opTest("adamw() takes five f32 steps like the reference, not clipped", gpu, async (op) => {
  await checkSteps(op, ALL_F32, { gradientSize: 1e-3, steps: 5 });
});

opTest("adamw() takes one step in bf16 like the reference", gpu, async (op) => {
  await checkSteps(op, ALL_BF16, { gradientSize: 1e-3, steps: 1 });
});

opTest("adamw() takes five steps on f32 masters", gpu, async (op) => {
  await checkSteps(op, MASTERS, { gradientSize: 10, steps: 5 });
});

opTest("adamw() keeps bf16 parameters the rounded image of their masters", gpu, async (op) => {
  const optimizer = new Optimizer(op, randomSpans(1, "bf16", 1), MASTERS);
  await optimizer.step(randomSpans(2, "f32", 1));
  for (const [i, master] of optimizer.masters.entries()) {
    const rounded = stored(await op.values(master), "bf16");
    assert.deepEqual(await op.values(optimizer.params[i]), rounded);
  }
});

opTest("adamw() corrects the bias like the reference after many steps", gpu, async (op) => {
  // The two ways to the correction of beta2 meet at step 25.
  const beta2 = 0.99;
  const start = new Float32Array([1]);
  const optimizer = new Optimizer(op, [start], ALL_F32, { ...SETTINGS, beta2, clipNorm: 1e9 });
  const { learningRate: lr, beta1, epsilon: eps, weightDecay } = SETTINGS;
  const [param, m, v] = [start.slice(), new Float32Array(1), new Float32Array(1)];
  for (let step = 1; step <= 50; step++) {
    const gradient = new Float32Array([step % 7 - 2]);
    await optimizer.step([gradient]);
    adamwStep(param, m, v, gradient, { lr, beta1, beta2, eps, weightDecay, step, scale: 1 });
  }
  // 50 roundings of a number near 1.
  assert.closeTo((await op.values(optimizer.params[0]))[0], param[0], 50 * 6e-8);
});

for (const [name, bad] of [["NaN", NaN], ["infinity", Infinity], ["an overflow", 3e38]] as const) {
  opTest(`${name} in a gradient leaves the step out and clears the gradient`, gpu, async (op) => {
    const start = randomSpans(1, "f32", 1);
    const optimizer = new Optimizer(op, start, ALL_F32);
    const broken = randomSpans(2, "f32", 1);
    broken[3][20_000] = bad;
    assert.deepInclude(await optimizer.step(broken), { step: 0, applied: false });
    for (const [i, span] of start.entries()) {
      assert.deepEqual(await op.values(optimizer.params[i]), span);
      for (const zero of [optimizer.ms[i], optimizer.vs[i], optimizer.gradients[i]]) {
        assert.deepEqual(await op.values(zero), new Float32Array(span.length));
      }
    }
    assert.deepInclude(await optimizer.step(randomSpans(3, "f32", 1)), { step: 1, applied: true });
  });
}

opTest("gradientNorm() writes its sums from the given place and no others", gpu, async (op) => {
  const gradient = op.tensor("gradient", "bf16", 1, 6, new Float32Array([1, 2, 3, 4, 5, 6]));
  const squares = op.tensor("squares", "f32", 1, 4, new Float32Array(4));
  const span = { items: 2, gradient: onlyPart(gradient) };
  await op.run(gradientNorm(span, { squares, first: 2 }, "bf16"));
  assert.deepEqual(await op.values(squares), new Float32Array([0, 0, 91, 0]));
});
