/**
 * Rung 1: the reference against numbers of the published PyTorch model, stage by stage, each fed
 * with the file's own inputs and output gradients.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { nextTokenLoss, stageBackward, stageForward } from "../../core/reference/stage.ts";
import { parameterShapes } from "../../core/reference/stage_shape.ts";
import { assertClose } from "../harness/assert_close.ts";
import { openGolden, STAGES } from "./golden.ts";

// PyTorch sums in f32, the reference in double: what is left is its rounding over a stage's depth.
const ACTIVATIONS = { absolute: 2e-5, relative: 1e-4 };
// The same for gradients; the largest of a tensor are 0.01 to 0.5.
const GRADIENTS = { absolute: 2e-6, relative: 1e-4 };
// A mean of B (T-1) losses near 5: f32 resolves 5e-7 of it.
const LOSS = { absolute: 1e-5, relative: 0 };
// PyTorch's vectorised cos and sin may be one unit in the last place off, 6e-8 below 1.
const ROPE = { absolute: 1e-7, relative: 0 };

for (const name of ["tiny", "odd"] as const) {
  test(`ropeTable() equals both halves of PyTorch's table (${name})`, async () => {
    const golden = await openGolden(name);
    const { T, C, NH, rope } = golden.stage("head");
    const half = C / NH / 2;
    for (const part of ["cos", "sin"] as const) {
      const twice = Float32Array.from({ length: 2 * T * half }, (_, at) => {
        const [t, i] = [Math.floor(at / (2 * half)), at % half];
        return rope[part][t * half + i];
      });
      for (const kind of STAGES) {
        assertClose(twice, golden.tensor(`${kind}.rope.${part}`), ROPE, `${kind} ${part}`);
      }
    }
  });

  for (const kind of STAGES) {
    test(`parameterShapes() lists the ${kind} in wire order (${name})`, async () => {
      const golden = await openGolden(name);
      const shapes = parameterShapes(golden.stage(kind));
      assert.deepEqual(shapes.map((shape) => shape.name), golden.metadata.param_order[kind]);
    });

    test(`stageForward() of the ${kind} computes PyTorch's output (${name})`, async () => {
      const golden = await openGolden(name);
      const input = kind === "head" ? golden.tokens : golden.tensor(`${kind}.input`);
      const params = golden.tensors(`${kind}.param_primed.`);
      const { output } = stageForward(golden.stage(kind), params, input);
      const expected = golden.tensor(kind === "tail" ? "tail.logits" : `${kind}.output`);
      assertClose(output, expected, ACTIVATIONS, "output");
    });

    test(`stageBackward() of the ${kind} computes PyTorch's gradients (${name})`, async () => {
      const golden = await openGolden(name);
      const shape = golden.stage(kind);
      const input = kind === "head" ? golden.tokens : golden.tensor(`${kind}.input`);
      const params = golden.tensors(`${kind}.param_primed.`);
      const { output, saved } = stageForward(shape, params, input);
      const dout = kind === "tail"
        ? nextTokenLoss(output, golden.tokens, shape).dlogits
        : golden.tensor(`${kind}.output_grad`);
      const { dinp, grads } = stageBackward(shape, params, saved, dout);
      if (kind === "head") assert.isNull(dinp);
      else {assertClose(
          dinp ?? [],
          golden.tensor(`${kind}.input_grad`),
          GRADIENTS,
          "input gradient",
        );}
      const expectedGrads = golden.tensors(`${kind}.grad.`);
      assert.sameMembers([...grads.keys()], [...expectedGrads.keys()]);
      for (const [parameter, expected] of expectedGrads) {
        assertClose(grads.get(parameter) ?? [], expected, GRADIENTS, parameter);
      }
    });

    test(`stageBackward() of the ${kind} leaves out what PyTorch leaves out (${name})`, async () => {
      const golden = await openGolden(name);
      const shape = golden.stage(kind);
      const input = kind === "head" ? golden.tokens : golden.tensor(`${kind}.input`);
      const params = golden.tensors(`${kind}.param_primed.`);
      const { output, saved } = stageForward(shape, params, input);
      const { grads } = stageBackward(shape, params, saved, output);
      const missing = golden.metadata.param_order[kind].filter((key) => !grads.has(key));
      const without = golden.metadata.no_gradient.filter((key) => key.startsWith(`${kind}.`));
      assert.deepEqual(missing.map((key) => `${kind}.${key}`), without);
    });
  }

  test(`nextTokenLoss() computes PyTorch's loss (${name})`, async () => {
    const golden = await openGolden(name);
    const { loss } = nextTokenLoss(
      golden.tensor("tail.logits"),
      golden.tokens,
      golden.stage("tail"),
    );
    assertClose([loss], golden.tensor("loss"), LOSS, "loss");
  });
}
