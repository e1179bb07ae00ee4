/**
 * Rung 4 for a whole pipeline: the device against numbers of the published PyTorch model, group by
 * group, and that the comparison sees what is wrong or missing.
 *
 * @module
 */

import { readFixture } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { float32Tensor, type HostTensor, tensorToFloat32 } from "../../core/formats/dtype.ts";
import { checkGolden } from "../../core/model/golden_check.ts";
import type { GroupReport } from "../../core/model/golden_compare.ts";
import { type GoldenFile, openGoldenFile } from "../../core/model/golden_file.ts";
import type { Tuning } from "../../core/model/tuning.ts";
import { openSharedGpu } from "./shared.ts";

const gpu = await openSharedGpu();

const CPU_TUNING: Tuning = { matmul: "direct", lanes: 4, attentionTile: 2 };
const GPU_TUNING: Tuning = { matmul: "tiled", lanes: 64, attentionTile: 8 };
const MIXED_TUNINGS: readonly Tuning[] = [
  { matmul: "direct", lanes: 64, attentionTile: 8 },
  { matmul: "tiled", lanes: 4, attentionTile: 4 },
];

async function open(name: string): Promise<GoldenFile> {
  const path = `test/golden/iota-${name}.safetensors`;
  return openGoldenFile(path, await readFixture(path));
}

function nameOf({ matmul, lanes, attentionTile }: Tuning): string {
  return `${matmul}, ${lanes} lanes, attention tile ${attentionTile}`;
}

function failedGroups(reports: readonly GroupReport[]): string[] {
  return reports.filter(({ passed }) => !passed).map(({ group, reason }) => `${group}: ${reason}`);
}

/** The same file with some tensors replaced, or left out where the new one is undefined. */
function withTensors(
  golden: GoldenFile,
  replace: (key: string, tensor: HostTensor) => HostTensor | undefined,
): GoldenFile {
  const tensors = [...golden.tensors].flatMap(([key, tensor]) => {
    const replaced = replace(key, tensor);
    return replaced ? [[key, replaced] as const] : [];
  });
  return { ...golden, tensors: new Map(tensors) };
}

/** Adds `by` to the first value of one tensor. */
function nudged(golden: GoldenFile, which: string, by: number): GoldenFile {
  assert.isTrue(golden.tensors.has(which), `the file has ${which}`);
  return withTensors(golden, (key, tensor) => {
    if (key !== which) return tensor;
    const values = Float32Array.from(tensorToFloat32(tensor));
    values[0] += by;
    return float32Tensor(tensor.shape, values);
  });
}

for (const name of ["tiny-f32", "odd-f32", "tiny-bf16", "odd-bf16"]) {
  // Compiling takes most of the time: the other combinations are left to one file of odd sizes.
  const tunings = name.startsWith("odd") ? [CPU_TUNING, GPU_TUNING] : [CPU_TUNING];
  if (name === "odd-f32") tunings.push(...MIXED_TUNINGS);
  for (const tuning of tunings) {
    test(`checkGolden() passes every group of ${name} (${nameOf(tuning)})`, async () => {
      const reports = await checkGolden(gpu, await open(name), tuning);
      assert.deepEqual(failedGroups(reports), []);
    });
  }
}

test("checkGolden() reports every stage's groups and the losses, each with tensors", async () => {
  const reports = await checkGolden(gpu, await open("tiny-f32"), CPU_TUNING);
  const groups = reports.map(({ group }) => group);
  for (const stage of ["head", "body", "tail"]) {
    for (const group of ["gradients", "parameters after all steps", "weights, flat", "moments"]) {
      assert.include(groups, `${stage} ${group}`);
    }
  }
  assert.includeMembers(groups, [
    "head output",
    "body input gradient",
    "tail logits",
    "tail loss",
    "loss of each step",
  ]);
  assert.isTrue(reports.every(({ tensors, elements }) => tensors > 0 && elements > 0));
});

test("checkGolden() frees all it took on the device", async () => {
  const golden = await open("odd-f32");
  await checkGolden(gpu, golden, CPU_TUNING);
  const before = { ...gpu.memory };
  await checkGolden(gpu, golden, CPU_TUNING);
  assert.equal(gpu.memory.bytes, before.bytes);
});

test("a weight that was nudged in the file fails its own stage's groups first", async () => {
  // The weight is 0.02 or so; half of that is far beyond any rounding.
  const key = "body.param.trf_blocks.0.att.W_value.weight";
  const reports = await checkGolden(gpu, nudged(await open("odd-f32"), key, 0.01), CPU_TUNING);
  const failed = reports.filter(({ passed }) => !passed).map(({ group }) => group);
  assert.include(failed, "body parameters after the zero-gradient step");
  assert.include(failed, "body output");
  // Before the second step the other stages are fed from the file and see nothing of it.
  const early = /output|logits|input gradient| gradients|zero-gradient step/;
  assert.isEmpty(failed.filter((group) => !group.startsWith("body") && early.test(group)));
});

test("an expected gradient that was nudged fails the gradients of its stage alone", async () => {
  const key = "tail.grad.out_head.weight";
  const reports = await checkGolden(gpu, nudged(await open("odd-f32"), key, 0.01), CPU_TUNING);
  const failed = reports.filter(({ passed }) => !passed).map(({ group }) => group);
  assert.deepEqual(failed, ["tail gradients"]);
});

test("a file without a stage's gradients fails that group as one without tensors", async () => {
  const golden = withTensors(
    await open("tiny-f32"),
    (key, tensor) => key.startsWith("body.grad.") ? undefined : tensor,
  );
  const reports = await checkGolden(gpu, golden, CPU_TUNING);
  const failed = reports.filter(({ passed }) => !passed);
  assert.deepEqual(failed.map(({ group }) => group), ["body gradients"]);
  assert.include(failed[0].reason, "the group has no tensors");
});

test("a file that lacks one parameter is a one-line error that names it", async () => {
  const golden = withTensors(
    await open("tiny-f32"),
    (key, tensor) => key === "head.param.tok_emb.weight" ? undefined : tensor,
  );
  const error = await checkGolden(gpu, golden, CPU_TUNING).catch((error: unknown) => error);
  assert.instanceOf(error, WeftError);
  assert.match(String(error), /^WeftError: .*head\.param\.tok_emb\.weight.*$/);
});
