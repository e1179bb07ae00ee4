/**
 * The queue of password searches. Work is handed to an engine in short slices, always of the job
 * with the highest priority, so that a new job overtakes a long one within some of them.
 *
 * @module
 */
import { UsageError, WeftError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { EngineSource } from "./engines.ts";
import type { Algorithm } from "./modes.ts";
import { EngineLostError, type SearchEngine } from "./search_engine.ts";
import { type BoundSearch, SearchJob, type SolveRequest, type SolveResult } from "./search_job.ts";
import type { Slice } from "./search_plan.ts";
import { SliceRate } from "./slice_rate.ts";

export type { SolveProgress, SolveRequest, SolveResult } from "./search_job.ts";

/** Length of a slice. Two are on their way at a time, and a new job must start within 50 ms. */
const SLICE_MS = 20;
/**
 * What is on its way lasts at least this long: hosts learn of finished work some ten milliseconds
 * apart. Were it less than that, the rate would be measured too low, slices would get shorter for it,
 * and the rate lower still.
 */
const LEAST_IN_FLIGHT_MS = 20;
/** Losses of a device in a row, without a slice between them, after which a job gives up. */
const MAX_LOSSES = 3;

/** Runs searches one slice after another. */
export class Solver {
  readonly #jobs: SearchJob[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #rates = new Map<Algorithm, SliceRate>();
  #isClosed = false;

  constructor(
    readonly host: Pick<Host, "clock">,
    readonly engines: EngineSource,
    /** Length of a slice: shorter ones let other programs and other jobs in sooner. */
    readonly sliceMs: number = SLICE_MS,
  ) {}

  /**
   * Searches a keyspace for a password.
   * @throws {UsageError} if the deadline has passed, or the range lies outside the keyspace
   * @throws {WeftError} if the device is lost again and again, or there is none
   */
  async solve(request: SolveRequest): Promise<SolveResult> {
    const nowMs = (): number => this.host.clock.nowMs();
    const job = new SearchJob(request, nowMs(), nowMs);
    if (request.signal?.aborted) job.stop("aborted");
    else {
      this.#check(request);
      this.#enqueue(job);
    }
    return await job.result;
  }

  /** Opens and compiles what a search needs, so that the next one starts at once. */
  async warmUp(algorithm: Algorithm): Promise<void> {
    await (await this.engines.engineFor(algorithm)).warmUp(algorithm);
  }

  /** Aborts all jobs and frees the engines. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#jobs) job.stop("aborted");
    await Promise.all(this.#running);
    this.#sweep();
    await this.engines.close();
  }

  #check({ keyspace, skip = 0n, limit, deadlineMs }: SolveRequest): void {
    if (this.#isClosed) throw new WeftError("the solver is closed, it takes no more jobs");
    if (deadlineMs !== undefined && deadlineMs <= this.host.clock.nowMs()) {
      throw new UsageError("the deadline has already passed, expected one in the future");
    }
    if (skip < 0n || skip >= keyspace.size || (limit !== undefined && limit <= 0n)) {
      throw new UsageError(
        `candidates ${skip} to ${
          skip + (limit ?? keyspace.size) - 1n
        } were asked for, expected a ` +
          `range within the keyspace of ${keyspace.size}`,
      );
    }
  }

  /** The queue is kept in the order in which jobs are served. */
  #enqueue(job: SearchJob): void {
    const priority = job.request.priority ?? 0;
    const before = this.#jobs.findIndex(({ request }) => (request.priority ?? 0) < priority);
    this.#jobs.splice(before === -1 ? this.#jobs.length : before, 0, job);
    const abort = (): void => {
      job.stop("aborted");
      this.#sweep();
    };
    job.request.signal?.addEventListener("abort", abort, { once: true });
    job.result.catch(() => {}).finally(() =>
      job.request.signal?.removeEventListener("abort", abort)
    );
    this.#bind(job);
  }

  async #bind(job: SearchJob): Promise<void> {
    let engine: SearchEngine | undefined;
    try {
      engine = await this.engines.engineFor(job.request.target.mode.algorithm);
      const plan = job.planFor(engine);
      const search = await engine.start(plan);
      if (job.isDone) search.end();
      else job.bind({ engine, plan, search });
    } catch (error) {
      this.#recover(job, error, engine);
    }
    this.#pump();
  }

  /** Hands out slices until the device has enough to do. */
  #pump(): void {
    this.#sweep();
    for (;;) {
      const job = this.#jobs.find(({ isRunnable }) => isRunnable);
      if (!job?.bound || this.#running.size >= job.bound.engine.slicesInFlight) return;
      const size = this.#sliceSize(job.bound);
      const slice = job.takeSlice(job.bound, size);
      const run = this.#run(job, job.bound, slice, slice.count === size).then(() => {
        this.#running.delete(run);
        this.#pump();
      });
      this.#running.add(run);
    }
  }

  async #run(
    job: SearchJob,
    bound: BoundSearch,
    slice: Slice,
    isWhole: boolean,
  ): Promise<void> {
    const startMs = this.host.clock.nowMs();
    job.inFlight += 1;
    try {
      const suspects = await bound.search.run(slice);
      const candidates = slice.count * bound.plan.inner.length;
      const rate = this.#rateOf(bound.plan.algorithm);
      rate.add(candidates, startMs, this.host.clock.nowMs(), isWhole);
      job.finishSlice(bound, slice, suspects);
    } catch (error) {
      job.giveBack(slice);
      // Several slices are lost together: the first one moves the job to another engine.
      if (job.bound === bound) this.#recover(job, error, bound.engine);
    }
    job.inFlight -= 1;
  }

  /** Goes on with a new engine after a loss; any other error is the job's end. */
  #recover(job: SearchJob, error: unknown, engine: SearchEngine | undefined): void {
    if (job.isDone) return;
    if (!(error instanceof EngineLostError)) return job.fail(error);
    // Of several jobs on a device that is lost, it counts for the one that met it first.
    if (!engine || this.engines.discard(engine)) {
      job.losses += 1;
      // The next engine may be a much slower one.
      this.#rates.clear();
    }
    if (job.losses >= MAX_LOSSES) {
      return job.fail(
        new WeftError(
          `the device was lost ${job.losses} times in a row (${error.message}): ` +
            "see the system's log, or search with the variant wasm",
          { cause: error },
        ),
      );
    }
    job.unbind();
    this.#bind(job);
  }

  /** Ends jobs whose time is over, and drops those that have ended. */
  #sweep(): void {
    const now = this.host.clock.nowMs();
    for (const job of [...this.#jobs]) {
      if (now >= (job.request.deadlineMs ?? Infinity)) job.stop("expired");
      if (!job.isDone || job.inFlight > 0) continue;
      job.unbind();
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
    }
  }

  #sliceSize({ engine, plan: { algorithm, inner } }: BoundSearch): number {
    const { perMs } = this.#rateOf(algorithm);
    const ms = Math.max(this.sliceMs, LEAST_IN_FLIGHT_MS / engine.slicesInFlight);
    return Math.max(1, Math.round(perMs * ms / inner.length));
  }

  #rateOf(algorithm: Algorithm): SliceRate {
    const rate = this.#rates.get(algorithm) ??
      new SliceRate(this.engines.rateOf(algorithm), this.sliceMs);
    this.#rates.set(algorithm, rate);
    return rate;
  }
}
