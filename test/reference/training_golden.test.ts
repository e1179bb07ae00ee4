/**
 * Rung 1: three optimizer steps of the whole pipeline on one batch, against PyTorch's. Stages are
 * chained, each clips its own gradients.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { adamwStep, clipScale, gradientSquares } from "../../core/reference/adamw.ts";
import type { Parameters } from "../../core/reference/parameters.ts";
import {
  nextTokenLoss,
  stageBackward,
  stageForward,
  type StageInput,
} from "../../core/reference/stage.ts";
import type { StageKind, StageShape } from "../../core/reference/stage_shape.ts";
import { assertClose } from "../harness/assert_close.ts";
import { type Golden, openGolden, STAGES } from "./golden.ts";

const STEPS = 3;

// The loss is a mean near 5, of which f32 resolves 5e-7; later ones inherit the weights' deviation.
const LOSS = { absolute: 1e-5, relative: 0 };
// The same summation noise as in one stage, over the depth of the pipeline.
const NORM = { absolute: 0, relative: 1e-4 };
// Adam divides by the gradient's own size, so a tiny gradient's rounding noise moves its parameter by
// up to lr. All three steps together move one by up to 6e-4.
const PARAMETERS = { absolute: 2e-5, relative: 1e-4 };
// A share of the whole tensor's norm: small moments carry the noise of large terms that cancelled.
const MOMENT_SHARE = 1e-4;
// One unit in the last place: PyTorch rounds the decay factor to f32 before it multiplies.
const DECAYED = { absolute: 0, relative: 2 ** -23 };

interface Trainee {
  kind: StageKind;
  shape: StageShape;
  params: Parameters;
  m: Parameters;
  v: Parameters;
}

interface Training {
  losses: number[];
  /** Gradient norm and clip limit of every stage in the first step. */
  norms: [string, number, number][];
  trainees: Trainee[];
}

for (const name of ["tiny", "odd"] as const) {
  test(`three steps of the pipeline give PyTorch's losses (${name})`, async () => {
    const golden = await openGolden(name);
    assertClose(train(golden).losses, golden.metadata.losses, LOSS, "losses");
  });

  test(`the first step's gradient norms and clip limits are PyTorch's (${name})`, async () => {
    const golden = await openGolden(name);
    const numbers = (rows: [string, number, number][]): number[] =>
      rows.flatMap(([, norm, limit]) => [norm, limit]);
    const expected = golden.metadata.grad_norms_step1;
    assertClose(numbers(train(golden).norms), numbers(expected), NORM, "norms, limits");
  });

  test(`the zero-gradient step turns initial into primed parameters (${name})`, async () => {
    const golden = await openGolden(name);
    for (const { kind, params } of train(golden, 0).trainees) {
      for (const [key, expected] of golden.tensors(`${kind}.param_primed.`)) {
        assertClose(params.get(key) ?? [], expected, DECAYED, key);
      }
    }
  });

  test(`three steps of the pipeline give PyTorch's parameters (${name})`, async () => {
    const golden = await openGolden(name);
    for (const { kind, params } of train(golden).trainees) {
      const after = golden.tensors(`${kind}.param_after.`);
      assert.sameMembers([...params.keys()], [...after.keys()]);
      for (const [key, expected] of after) {
        assertClose(params.get(key) ?? [], expected, PARAMETERS, `${kind} ${key}`);
      }
    }
  });

  test(`three steps of the pipeline give PyTorch's flat weights (${name})`, async () => {
    const golden = await openGolden(name);
    for (const { kind, params } of train(golden).trainees) {
      const expected = golden.tensor(`${kind}.weights_flat_after`);
      const actual = flat(golden.metadata.param_order[kind].map((key) => get(params, key)));
      assertClose(actual, expected, PARAMETERS, `${kind} weights`);
    }
  });

  test(`three steps of the pipeline give PyTorch's moments (${name})`, async () => {
    const golden = await openGolden(name);
    for (const { kind, m, v } of train(golden).trainees) {
      const flatMoments = golden.tensor(`${kind}.optimizer_flat_after`);
      let at = 0;
      for (const key of golden.metadata.param_order[kind]) {
        for (const moment of [get(m, key), get(v, key)]) {
          const expected = flatMoments.subarray(at, at += moment.length);
          const tolerance = { absolute: MOMENT_SHARE * norm(expected), relative: 0 };
          assertClose(moment, expected, tolerance, `${kind} ${key}`);
        }
      }
      assert.equal(at, flatMoments.length, "the moments fill the vector");
    }
  });
}

/** Primes every stage with a zero-gradient step, then takes `steps` steps on the golden batch. */
function train(golden: Golden, steps: number = STEPS): Training {
  const trainees = STAGES.map((kind) => prime(golden, kind));
  const training: Training = { losses: [], norms: [], trainees };
  for (let step = 2; step < 2 + steps; step++) {
    const { loss, grads } = forwardBackward(trainees, golden.tokens);
    training.losses.push(loss);
    trainees.forEach((trainee, i) => {
      const { kind } = trainee;
      const gradNorm = Math.sqrt(sum([...grads[i].values()].map(gradientSquares)));
      const paramCount = sum([...trainee.params.values()].map((param) => param.length));
      const limit = Math.sqrt(paramCount / golden.metadata.total_global_params);
      if (step === 2) training.norms.push([kind, gradNorm, limit]);
      optimize(golden, trainee, grads[i], step, clipScale(gradNorm, limit));
    });
  }
  return training;
}

/** A stage after the published miner's zero-gradient step, which decays every parameter. */
function prime(golden: Golden, kind: StageKind): Trainee {
  const params = golden.tensors(`${kind}.param.`);
  const zeros = (): Parameters =>
    new Map([...params].map(([key, value]) => [key, new Float32Array(value.length)]));
  const trainee = { kind, shape: golden.stage(kind), params, m: zeros(), v: zeros() };
  optimize(golden, trainee, zeros(), 1, 1);
  return trainee;
}

function forwardBackward(
  trainees: Trainee[],
  tokens: Int32Array,
): { loss: number; grads: Parameters[] } {
  let input: StageInput = tokens;
  const passes = trainees.map(({ shape, params }) => {
    const { output, saved } = stageForward(shape, params, input);
    input = output;
    return { shape, params, output, saved };
  });
  const tail = passes[passes.length - 1];
  const { loss, dlogits } = nextTokenLoss(tail.output, tokens, tail.shape);
  let dout = dlogits;
  const grads: Parameters[] = [];
  for (const { shape, params, saved } of passes.reverse()) {
    const backward = stageBackward(shape, params, saved, dout);
    grads.unshift(backward.grads);
    if (backward.dinp !== null) dout = backward.dinp;
  }
  return { loss, grads };
}

function optimize(
  { metadata }: Golden,
  { params, m, v }: Trainee,
  grads: Parameters,
  step: number,
  scale: number,
): void {
  const [beta1, beta2] = metadata.betas.split(",").map(Number);
  const { lr, eps, weight_decay: weightDecay } = metadata;
  const options = { lr, beta1, beta2, eps, weightDecay, step, scale };
  for (const [key, grad] of grads) {
    adamwStep(get(params, key), get(m, key), get(v, key), grad, options);
  }
}

function get(parameters: Parameters, key: string): Float32Array {
  const found = parameters.get(key);
  if (found === undefined) throw new RangeError(`no parameter ${key}`);
  return found;
}

function flat(arrays: Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...array]));
}

function norm(array: Float32Array): number {
  return Math.sqrt(gradientSquares(array));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
