/**
 * What shaders may do in a sandbox, and what becomes of those that are wrong.
 *
 * @module
 */

import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { f32Word } from "../../../core/gpu/kernel.ts";
import type { SandboxJob } from "../../../core/compute/sandbox/sandbox_job.ts";
import { failureOf } from "../../harness/kept_log.ts";
import {
  ADDED,
  addJob,
  empty,
  GPU_TESTS,
  jobOf,
  type SandboxSetup,
  valuesOf,
  words,
  writeJob,
} from "./sandbox_setup.ts";

async function refusal(setup: SandboxSetup, job: SandboxJob): Promise<string> {
  const sandbox = setup.sandbox();
  const error = await failureOf(sandbox.run("a", job));
  if (!(error instanceof UsageError)) assert.fail(`a UsageError was expected, not ${error}`);
  assert.notInclude(error.message, "\n");
  // A refusal costs nothing: the device goes on.
  assert.deepEqual(valuesOf(await sandbox.run("a", addJob()), 2), ADDED);
  assert.lengthOf(setup.devices, 1);
  return error.message;
}

for (const gpuTest of GPU_TESTS) {
  gpuTest("a job adds two vectors", async (setup) => {
    const result = await setup.sandbox().run("a", addJob());
    assert.deepEqual(valuesOf(result, 2), ADDED);
    assert.deepEqual([...result.buffers.keys()], [2]);
  });

  gpuTest("a job reads a uniform", async (setup) => {
    const shader = `
@group(0) @binding(0) var<uniform> scale: vec4f;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1) fn main() { out[0] = scale.x * scale.w; }`;
    const uniform = words(0, "uniform", [1.5, 0, 0, 4].map(f32Word));
    const result = await setup.sandbox().run("a", jobOf(shader, [uniform, empty(5, "output", 1)]));
    assert.deepEqual(valuesOf(result, 5), [f32Word(6)]);
  });

  gpuTest(
    "a job gives several outputs, begun with data or not, and keeps its storage",
    async (setup) => {
      const shader = `
@group(0) @binding(9) var<storage, read_write> counted: array<u32>;
@group(0) @binding(3) var<storage, read_write> filled: array<u32>;
@group(0) @binding(4) var<storage, read_write> scratch: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3u) {
  let at = group.x + 2u * (group.y + 3u * group.z);
  scratch[at] = at;
  counted[at] += scratch[at] + 100u;
  filled[at] = 7u;
}`;
      const result = await setup.sandbox().run(
        "a",
        jobOf(
          shader,
          [words(9, "output", [1, 2]), empty(3, "output", 12), empty(4, "storage", 12)],
          {
            workgroups: [2, 3, 2],
          },
        ),
      );
      assert.deepEqual([...result.buffers.keys()], [9, 3]);
      assert.deepEqual(valuesOf(result, 3), Array(12).fill(7));
    },
  );

  gpuTest("a job sums with barriers", async (setup) => {
    const shader = `
@group(0) @binding(0) var<storage, read> inp: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
var<workgroup> part: array<u32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  part[local.x] = inp[64u * group.x + local.x];
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local.x < half) { part[local.x] += part[local.x + half]; }
    workgroupBarrier();
  }
  if (local.x == 0u) { out[group.x] = part[0]; }
}`;
    const values = Array.from({ length: 192 }, (_, i) => i * i);
    const result = await setup.sandbox().run(
      "a",
      jobOf(shader, [words(0, "read", values), empty(1, "output", 3)], { workgroups: [3, 1, 1] }),
    );
    const sums = [0, 64, 128].map((from) =>
      values.slice(from, from + 64).reduce((sum, value) => sum + value, 0)
    );
    assert.deepEqual(valuesOf(result, 1), sums);
  });

  gpuTest(
    "an index out of bounds reads nothing of another buffer, and writes nothing into it",
    async (setup) => {
      const shader = `
@group(0) @binding(0) var<storage, read> inp: array<u32>;
@group(0) @binding(1) var<storage, read_write> other: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<storage, read_write> aim: array<u32>;
@compute @workgroup_size(1) fn main() {
  for (var i = 0u; i < 8u; i++) {
    let far = (1u << (4u * i)) + 3u;
    out[i] = inp[far];
    aim[far] = 99u;
    aim[0xffffffffu - i] = 99u;
  }
}`;
      const job = jobOf(shader, [
        words(0, "read", [3, 3, 3, 3]),
        words(1, "output", [5, 5, 5, 5]),
        empty(2, "output", 8),
        empty(3, "storage", 4),
      ]);
      const sandbox = setup.sandbox();
      // A read out of bounds is zero or some value of the same buffer.
      const result = await sandbox.run("a", job);
      assert.isTrue(valuesOf(result, 2).every((value) => value === 0 || value === 3));
      assert.deepEqual(valuesOf(result, 1), [5, 5, 5, 5]);
      assert.deepEqual(valuesOf(await sandbox.run("a", addJob()), 2), ADDED);
    },
  );

  gpuTest("a division by zero gives what WGSL says, and no crash", async (setup) => {
    const shader = `
@group(0) @binding(0) var<storage, read> zero: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() {
  out[0] = 17u / zero[0];
  out[1] = 17u % zero[0];
  out[2] = bitcast<u32>(-17i / i32(zero[0]));
  out[3] = bitcast<u32>(-2147483647i - 1i - i32(zero[0])) / 1u;
}`;
    const job = jobOf(shader, [words(0, "read", [0]), empty(1, "output", 4)]);
    const result = await setup.sandbox().run("a", job);
    assert.deepEqual(valuesOf(result, 1), [17, 0, 2 ** 32 - 17, 2 ** 31]);
  });

  gpuTest("a mistake in a shader is told with its line", async (setup) => {
    const message = await refusal(setup, writeJob("1u", "\n\nfn broken() { let x = ; }\n"));
    assert.match(message, /^shader: line 3:\d+ \S/);
  });

  gpuTest("a shader of wrong types is told with its line", async (setup) => {
    assert.match(await refusal(setup, writeJob("1.5f")), /^shader: line 3:\d+ .*(f32|u32)/);
  });

  gpuTest("a constant that divides by zero is told with its line", async (setup) => {
    assert.match(await refusal(setup, writeJob("1u / 0u")), /^shader: line 3:\d+ .*zero/i);
  });

  gpuTest("a shader that wants a feature is refused", async (setup) => {
    assert.match(await refusal(setup, writeJob("1u", "enable f16;")), /^shader: line 1:\d+ .*f16/);
  });

  gpuTest("an entry point that is missing is named", async (setup) => {
    assert.match(await refusal(setup, addJob({ entryPoint: "absent" })), /^entry point absent: \S/);
  });

  gpuTest("a shader without any function is refused", async (setup) => {
    assert.match(await refusal(setup, addJob({ shader: "// nothing" })), /^entry point main: \S/);
  });

  gpuTest("a buffer that is bound as another kind is refused", async (setup) => {
    const { buffers } = addJob();
    const changed = buffers.map((one) => one.binding === 0 ? empty(0, "storage", 4) : one);
    assert.match(await refusal(setup, addJob({ buffers: changed })), /^entry point main: \S/);
  });

  gpuTest("a binding that the job leaves out is refused", async (setup) => {
    const buffers = addJob().buffers.filter(({ binding }) => binding !== 1);
    assert.match(await refusal(setup, addJob({ buffers })), /^entry point main: \S/);
  });

  gpuTest("a buffer that is smaller than the shader's variable is refused", async (setup) => {
    const shader = `
@group(0) @binding(0) var<uniform> scale: vec4f;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1) fn main() { out[0] = scale.x; }`;
    const job = jobOf(shader, [empty(0, "uniform", 1), empty(1, "output", 1)]);
    assert.match(await refusal(setup, job), /^job: .*16/);
  });

  gpuTest("a workgroup of more invocations than the adapter has is refused", async (setup) => {
    const shader = addJob().shader.replace("workgroup_size(4)", "workgroup_size(100000)");
    assert.match(await refusal(setup, addJob({ shader })), /^(entry point main|shader): \S/);
  });

  gpuTest("a uniform that is larger than the adapter binds is refused", async (setup) => {
    const { buffers } = addJob();
    const job = addJob({ buffers: [...buffers, empty(7, "uniform", 2 ** 20)] });
    assert.match(await refusal(setup, job), /^job: \S/);
  });

  gpuTest("the deepest text that is let through ends no process", async (setup) => {
    const sandbox = setup.sandbox();
    const parentheses = `${"(".repeat(95)}zero${")".repeat(95)}`;
    for (const value of [parentheses, `zero${" + 1u".repeat(240)}`, `${"~".repeat(490)}zero`]) {
      // Dawn refuses some of it by itself.
      const error = await failureOf(sandbox.run("a", writeJob(value)));
      if (error !== undefined) assert.match(String(error), /^UsageError: shader: .*depth/);
    }
    assert.deepEqual(valuesOf(await sandbox.run("a", addJob()), 2), ADDED);
  });
}
