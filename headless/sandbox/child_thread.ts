/**
 * The thread in which a tenant's shaders run; `child.ts` starts it. A GPU that does not let go blocks
 * it, and nothing else.
 *
 * @module
 */

import * as v from "valibot";
import { JobRunner } from "../../core/compute/sandbox/job_runner.ts";
import { checkQuota } from "../../core/compute/sandbox/quota.ts";
import { checkShaderText } from "../../core/compute/sandbox/shader_guard.ts";
import { WeftError } from "../../core/errors.ts";
import { processClock } from "../deno_host.ts";
import { loadWebGpu } from "../webgpu.ts";
import {
  failureMessage,
  Hello,
  type HelloMessage,
  readJobMessage,
  readyMessage,
  resultMessage,
} from "./messages.ts";

/** The line to whoever started this thread; Deno's types know only the main thread. */
declare const self: Worker;

/** There is one tenant. */
const TENANT = "tenant";

async function serve(): Promise<void> {
  const waiting: unknown[] = [];
  let wake = Promise.withResolvers<void>();
  self.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    waiting.push(data);
    wake.resolve();
  });
  const next = async (): Promise<unknown> => {
    while (waiting.length === 0) {
      await wake.promise;
      wake = Promise.withResolvers();
    }
    return waiting.shift();
  };
  const hello = v.parse(Hello, await next());
  const runner = await open(hello).catch((error: unknown) => {
    self.postMessage(readyMessage(error instanceof Error ? error.message : `${error}`));
    return undefined;
  });
  if (runner === undefined) return;
  self.postMessage(readyMessage());
  while (true) self.postMessage(await answer(runner, await next(), hello));
}

async function open({ backend, quota }: HelloMessage): Promise<JobRunner> {
  const webgpu = await loadWebGpu(backend);
  const host = { clock: processClock, webgpu: () => Promise.resolve(webgpu) };
  const runner = new JobRunner({ host, quota });
  await runner.prepare(TENANT);
  return runner;
}

async function answer(
  runner: JobRunner,
  message: unknown,
  { quota }: HelloMessage,
): Promise<unknown> {
  try {
    const { job, limitMs } = readJobMessage(message);
    checkQuota(job, quota);
    checkShaderText(job.shader);
    return resultMessage(await runner.run(TENANT, job, limitMs, new AbortController().signal));
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    return failureMessage(error);
  }
}

await serve();
