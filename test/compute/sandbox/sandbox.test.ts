/**
 * Tenants side by side: what they cannot see, cannot break, and cannot keep to themselves.
 *
 * @module
 */

import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { SandboxJob } from "../../../core/compute/sandbox/sandbox_job.ts";
import type { Clock } from "../../../core/host.ts";
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

/** Real time. */
const CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    }),
};

/** Fills, or tells what is there: 4096 words of a buffer, and of a workgroup's memory. */
function memoryJob(isFilled: boolean): SandboxJob {
  const shader = `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<storage, read_write> scratch: array<u32>;
var<workgroup> shared_words: array<u32, 256>;
@compute @workgroup_size(1) fn main() {
  for (var i = 0u; i < 4096u; i++) {
    ${isFilled ? "out[i] = 0xdeadu; scratch[i] = 0xbeefu; shared_words[i % 256u] = 0xcafeu;" : ""}
    out[i] |= scratch[i] | shared_words[i % 256u];
  }
}`;
  return jobOf(shader, [empty(0, "output", 4096), empty(1, "storage", 4096)]);
}

/** The failure of a job, which is one line. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await failureOf(work);
  if (!(error instanceof WeftError)) assert.fail(`a WeftError was expected, not ${error}`);
  return error.message;
}

async function assertWorks(setup: SandboxSetup, run: Promise<unknown>): Promise<void> {
  setup.hangs = false;
  await run;
}

for (const gpuTest of GPU_TESTS) {
  gpuTest("a tenant finds zeros where another one wrote", async (setup) => {
    const sandbox = setup.sandbox();
    const filled = await sandbox.run("a", memoryJob(true));
    assert.isTrue(valuesOf(filled, 0).every((word) => word !== 0));
    for (const tenant of ["b", "a"]) {
      const found = await sandbox.run(tenant, memoryJob(false));
      assert.isTrue(valuesOf(found, 0).every((word) => word === 0));
    }
  });

  gpuTest("a tenant finds zeros after another one's device has gone", async (setup) => {
    const sandbox = setup.sandbox();
    await sandbox.run("a", memoryJob(true));
    sandbox.end("a");
    const found = await sandbox.run("b", memoryJob(false));
    assert.isTrue(valuesOf(found, 0).every((word) => word === 0));
  });

  gpuTest("a buffer that is filled in part ends in zeros", async (setup) => {
    const { data } = words(0, "output", [7]);
    const job = { ...writeJob("out[0] + 1u"), buffers: [{ ...empty(0, "output", 4), data }] };
    assert.deepEqual(valuesOf(await setup.sandbox().run("a", job), 0), [8, 0, 0, 0]);
  });

  gpuTest("data need not be whole words", async (setup) => {
    const job = {
      ...writeJob("out[0]"),
      buffers: [{ ...empty(0, "output", 2), data: Uint8Array.of(1, 2, 3, 4, 5) }],
    };
    assert.deepEqual(valuesOf(await setup.sandbox().run("a", job), 0), [0x04030201, 5]);
  });

  gpuTest("two tenants' jobs take turns, each on a device of its own", async (setup) => {
    const order: string[] = [];
    const sandbox = setup.sandbox();
    const run = async (tenant: string, value: number): Promise<void> => {
      const result = await sandbox.run(tenant, writeJob(`${value}u`));
      assert.deepEqual(valuesOf(result, 0), [value]);
      order.push(`${tenant}${value}`);
    };
    await Promise.all([run("a", 1), run("a", 2), run("a", 3), run("b", 4), run("b", 5)]);
    assert.deepEqual(order, ["a1", "a2", "b4", "a3", "b5"]);
    assert.lengthOf(setup.devices, 2);
  });

  gpuTest(
    "a job that takes too long is ended, and with it only its tenant's device",
    async (setup) => {
      const sandbox = setup.sandbox();
      await sandbox.run("b", addJob());
      setup.hangs = true;
      const ended = sandbox.run("a", addJob({ timeoutMs: 300 }));
      const message = await failure(setup.time.until(ended));
      assert.equal(message, "the job took more than 300 milliseconds and was ended");
      assert.equal((await setup.devices[1].lost).reason, "destroyed");
      setup.hangs = false;
      for (const tenant of ["b", "a"]) {
        assert.deepEqual(valuesOf(await sandbox.run(tenant, addJob()), 2), ADDED);
      }
      // A new one for the tenant whose job was ended, none for the other.
      assert.lengthOf(setup.devices, 3);
    },
  );

  gpuTest("a shader that really loops for long is ended", async (setup) => {
    // The other job has all the time that a busy machine may need.
    const patient = { timeoutMs: 3_600_000 };
    const sandbox = setup.sandbox({ clock: CLOCK, quota: { jobMs: patient.timeoutMs } });
    // Some tenths of a second: an endless one could not be stopped where the thread is blocked. In
    // many workgroups, for lavapipe leaves a loop after 65,535 turns.
    const loop = `
fn work(seed: u32) -> u32 {
  var x = seed;
  for (var i = 0u; i < 50000u; i++) { x = x * 1664525u + 1013904223u; x ^= x >> 3u; }
  return x;
}`;
    const message = await failure(
      sandbox.run("a", writeJob("work(zero)", loop, { timeoutMs: 20, workgroups: [1_500, 1, 1] })),
    );
    assert.equal(message, "the job took more than 20 milliseconds and was ended");
    assert.equal((await setup.devices[0].lost).reason, "destroyed");
    assert.deepEqual(valuesOf(await sandbox.run("a", addJob(patient)), 2), ADDED);
  });

  gpuTest("a job that runs is called off by its signal", async (setup) => {
    const sandbox = setup.sandbox();
    setup.hangs = true;
    const client = new AbortController();
    const message = failure(sandbox.run("a", addJob(), client.signal));
    await setup.untilItWaits();
    client.abort();
    assert.equal(await message, "the job was called off");
    assert.equal(setup.time.sleeping, 0);
    await assertWorks(setup, sandbox.run("a", addJob()));
    assert.lengthOf(setup.devices, 2);
  });

  gpuTest(
    "a job that waits is called off by its signal, and the one before it goes on",
    async (setup) => {
      const sandbox = setup.sandbox();
      const first = sandbox.run("a", addJob());
      const client = new AbortController();
      const message = failure(sandbox.run("b", addJob(), client.signal));
      client.abort();
      assert.equal(await message, "the job was called off");
      assert.deepEqual(valuesOf(await first, 2), ADDED);
      assert.lengthOf(setup.devices, 1);
    },
  );

  gpuTest("a job whose client has gone before does not begin", async (setup) => {
    const client = new AbortController();
    client.abort();
    const message = await failure(setup.sandbox().run("a", addJob(), client.signal));
    assert.equal(message, "the job was called off");
    assert.lengthOf(setup.devices, 0);
  });

  gpuTest("closing ends a job that runs and those that wait", async (setup) => {
    const sandbox = setup.sandbox();
    setup.hangs = true;
    const messages = ["a", "a", "b"].map((tenant) => failure(sandbox.run(tenant, addJob())));
    await setup.untilItWaits();
    await sandbox.close();
    assert.deepEqual(await Promise.all(messages), Array(3).fill("the sandbox is closed"));
    assert.equal((await setup.devices[0].lost).reason, "destroyed");
    assert.equal(setup.time.sleeping, 0);
    assert.match(await failure(sandbox.run("a", addJob())), /takes no more jobs/);
  });

  gpuTest("closing while a device is opened leaves none open", async (setup) => {
    const sandbox = setup.sandbox();
    const message = failure(sandbox.run("a", addJob()));
    await sandbox.close();
    assert.equal(await message, "the sandbox is closed");
    await Promise.all(setup.devices.map(({ lost }) => lost));
  });

  gpuTest("the end of a reservation ends its jobs and no others", async (setup) => {
    const sandbox = setup.sandbox();
    setup.hangs = true;
    const messages = ["a", "a"].map((tenant) => failure(sandbox.run(tenant, addJob())));
    const other = sandbox.run("b", addJob());
    await setup.untilItWaits();
    setup.hangs = false;
    sandbox.end("a");
    assert.deepEqual(await Promise.all(messages), Array(2).fill("the reservation is over"));
    assert.deepEqual(valuesOf(await other, 2), ADDED);
  });

  gpuTest("a device that is lost fails its job alone", async (setup) => {
    const sandbox = setup.sandbox();
    await sandbox.run("b", addJob());
    setup.hangs = true;
    const message = failure(sandbox.run("a", addJob()));
    await setup.untilItWaits();
    setup.devices[1].destroy();
    assert.match(await message, /^the job's device was lost: \S/);
    setup.hangs = false;
    for (const tenant of ["a", "b"]) await sandbox.run(tenant, addJob());
    assert.lengthOf(setup.devices, 3);
  });

  gpuTest("a device that was lost between two jobs is replaced", async (setup) => {
    const sandbox = setup.sandbox();
    await sandbox.run("a", addJob());
    setup.devices[0].destroy();
    await setup.devices[0].lost;
    assert.deepEqual(valuesOf(await sandbox.run("a", addJob()), 2), ADDED);
  });

  gpuTest("of many tenants only the last ones' devices stay open", async (setup) => {
    const sandbox = setup.sandbox();
    for (const tenant of ["a", "b", "c", "d", "a", "e"]) await sandbox.run(tenant, addJob());
    assert.equal((await setup.devices[1].lost).reason, "destroyed");
    await sandbox.run("a", addJob());
    assert.lengthOf(setup.devices, 5);
  });

  gpuTest("the day's time is used up by jobs, however they end, and comes back", async (setup) => {
    const sandbox = setup.sandbox({ quota: { dayMs: 400 } });
    setup.hangs = true;
    const run = (): Promise<unknown> =>
      setup.time.until(sandbox.run("a", addJob({ timeoutMs: 300 })));
    assert.match(await failure(run()), /more than 300 milliseconds/);
    assert.match(await failure(run()), /more than 100 milliseconds/);
    assert.equal(await failure(run()), "the 400 milliseconds of this day are used up");
    await assertWorks(setup, sandbox.run("b", addJob()));
    setup.time.advance(86_400_000);
    await assertWorks(setup, sandbox.run("a", addJob()));
  });

  gpuTest("a tenant may have so many jobs open, and others theirs", async (setup) => {
    const sandbox = setup.sandbox({ quota: { openJobs: 2 } });
    const jobs = ["a", "a", "b"].map((tenant) => sandbox.run(tenant, addJob()));
    assert.match(await failure(sandbox.run("a", addJob())), /^2 jobs wait already, 2 are allowed/);
    await Promise.all(jobs);
    await sandbox.run("a", addJob());
  });

  gpuTest("a job waits for its slice, and its time with it", async (setup) => {
    const turn = Promise.withResolvers<void>();
    let asked = 0;
    const sandbox = setup.sandbox({
      slice: async (work) => {
        asked += 1;
        await turn.promise;
        return await work();
      },
    });
    const result = sandbox.run("a", addJob());
    setup.time.advance(60_000);
    assert.lengthOf(setup.devices, 0);
    turn.resolve();
    assert.equal((await result).elapsedMs, 0);
    assert.equal(asked, 1);
  });

  gpuTest("a job is called off while it waits for its slice", async (setup) => {
    const turn = Promise.withResolvers<void>();
    const sandbox = setup.sandbox({ slice: (work) => turn.promise.then(work) });
    const client = new AbortController();
    const message = failure(sandbox.run("a", addJob(), client.signal));
    client.abort();
    assert.equal(await message, "the job was called off");
    turn.resolve();
    setup.hangs = true;
    await sandbox.close();
    assert.equal(setup.time.sleeping, 0);
  });

  gpuTest("a device is asked for no more than the quota gives", async (setup) => {
    const bufferBytes = 512 * 1024 ** 2;
    await setup.sandbox({ quota: { bufferBytes } }).run("a", addJob());
    assert.isAtMost(setup.devices[0].limits.maxBufferSize, bufferBytes);
    assert.isAtLeast(setup.devices[0].limits.maxBufferSize, 256 * 1024 ** 2);
  });
}
