/**
 * Opening golden files: the ones that are there, and what is no golden file.
 *
 * @module
 */

import { readFixture } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { int64Tensor } from "../../core/formats/dtype.ts";
import { readSafetensors, safetensorsHeader } from "../../core/formats/safetensors.ts";
import { openGoldenFile } from "../../core/model/golden_file.ts";

const PATH = "test/golden/iota-tiny-f32.safetensors";

/** The file's metadata, changed, with its tokens or without any tensor. */
async function rewritten(
  change: (metadata: Record<string, string>) => void,
  hasTokens = true,
): Promise<Uint8Array<ArrayBuffer>> {
  const metadata = { ...readSafetensors(await readFixture(PATH)).metadata };
  change(metadata);
  const tokens = int64Tensor([1, 2], Int32Array.of(1, 2));
  const entry = { name: "tokens", dtype: tokens.dtype, shape: tokens.shape };
  const header = safetensorsHeader(hasTokens ? [entry] : [], metadata);
  const bytes = new Uint8Array(header.length + (hasTokens ? tokens.bytes.length : 0));
  bytes.set(header);
  if (hasTokens) bytes.set(tokens.bytes, header.length);
  return bytes;
}

function assertRefused(bytes: Uint8Array<ArrayBuffer>, pattern: RegExp): void {
  try {
    openGoldenFile("x.safetensors", bytes);
  } catch (error) {
    assert.instanceOf(error, WeftError);
    assert.match(String(error), pattern);
    assert.notInclude(String(error), "\n");
    return;
  }
  assert.fail("the file was opened");
}

for (const name of ["tiny-f32", "tiny-bf16", "odd-f32", "odd-bf16"]) {
  test(`openGoldenFile() opens ${name} with all it says`, async () => {
    const path = `test/golden/iota-${name}.safetensors`;
    const golden = openGoldenFile(path, await readFixture(path));
    assert.equal(golden.dtype, name.endsWith("bf16") ? "bf16" : "f32");
    assert.equal(golden.tokens.length, golden.B * golden.T);
    assert.isTrue(golden.tokens.every((token) => token >= 0 && token < golden.config.V));
    assert.equal(golden.losses.length, golden.steps);
    assert.sameMembers([...golden.gradientNorms.keys()], ["head", "body", "tail"]);
    for (const full of golden.withoutGradient) {
      const [stage] = full.split(".");
      assert.include(golden.parameterOrder[stage], full.slice(stage.length + 1));
    }
  });
}

test("openGoldenFile() opens a file of tokens and metadata alone", async () => {
  const golden = openGoldenFile("x", await rewritten(() => {}));
  assert.deepEqual([...golden.tokens], [1, 2]);
});

for (
  const field of ["config", "splits", "dtype", "batch", "seq", "steps", "lr", "losses"].concat(
    ["grad_norms_step1", "param_order", "no_gradient"],
  )
) {
  test(`openGoldenFile() names the metadata field ${field} when it is missing`, async () => {
    assertRefused(await rewritten((metadata) => delete metadata[field]), new RegExp(field));
  });

  test(`openGoldenFile() names the metadata field ${field} when it is no JSON of its kind`, async () => {
    assertRefused(await rewritten((metadata) => metadata[field] = "{"), new RegExp(field));
  });
}

test("openGoldenFile() refuses a file without tokens", async () => {
  assertRefused(await rewritten(() => {}, false), /tokens/);
});

test("openGoldenFile() refuses splits that do not fit the model, as an error of the file", async () => {
  const bytes = await rewritten((metadata) => metadata.splits = "[[-1,1],[2,-1]]");
  assertRefused(bytes, /^WeftError: .*split \[2, -1\]/);
});

test("openGoldenFile() refuses safetensors of something else", async () => {
  assertRefused(
    await rewritten((metadata) => {
      for (const key of Object.keys(metadata)) delete metadata[key];
    }),
    /no golden file/,
  );
});

test("openGoldenFile() refuses what is no safetensors file", () => {
  for (const length of [0, 7, 100]) assertRefused(new Uint8Array(length), /./);
});
