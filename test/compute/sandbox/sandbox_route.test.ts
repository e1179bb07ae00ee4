/**
 * Jobs through an axon: who may send them, and what the answer says.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  readSandboxOutput,
  SANDBOX_JOB,
  sandboxFields,
  type SandboxJob,
  type SandboxOutput,
} from "../../../core/compute/sandbox/sandbox_job.ts";
import { sandboxRoute } from "../../../core/compute/sandbox/sandbox_route.ts";
import type { Sandbox } from "../../../core/compute/sandbox/sandbox.ts";
import { createSynapse, dumpSynapse, readSynapse } from "../../../core/compute/synapse/synapse.ts";
import { WeftError } from "../../../core/errors.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";
import { readJson } from "../../../core/formats/python_json_reader.ts";
import type { ServedResponse } from "../../../core/host.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";
import { AxonSetup, messageOf, type RequestChanges, textOf } from "../axon/axon_setup.ts";
import { ADDED, addJob, GPU_TESTS } from "./sandbox_setup.ts";

/** An axon whose sandbox only tells who has sent what. */
class Setup {
  readonly axon = new AxonSetup();
  readonly jobs: { readonly tenant: string; readonly job: SandboxJob }[] = [];
  /** Hotkeys with a reservation. */
  readonly renters = new Set([ALICE.address]);
  sandbox: Pick<Sandbox, "run"> = {
    run: (tenant, job) => {
      this.jobs.push({ tenant, job });
      return Promise.resolve({ buffers: new Map([[2, Uint8Array.of(1)]]), elapsedMs: 3 });
    },
  };

  async send(
    fields = sandboxFields(addJob()),
    changes: RequestChanges = {},
  ): Promise<ServedResponse> {
    const { axon: { log }, renters, sandbox } = this;
    const axon = await this.axon.axon();
    axon.attach(sandboxRoute({ sandbox, log, mayUse: (hotkey) => renters.has(hotkey) }));
    return await axon.handler(await this.axon.request(createSynapse(SANDBOX_JOB, fields), changes));
  }
}

async function outputOf(answer: ServedResponse): Promise<SandboxOutput> {
  const text = await textOf(answer);
  assert.equal(answer.status, 200, text);
  return readSandboxOutput(readSynapse(SANDBOX_JOB, readJson(text).asSent).fields.output);
}

for (const gpuTest of GPU_TESTS) {
  gpuTest("a renter's signed job comes back with its buffers", async (gpu) => {
    const setup = new Setup();
    setup.sandbox = gpu.sandbox();
    const { buffers, error } = await outputOf(await setup.send());
    assert.isNull(error);
    assert.deepEqual([...new Uint32Array(buffers.get(2)?.slice().buffer ?? [])], ADDED);
  });

  gpuTest("a renter is told the line of its mistake", async (gpu) => {
    const setup = new Setup();
    setup.sandbox = gpu.sandbox();
    const answer = await setup.send(sandboxFields(addJob({ shader: "\nfn main( {" })));
    assert.match((await outputOf(answer)).error ?? "", /^shader: line 2:/);
  });
}

test("a job runs under the hotkey that signed it", async () => {
  const setup = new Setup();
  assert.deepEqual(await outputOf(await setup.send()), {
    ...{ buffers: new Map([[2, Uint8Array.of(1)]]), elapsedMs: 3, error: null },
  });
  assert.deepEqual(setup.jobs, [{ tenant: ALICE.address, job: addJob() }]);
});

test("a hotkey without a reservation is refused", async () => {
  const setup = new Setup();
  const answer = await setup.send(undefined, { signer: BOB });
  assert.equal(answer.status, 403);
  assert.include(await messageOf(answer), "Holds no reservation");
  assert.isEmpty(setup.jobs);
});

test("a renter's hotkey without its signature is refused", async () => {
  const setup = new Setup();
  const headers = { bt_header_dendrite_hotkey: ALICE.address };
  const answer = await setup.send(undefined, { signer: BOB, headers });
  assert.equal(answer.status, 401);
  assert.isEmpty(setup.jobs);
});

test("a job that was changed on its way is refused", async () => {
  const setup = new Setup();
  const other = createSynapse(SANDBOX_JOB, sandboxFields(addJob({ timeoutMs: 4999 })));
  const answer = await setup.send(undefined, { body: pythonJson(dumpSynapse(other)) });
  assert.equal(answer.status, 500);
  assert.match(setup.axon.log.lines.join(), /Hash mismatch/);
  assert.isEmpty(setup.jobs);
});

test("a reservation that ends while the job is read is over", async () => {
  const setup = new Setup();
  let asked = 0;
  setup.renters.has = () => asked++ === 0;
  assert.equal((await setup.send()).status, 403);
  assert.isEmpty(setup.jobs);
});

test("what is no job is told in the answer", async () => {
  const setup = new Setup();
  const { error } = await outputOf(await setup.send({ job: { shader: 5 }, output: {} }));
  assert.equal(error, "job.shader: WGSL text is expected");
});

test("a synapse without a job is told in the answer", async () => {
  const { error } = await outputOf(await new Setup().send({ job: {}, output: {} }));
  assert.match(error ?? "", /^job/);
});

test("a job that failed is told in the answer, and not sent back", async () => {
  const setup = new Setup();
  setup.sandbox = { run: () => Promise.reject(new WeftError("it failed")) };
  const answer = await setup.send();
  assert.deepEqual(await outputOf(answer), {
    buffers: new Map(),
    elapsedMs: 0,
    error: "it failed",
  });
  assert.notInclude(await textOf(answer), "workgroup_size");
});

test("a mistake of our own is none of the renter's business", async () => {
  const setup = new Setup();
  setup.sandbox = { run: () => Promise.reject(new TypeError("secret")) };
  const answer = await setup.send();
  assert.equal(answer.status, 500);
  assert.notInclude(await messageOf(answer), "secret");
});

test("a client that goes ends its job", async () => {
  const setup = new Setup();
  const client = new AbortController();
  let isEnded = false;
  setup.sandbox = {
    run: (_tenant, _job, signal) => {
      client.abort();
      isEnded = signal?.aborted ?? false;
      return Promise.reject(new WeftError("the job was called off"));
    },
  };
  await setup.send(undefined, { signal: client.signal });
  assert.isTrue(isEnded);
});

test("a body beyond the bound is refused", async () => {
  const answer = await new Setup().send(undefined, { headers: { "content-length": "8388609" } });
  assert.equal(answer.status, 413);
});
