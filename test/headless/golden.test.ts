import { test } from "#test";
import { assert } from "chai";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, runTask, type TaskResult } from "./run_task.ts";
import { withTempFolder } from "./temp_folder.ts";

const GOLDEN = join(ROOT, "test/golden/iota-odd-f32.safetensors");

/** Runs the command as its task does, as a process of its own. */
function golden(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<TaskResult> {
  return runTask("golden", args, environment);
}

test("golden computes what PyTorch computed, and prints an object a line with --json", async () => {
  const { code, out, error } = await golden(["--json", GOLDEN]);
  const reports = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(reports.filter((report) => !report.passed), []);
  assert.isAbove(reports.length, 10);
  assert.deepInclude(reports[0], { file: GOLDEN, backend: "wgpu" });
  assert.deepEqual([code, error], [0, ""]);
});

test("golden fails with one line for a file that was cut short", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "cut.safetensors");
    Deno.writeFileSync(file, Deno.readFileSync(GOLDEN).subarray(0, 100_000));
    const { code, out, error } = await golden([file]);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(error, /^error: .*cut\.safetensors: .*cut short\.\n$/);
  });
});

test("golden names every file that it cannot use: foreign, absent, empty, a folder", async () => {
  await withTempFolder(async (dir) => {
    const foreign = fileURLToPath(import.meta.url);
    const empty = join(dir, "empty.safetensors");
    Deno.writeFileSync(empty, new Uint8Array());
    const files = [foreign, join(dir, "absent"), empty, dir];
    const { code, error } = await golden(files);
    const lines = error.trimEnd().split("\n");
    assert.equal(code, 1);
    assert.lengthOf(lines, files.length);
    files.forEach((file, at) => assert.include(lines[at], `error: ${file}: `));
  });
});

test("golden without a file is wrong use", async () => {
  const { code, out, error } = await golden([]);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(error, /^error: no golden file was named.*\n$/);
});

test("golden with a wrong flag is wrong use, and says which was meant", async () => {
  const { code, error } = await golden(["--gpu.backnd", "wgpu", GOLDEN]);
  assert.equal(code, 2);
  assert.match(error, /^error: unknown flag --gpu\.backnd, did you mean --gpu\.backend\?.*\n$/);
});

test("golden reads .env in the user's folder, and the environment before it", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, ".env"), "WEFT_GPU_BACKEND=metal");
    const fromFile = await golden([GOLDEN], { INIT_CWD: dir });
    assert.equal(fromFile.code, 2);
    assert.include(fromFile.error, 'WEFT_GPU_BACKEND of .env "metal"');
    const fromShell = await golden([GOLDEN], { INIT_CWD: dir, WEFT_GPU_BACKEND: "vulkan" });
    assert.include(fromShell.error, 'WEFT_GPU_BACKEND of the environment "vulkan"');
  });
});

test("golden finds a file relative to the folder where the user stands", async () => {
  const { error } = await golden(["absent.safetensors", "iota-odd-f32.safetensors", "--gpu.x"], {
    INIT_CWD: dirname(GOLDEN),
  });
  assert.include(error, "unknown flag --gpu.x");
  const foreign = await golden(["golden.test.ts"], { INIT_CWD: join(ROOT, "test/headless") });
  assert.include(foreign.error, "Not a usable safetensors file");
});

test("golden --help shows its flags and answers 0", async () => {
  const { code, out, error } = await golden(["--help"]);
  assert.deepEqual([code, error], [0, ""]);
  assert.include(out, "deno task golden FILE… [flags]");
  assert.include(out, "--gpu.backend wgpu|dawn");
});
