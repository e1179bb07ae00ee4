/**
 * Jobs one at a time, of one tenant after the other: who has sent many keeps nobody waiting for
 * more than one of them.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";

/** A job that waits. */
interface Waiting {
  /** Never fails: whoever added it is told. */
  start(): Promise<void>;
}

/** See the module. */
export class FairQueue {
  /** In the order in which tenants are served next. */
  readonly #waiting = new Map<string, Waiting[]>();
  #running: string | undefined;

  constructor(readonly maxOpenJobs: number) {}

  /**
   * Does some work when it is a tenant's turn.
   *
   * @param signal takes it out while it waits; work that has begun must look at it itself, and the
   *   next begins when it has ended
   * @throws {UsageError} if the tenant has too many jobs open
   * @throws what the signal was aborted with, if that is a `WeftError`
   */
  add<Result>(
    tenant: string,
    work: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const waiting = this.#waiting.get(tenant) ?? [];
    const open = waiting.length + (this.#running === tenant ? 1 : 0);
    if (open >= this.maxOpenJobs) {
      throw new UsageError(`${open} jobs wait already, ${this.maxOpenJobs} are allowed: try later`);
    }
    if (signal.aborted) throw abortError(signal);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const abort = (): void => {
      this.#remove(tenant, job);
      reject(abortError(signal));
    };
    const job: Waiting = {
      start: () => work().then(resolve, reject),
    };
    signal.addEventListener("abort", abort, { once: true });
    promise.catch(() => {}).finally(() => signal.removeEventListener("abort", abort));
    this.#waiting.set(tenant, [...waiting, job]);
    this.#next();
    return promise;
  }

  #remove(tenant: string, job: Waiting): void {
    const left = (this.#waiting.get(tenant) ?? []).filter((other) => other !== job);
    if (left.length > 0) this.#waiting.set(tenant, left);
    else this.#waiting.delete(tenant);
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#running !== undefined || first === undefined) return;
    const [tenant, [job, ...others]] = first;
    this.#waiting.delete(tenant);
    if (others.length > 0) this.#waiting.set(tenant, others);
    this.#running = tenant;
    job.start().finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }
}

/** What a called off job ends with. */
export function abortError({ reason }: AbortSignal): WeftError {
  return reason instanceof WeftError ? reason : new WeftError("the job was called off");
}
