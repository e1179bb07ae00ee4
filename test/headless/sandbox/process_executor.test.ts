/**
 * Jobs in real processes: what ends one of them, and who is served after that.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { BACKENDS } from "../../../headless/webgpu.ts";
import { failureOf } from "../../harness/kept_log.ts";
import {
  BAD_CHILD,
  endlessJob,
  firstByte,
  honestJob,
  textJob,
  withSandbox,
} from "./sandbox_process.ts";

/** In one line, and no mistake of the tenant's. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await failureOf(work);
  if (!(error instanceof WeftError)) assert.fail(`a WeftError was expected, not ${error}`);
  assert.notEqual(error.name, "UsageError");
  return error.message;
}

for (const backend of BACKENDS) {
  test(`an endless shader is ended, and those who wait are served (${backend})`, async () => {
    await withSandbox({ backend }, async (sandbox) => {
      const [message, ...others] = await Promise.all([
        failure(sandbox.run("a", endlessJob())),
        firstByte(sandbox.run("b", honestJob(5))),
        firstByte(sandbox.run("a", honestJob(6))),
      ]);
      assert.match(`${message}`, /took more than 100 milliseconds and was ended/);
      assert.deepEqual(others, [5, 6]);
    });
  });

  test(`a mistake is told with its line, and the process goes on (${backend})`, async () => {
    await withSandbox({ backend }, async (sandbox, log) => {
      const error = await failureOf(sandbox.run("a", textJob("\nfn main( {")));
      assert.instanceOf(error, UsageError);
      assert.match(`${error}`, /line 2:/);
      assert.equal(await firstByte(sandbox.run("a", honestJob(5))), 5);
      assert.isEmpty(log.lines);
    });
  });
}

test("a shader that wants all memory harms nobody after it", async () => {
  await withSandbox({}, async (sandbox) => {
    const hungry = textJob(
      `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
var<private> all: array<u32, 200000000>;
@compute @workgroup_size(64) fn main() { all[out[0]] = 1u; out[0] = all[out[1]]; }`,
      100,
    );
    assert.instanceOf(await failureOf(sandbox.run("a", hungry)), WeftError);
    assert.equal(await firstByte(sandbox.run("b", honestJob(5))), 5);
  });
});

test("buffers over the quota start no process", async () => {
  await withSandbox({ quota: { bufferBytes: 8 } }, async (sandbox, log) => {
    const buffers = [{ binding: 0, kind: "output", sizeBytes: 12 }] as const;
    const error = await failureOf(sandbox.run("a", { ...honestJob(5), buffers }));
    assert.match(`${error}`, /12 bytes of buffers, 8 are allowed/);
    await sandbox.close();
    assert.isEmpty(log.lines);
  });
});

const DEEDS: readonly (readonly [string, RegExp])[] = [
  ["ends", /ended by itself \(code 3\)/],
  ["aborts", /ended by itself \((SIG[A-Z]+|code \d+)\)/],
  ["cuts off", /ended by itself \(code 0\)/],
  ["is too long", /a frame of 4294967295 bytes is longer than/],
  ["is no JSON", /holds no JSON/],
  ["says something else", /output/],
];

for (const [deed, words] of DEEDS) {
  test(`a process that ${deed} costs one job, and those that wait run`, async () => {
    await withSandbox({ program: BAD_CHILD }, async (sandbox) => {
      const [message, ...others] = await Promise.all([
        failure(sandbox.run("a", textJob(deed))),
        ...["a", "b"].map((tenant) => firstByte(sandbox.run(tenant, textJob("answers")))),
      ]);
      assert.match(`${message}`, words);
      assert.deepEqual(others, [7, 7]);
    });
  });
}

test("an answer that was not asked for is nobody's", async () => {
  await withSandbox({ program: BAD_CHILD }, async (sandbox) => {
    assert.equal(await firstByte(sandbox.run("a", textJob("answers twice"))), 7);
    assert.equal(await firstByte(sandbox.run("b", textJob("answers"))), 7);
  });
});

test("of what a process says to stderr a short line is kept, for those who debug", async () => {
  await withSandbox({ program: BAD_CHILD }, async (sandbox, log) => {
    assert.match(await failure(sandbox.run("a", textJob("babbles"))), /\(code 4\)$/);
    await sandbox.close();
    assert.lengthOf(log.lines, 1);
    assert.match(log.lines[0], /^debug: .*it last said: /);
    assert.isBelow(log.lines[0].length, 500);
  });
});

test("a process has no network, programs, writing, imports, variables of the user, nor files", async () => {
  await withSandbox({ program: BAD_CHILD }, async (sandbox) => {
    const { buffers } = await sandbox.run("a", textJob("tells its rights"));
    assert.deepEqual([...buffers.get(0) ?? []], Array(7).fill(0));
  });
});

test("a killed process does not give a tenant its day back", async () => {
  await withSandbox({ quota: { dayMs: 300 } }, async (sandbox) => {
    assert.match(await failure(sandbox.run("a", endlessJob(200))), /200 milliseconds/);
    const error = await failureOf(sandbox.run("a", honestJob(5)));
    assert.match(`${error}`, /the 300 milliseconds of this day are used up/);
    assert.equal(await firstByte(sandbox.run("b", honestJob(5))), 5);
  });
});

test("a reservation that ends takes its running shader with it, and the next is served", async () => {
  const running = Promise.withResolvers<void>();
  const slice = <Result>(work: () => Promise<Result>): Promise<Result> => {
    running.resolve();
    return work();
  };
  await withSandbox({ slice }, async (sandbox) => {
    const endless = failure(sandbox.run("a", endlessJob(10_000)));
    const waiting = failure(sandbox.run("a", honestJob(5)));
    const other = sandbox.run("b", honestJob(6));
    await running.promise;
    sandbox.end("a");
    assert.equal(await endless, "the reservation is over");
    assert.equal(await waiting, "the reservation is over");
    assert.equal(await firstByte(other), 6);
  });
});

test("closing before a process starts ends the job", async () => {
  await withSandbox({}, async (sandbox) => {
    const message = failure(sandbox.run("a", honestJob(5)));
    await sandbox.close();
    assert.equal(await message, "the sandbox is closed");
  });
});

test("other work waits for a job, not for the start of its process", async () => {
  const order: string[] = [];
  const slice = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    order.push("turn");
    const result = await work();
    order.push("over");
    return result;
  };
  await withSandbox({ slice, program: "no such program.ts" }, async (sandbox) => {
    assert.match(await failure(sandbox.run("a", honestJob(5))), /ended by itself/);
    assert.isEmpty(order);
  });
});
