/**
 * What a renter is told when a job does not come back.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Dendrite } from "../../../core/compute/dendrite.ts";
import { runSandboxJob } from "../../../core/compute/sandbox/sandbox_client.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { addJob } from "./sandbox_setup.ts";

const TARGET = { ip: "192.0.2.1", port: 8091, hotkey: "5Miner" };

/** An axon that answers this. */
function answering(
  statusCode: number,
  statusMessage: string,
  output = {},
): { readonly dendrite: Pick<Dendrite, "call">; readonly timeouts: (number | undefined)[] } {
  const timeouts: (number | undefined)[] = [];
  return {
    timeouts,
    dendrite: {
      call: (_target, asked, options) => {
        timeouts.push(options?.timeoutS);
        return Promise.resolve({
          ...asked,
          fields: { ...asked.fields, job: {}, output },
          dendrite: { ...asked.dendrite, statusCode, statusMessage },
        });
      },
    },
  };
}

async function failure(statusCode: number, words: string, output = {}): Promise<string> {
  const { dendrite } = answering(statusCode, words, output);
  const error = await failureOf(runSandboxJob(dendrite, TARGET, addJob()));
  if (error instanceof WeftError) return error.message;
  assert.fail(`a WeftError was expected, not ${error}`);
}

const STATUSES: readonly (readonly [number, RegExp])[] = [
  [403, /holds no reservation of its sandbox, rent it first/],
  [404, /it lends no sandbox/],
  [408, /did not answer in time/],
  [413, /too large, send less data/],
  [503, /is not reached: Service unavailable/],
  [500, /answers 500: Service unavailable/],
];

for (const [status, words] of STATUSES) {
  test(`a status ${status} is explained, and says whose it is`, async () => {
    const message = await failure(status, "Service unavailable");
    assert.match(message, words);
    assert.match(message, /^5Miner at 192\.0\.2\.1:8091 /);
  });
}

test("an axon's words stay in one short line", async () => {
  const message = await failure(500, `a\nb\u0000${"x".repeat(10_000)}`);
  assert.notMatch(message, /\p{C}/u);
  assert.isBelow(message.length, 300);
});

test("the miner's reason is told", async () => {
  const output = { buffers: {}, elapsed_ms: 0, error: "shader: line 1:2 no" };
  assert.match(await failure(200, "", output), /: shader: line 1:2 no$/);
});

test("what is no answer of a sandbox is a failure", async () => {
  assert.match(await failure(200, "", {}), /^output/);
});

test("buffers come back by their binding", async () => {
  const output = { buffers: { 2: "AQI=" }, elapsed_ms: 3, error: null };
  const { dendrite } = answering(200, "", output);
  const result = await runSandboxJob(dendrite, TARGET, addJob());
  assert.deepEqual(result, { buffers: new Map([[2, Uint8Array.of(1, 2)]]), elapsedMs: 3 });
});

test("an answer is waited for longer than the job may take", async () => {
  const { dendrite, timeouts } = answering(500, "");
  const job = addJob({ timeoutMs: 5000 });
  assert.instanceOf(await failureOf(runSandboxJob(dendrite, TARGET, job)), WeftError);
  const own = failureOf(runSandboxJob(dendrite, TARGET, job, { timeoutMs: 1500 }));
  assert.notInstanceOf(await own, UsageError);
  assert.deepEqual(timeouts, [35, 1.5]);
});
