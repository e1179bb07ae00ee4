/**
 * One password search on its way: what is left of its keyspace, and what came of it.
 *
 * @module
 */
import { type HashTarget, isPassword } from "./hash_target.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Search, SearchEngine, Suspect } from "./search_engine.ts";
import { candidateIndex, createPlan, type SearchPlan, type Slice } from "./search_plan.ts";

/** What to search. */
export interface SolveRequest {
  readonly target: HashTarget;
  readonly keyspace: Keyspace;
  /** Candidates to leave out at the start, in the order of the search. @default {0n} */
  readonly skip?: bigint;
  /** Candidates to try after those, at most. @default all */
  readonly limit?: bigint;
  /** A job of higher priority goes first, even before one that runs. @default {0} */
  readonly priority?: number;
  /** On the host's clock; the search ends then, found or not. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Called after each slice, some ten milliseconds apart. */
  readonly onProgress?: (progress: SolveProgress) => void;
}

/** How far a search has come. */
export interface SolveProgress {
  /** Candidates tried, and to try in all. */
  readonly tried: bigint;
  readonly total: bigint;
  /** Milliseconds since its first slice was submitted. */
  readonly elapsedMs: number;
  /** Candidates a second over that time. */
  readonly rate: number;
}

/** How a search ended. */
export interface SolveResult extends SolveProgress {
  readonly outcome: "cracked" | "exhausted" | "aborted" | "expired";
  readonly password: Uint8Array<ArrayBuffer> | undefined;
  /** Milliseconds from the call to its first slice. */
  readonly waitedMs: number;
}

/** A search bound to an engine. */
export interface BoundSearch {
  readonly engine: SearchEngine;
  readonly plan: SearchPlan;
  readonly search: Search;
}

/** A job of the queue. */
export class SearchJob {
  readonly #promise = Promise.withResolvers<SolveResult>();
  /** Slices that were given but lost with their device. */
  readonly #lostSlices: Slice[] = [];
  #bound: BoundSearch | undefined;
  #plan: SearchPlan | undefined;
  #next = 0n;
  #end = 0n;
  #total: bigint;
  #tried = 0n;
  #startedMs = NaN;
  #isDone = false;
  inFlight = 0;
  /** Losses of a device since a slice last ended well. */
  losses = 0;

  constructor(
    readonly request: SolveRequest,
    /** Time of the call on the host's clock. */
    readonly calledMs: number,
    readonly nowMs: () => number,
  ) {
    this.#total = request.keyspace.size;
  }

  get result(): Promise<SolveResult> {
    return this.#promise.promise;
  }

  get bound(): BoundSearch | undefined {
    return this.#bound;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether it is bound and has slices left to give. */
  get isRunnable(): boolean {
    return !this.#isDone && this.#bound !== undefined &&
      (this.#lostSlices.length > 0 || this.#next < this.#end);
  }

  /**
   * The job's plan, made for the first engine: what is left is counted in its outer indices, so it
   * stays when the job moves to another engine.
   */
  planFor(engine: SearchEngine): SearchPlan {
    const { target, keyspace } = this.request;
    return this.#plan ??= createPlan(target, keyspace, engine.leastInner);
  }

  /** Goes on with an engine; the first time this fixes the range in whole inner tables. */
  bind(bound: BoundSearch): void {
    if (this.#end === 0n) this.#setRange(bound.plan);
    this.#bound = bound;
  }

  /** Leaves an engine; its slices have ended. */
  unbind(): void {
    this.#bound?.search.end();
    this.#bound = undefined;
  }

  /** The next slice, of at most `count` outer indices. */
  takeSlice({ plan }: BoundSearch, count: number): Slice {
    if (Number.isNaN(this.#startedMs)) this.#startedMs = this.nowMs();
    const lost = this.#lostSlices.shift();
    if (lost) return this.#takePart(lost, count);
    const groupSize = BigInt(plan.groupSize);
    const first = Number(this.#next % groupSize);
    const left = this.#end - this.#next;
    const slice = {
      group: this.#next / groupSize,
      first,
      count: Math.min(count, plan.groupSize - first, Number(left)),
    };
    this.#next += BigInt(slice.count);
    return slice;
  }

  /** The start of a lost slice, which may be too long for the engine that takes it over. */
  #takePart(lost: Slice, most: number): Slice {
    const count = Math.min(most, lost.count);
    const rest = { group: lost.group, first: lost.first + count, count: lost.count - count };
    if (rest.count > 0) this.#lostSlices.unshift(rest);
    return { ...lost, count };
  }

  /** Takes a slice back that was lost with its device. */
  giveBack(slice: Slice): void {
    this.#lostSlices.push(slice);
  }

  /** Counts a slice and checks its suspects; ends the job if the password is among them. */
  finishSlice({ plan }: BoundSearch, slice: Slice, suspects: readonly Suspect[]): void {
    if (this.#isDone) return;
    this.losses = 0;
    this.#tried += BigInt(slice.count) * BigInt(plan.inner.length);
    const password = this.#findPassword(plan, slice.group, suspects);
    if (password) return this.#finish("cracked", password);
    this.request.onProgress?.(this.progress());
    if (this.#tried === this.#total) this.#finish("exhausted");
  }

  progress(): SolveProgress {
    const elapsedMs = Number.isNaN(this.#startedMs) ? 0 : this.nowMs() - this.#startedMs;
    const rate = elapsedMs > 0 ? Number(this.#tried) * 1000 / elapsedMs : 0;
    return { tried: this.#tried, total: this.#total, elapsedMs, rate };
  }

  /** Ends the job without a password, now. */
  stop(outcome: "aborted" | "expired"): void {
    if (!this.#isDone) this.#finish(outcome);
  }

  fail(error: unknown): void {
    this.#isDone = true;
    this.#promise.reject(error);
  }

  #setRange(plan: SearchPlan): void {
    const { keyspace, skip = 0n, limit } = this.request;
    const inner = BigInt(plan.inner.length);
    const all = keyspace.size / inner;
    const end = limit === undefined ? all : (skip + limit + inner - 1n) / inner;
    this.#next = skip / inner;
    this.#end = end < all ? end : all;
    this.#total = (this.#end - this.#next) * inner;
  }

  #findPassword(
    plan: SearchPlan,
    group: bigint,
    suspects: readonly Suspect[],
  ): Uint8Array<ArrayBuffer> | undefined {
    const { target, keyspace } = this.request;
    for (const { outer, innerFirst, innerCount } of suspects) {
      const first = candidateIndex(plan, group, outer) + BigInt(innerFirst);
      for (let offset = 0; offset < innerCount; offset++) {
        const candidate = keyspace.candidate(first + BigInt(offset), plan.order);
        if (isPassword(target, candidate)) return candidate;
      }
    }
    return undefined;
  }

  #finish(outcome: SolveResult["outcome"], password?: Uint8Array<ArrayBuffer>): void {
    this.#isDone = true;
    const waitedMs = (Number.isNaN(this.#startedMs) ? this.nowMs() : this.#startedMs) -
      this.calledMs;
    this.#promise.resolve({ ...this.progress(), outcome, password, waitedMs });
  }
}
