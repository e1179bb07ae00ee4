import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { checkQuota, DayUsage, type SandboxQuota } from "../../../core/compute/sandbox/quota.ts";
import type { SandboxJob } from "../../../core/compute/sandbox/sandbox_job.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

const QUOTA: SandboxQuota = {
  ...{ bufferBytes: 100, outputBytes: 40, shaderBytes: 10, bindings: 3, workgroups: 24 },
  ...{ jobMs: 50, dayMs: 1000, openJobs: 2 },
};
/** Uses all of it. */
const JOB: SandboxJob = {
  ...{ shader: "0123456789", entryPoint: "main", workgroups: [2, 3, 4], timeoutMs: 50 },
  buffers: [
    { binding: 0, kind: "output", sizeBytes: 24 },
    { binding: 1, kind: "output", sizeBytes: 16 },
    { binding: 2, kind: "read", sizeBytes: 60 },
  ],
};

test("checkQuota() takes a job that uses all of it", () => {
  checkQuota(JOB, QUOTA);
});

const [first, second, third] = JOB.buffers;
const OVER: readonly (readonly [string, Partial<SandboxJob>])[] = [
  ["11 bytes of shader text, 10", { shader: "0123456789a" }],
  ["12 bytes of shader text, 10", { shader: "012345678\u20ac" }],
  ["4 buffers, 3", {
    buffers: [first, { ...second, sizeBytes: 4 }, { ...third, sizeBytes: 4 }, {
      ...third,
      ...{ binding: 3, sizeBytes: 4 },
    }],
  }],
  ["104 bytes of buffers, 100", { buffers: [first, second, { ...third, sizeBytes: 64 }] }],
  ["44 bytes of output, 40", {
    buffers: [first, { ...second, sizeBytes: 20 }, { ...third, sizeBytes: 4 }],
  }],
  ["25 workgroups, 24", { workgroups: [25, 1, 1] }],
  ["281462092005375 workgroups, 24", { workgroups: [65535, 65535, 65535] }],
  ["51 milliseconds, 50", { timeoutMs: 51 }],
];

for (const [what, changes] of OVER) {
  test(`checkQuota() refuses a job of ${what} are allowed`, () => {
    assert.throws(
      () => checkQuota({ ...JOB, ...changes }, QUOTA),
      UsageError,
      `the job asks for ${what} are allowed`,
    );
  });
}

test("DayUsage counts for each tenant from its first job", () => {
  const time = new TestTime();
  const usage = new DayUsage(time, 1000);
  usage.add("a", 300);
  time.advance(86_399_999);
  usage.add("a", 300);
  usage.add("b", 2000);
  assert.deepEqual(["a", "b", "c"].map((tenant) => usage.leftMs(tenant)), [400, 0, 1000]);
  time.advance(1);
  assert.deepEqual(["a", "b"].map((tenant) => usage.leftMs(tenant)), [1000, 0]);
});
