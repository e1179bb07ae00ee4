/**
 * Weights and activations larger than one binding: a pipeline cut into parts computes what the
 * whole one computes.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { StepOutcome } from "../../core/ops/adamw.ts";
import type { Parameters } from "../../core/reference/parameters.ts";
import { assertClose, type Tolerance } from "../harness/assert_close.ts";
import { withPipeline } from "./device_pipeline.ts";
import { openSharedGpu } from "./shared.ts";
import { learnableTokens, tinyModel } from "./tiny_model.ts";

/** Logits and the larger weights are above 64 KiB; what an op takes as one part is below. */
const MODEL = tinyModel({ V: 256, C: 112, K: 16, NH: 4, NKV: 1, H: 96 });
const [B, T] = [9, 8];
const LEARNING_RATE = 1e-3;
const SPLIT_BYTES = 64 * 1024;
const TOKENS = learnableTokens(MODEL.V, B, T, 1);

/** What one batch and one step give. */
interface Outcome {
  /** Number of parts of each weight tensor, by stage and label. */
  parts: Map<string, number>;
  initial: Parameters[];
  logits: Float32Array;
  loss: number;
  gradients: Parameters[];
  step: StepOutcome[];
  after: Parameters[];
}

async function trainOnce(maxBindingBytes?: number): Promise<Outcome> {
  const gpu = await openSharedGpu(maxBindingBytes);
  const outcomes: Outcome[] = [];
  await withPipeline(gpu, { model: MODEL, B, T }, async (pipeline) => {
    const parts = pipeline.stages.flatMap(({ parameters, shape }) =>
      parameters.layout.weights.map(({ label }): [string, number] => [
        `${shape.kind} ${label}`,
        parameters.tensor(label).parts.length,
      ])
    );
    outcomes.push({
      parts: new Map(parts),
      initial: await pipeline.values(),
      logits: await pipeline.forward(TOKENS),
      loss: await pipeline.loss(TOKENS),
      gradients: await pipeline.backward().then(() => pipeline.values("gradient")),
      step: await pipeline.step(LEARNING_RATE),
      after: await pipeline.values(),
    });
  });
  gpu.close();
  return outcomes[0];
}

const whole = await trainOnce();
const split = await trainOnce(SPLIT_BYTES);

// The same products in the same order, but sums over rows are added part by part: some roundings.
const SUMS: Tolerance = { absolute: 1e-7, relative: 1e-5 };

function assertSame(
  actual: readonly Parameters[],
  expected: readonly Parameters[],
  tolerance: Tolerance,
): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((params, stage) => {
    for (const [name, values] of params) {
      assertClose(actual[stage].get(name) ?? [], values, tolerance, `stage ${stage} ${name}`);
    }
  });
}

test("the small binding splits embedding, logits and the fused weights, the large one none", () => {
  const isSplit = [...split.parts].filter(([, parts]) => parts > 1).map(([label]) => label);
  const fused = ["head", "body", "tail"].flatMap((stage) => [
    `${stage} block 0 qkv`,
    `${stage} block 0 gateup`,
  ]);
  assert.sameMembers(isSplit, ["head embedding", "tail logits", ...fused]);
  assert.isTrue([...whole.parts.values()].every((parts) => parts === 1));
});

test("fresh weights do not depend on where a binding ends", () => {
  assertSame(split.initial, whole.initial, { absolute: 0, relative: 0 });
});

test("a split pipeline computes the same logits", () => {
  assertClose(split.logits, whole.logits, SUMS, "logits");
});

test("a split pipeline computes the same loss", () => {
  assertClose([split.loss], [whole.loss], SUMS, "loss");
});

test("a split pipeline computes the same gradients", () => {
  assertSame(split.gradients, whole.gradients, SUMS);
});

test("a split pipeline finds the same gradient norms", () => {
  const norms = (outcome: Outcome): number[] => outcome.step.map(({ norm }) => norm);
  assertClose(norms(split), norms(whole), SUMS, "norms");
});

test("a split pipeline takes the same step", () => {
  // Adam divides by the gradient's own size: where that is rounding, a weight moves by a share of
  // the learning rate, up to a thousandth of it here.
  assertSame(split.after, whole.after, { absolute: LEARNING_RATE / 100, relative: 0 });
});
