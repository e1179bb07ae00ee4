/**
 * Runs jobs in a process that can be ended: an endless shader, a driver's mistake or a compiler's
 * costs its tenant a job, and the miner nothing. Each tenant gets a process of its own; there is one
 * at a time.
 *
 * @module
 */

import { abortError } from "../../core/compute/sandbox/fair_queue.ts";
import type { JobExecutor, SandboxResult } from "../../core/compute/sandbox/job_executor.ts";
import type { SandboxJob } from "../../core/compute/sandbox/sandbox_job.ts";
import { WeftError } from "../../core/errors.ts";
import type { Log } from "../../core/host.ts";
import { SandboxChild, type SandboxChildOptions } from "./sandbox_child.ts";

/** What it works with. */
export interface ProcessExecutorOptions extends SandboxChildOptions {
  readonly log: Log;
}

/** See the module. */
export class ProcessExecutor implements JobExecutor {
  #current: { readonly tenant: string; readonly child: SandboxChild } | undefined;
  /** Those that are ending, too. */
  readonly #children = new Set<SandboxChild>();

  constructor(readonly options: ProcessExecutorOptions) {}

  async prepare(tenant: string, signal: AbortSignal): Promise<void> {
    const current = this.#current;
    if (current?.tenant === tenant && current.child.fault === undefined) return;
    current?.child.kill(new WeftError("another tenant's job comes next"));
    // Two drivers side by side would need twice the memory.
    await Promise.all([...this.#children].map(({ ended }) => ended));
    if (signal.aborted) throw abortError(signal);
    const child = this.#start();
    this.#current = { tenant, child };
    await killedBy(signal, child, () => child.ready());
  }

  async run(
    tenant: string,
    job: SandboxJob,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<SandboxResult> {
    if (this.#current?.tenant !== tenant) throw new WeftError("the sandbox was ended meanwhile");
    const { child } = this.#current;
    return await killedBy(signal, child, () => child.run(job, limitMs));
  }

  end(tenant: string): void {
    if (this.#current?.tenant !== tenant) return;
    this.#current.child.kill(new WeftError("the reservation is over"));
    this.#current = undefined;
  }

  async close(): Promise<void> {
    this.#current = undefined;
    for (const child of this.#children) child.kill(new WeftError("the sandbox is closed"));
    await Promise.all([...this.#children].map(({ ended }) => ended));
  }

  #start(): SandboxChild {
    const { log } = this.options;
    const child = new SandboxChild(this.options);
    this.#children.add(child);
    child.ended.then(() => {
      this.#children.delete(child);
      const words = child.lastWords;
      log.debug(
        `sandbox: ${child.fault?.message ?? "ended"}${words && `; it last said: ${words}`}`,
      );
    });
    return child;
  }
}

/** Does some work with a process, which a signal ends. */
async function killedBy<Result>(
  signal: AbortSignal,
  child: SandboxChild,
  work: () => Promise<Result>,
): Promise<Result> {
  const kill = (): void => {
    child.kill(abortError(signal));
  };
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", kill);
  }
}
