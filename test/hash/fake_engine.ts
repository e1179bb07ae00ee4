/**
 * An engine without a device: it keeps the slices that it is given until a test lets them end, takes
 * time on a fake clock for them, and knows where the passwords are.
 *
 * @module
 */

import { assert } from "chai";
import type { EngineSource } from "../../core/hash/engines.ts";
import {
  EngineLostError,
  type Search,
  type SearchEngine,
  type Suspect,
} from "../../core/hash/search_engine.ts";
import { candidateIndex, type SearchPlan, type Slice } from "../../core/hash/search_plan.ts";
import { FakeClock } from "../harness/memory_host.ts";

/** Turns of the microtask queue in which all that follows from the end of a slice has happened. */
const TURNS = 50;
/** More slices than any test needs: a solver that hands out empty ones would never end. */
const MOST_SLICES = 20_000;

/** A slice that an engine was given. */
export interface GivenSlice {
  readonly engine: SearchEngine;
  readonly plan: SearchPlan;
  readonly slice: Slice;
  /** Range of candidates. */
  readonly first: bigint;
  readonly end: bigint;
  /** When it was given. */
  readonly atMs: number;
}

interface WaitingSlice extends GivenSlice {
  readonly resolve: (suspects: Suspect[]) => void;
  readonly reject: (error: Error) => void;
}

/** What a fake engine is like. */
export interface FakeEngineOptions {
  /** Candidates it tries a millisecond. */
  perMs?: number;
  /** How often the host looks whether slices have ended. @default at once */
  pollMs?: number;
  /** Candidates a millisecond that the solver is told to expect. */
  expectedPerMs?: number;
  slicesInFlight?: number;
  leastInner?: number;
  /** Called before a search starts; what it throws, or rejects with, is the start's failure. */
  onStart?: (plan: SearchPlan) => void | Promise<void>;
}

/** Hands out fake engines, a new one after each loss. */
export class FakeEngines implements EngineSource {
  readonly clock = new FakeClock();
  /** Every slice ever given, in order. */
  readonly given: GivenSlice[] = [];
  readonly discarded: SearchEngine[] = [];
  isClosed = false;
  /** Searches that have started and not ended. */
  openSearches = 0;
  readonly #suspects: { targetWord: number; index: bigint }[] = [];
  #waiting: WaitingSlice[] = [];
  /** When the device is done with all slices that have ended. */
  #busyUntilMs = 0;
  #current: SearchEngine | undefined;
  readonly #lost = new Map<SearchEngine, string>();

  /** @param options what the next engine is like; may be changed on the way */
  constructor(readonly options: FakeEngineOptions = {}) {}

  /** Slices that were given and have not ended. */
  get waiting(): readonly GivenSlice[] {
    return this.#waiting;
  }

  /** Lets engines report the candidate at an index as a suspect. */
  suspect(targetWord: number, index: bigint): void {
    this.#suspects.push({ targetWord, index });
  }

  engineFor(): Promise<SearchEngine> {
    return Promise.resolve(this.#current ??= this.#open());
  }

  rateOf(): number {
    return this.options.expectedPerMs ?? this.options.perMs ?? 1000;
  }

  discard(engine: SearchEngine): boolean {
    this.discarded.push(engine);
    const isCurrent = engine === this.#current;
    if (isCurrent) this.#current = undefined;
    return isCurrent;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  /** Ends the oldest slices, one after another. */
  async finish(count = 1): Promise<void> {
    await turns();
    for (let i = 0; i < count; i++) {
      const oldest = this.#waiting.shift();
      if (!oldest) assert.fail(`no slice is waiting, ${i} of ${count} have ended`);
      this.clock.advance(this.#endMsOf(oldest) - this.clock.nowMs());
      oldest.resolve(this.#suspectsIn(oldest));
      await turns();
    }
  }

  /** When a host learns that the oldest slice has ended. */
  #endMsOf({ atMs, first, end }: GivenSlice): number {
    const { perMs = 1000, pollMs } = this.options;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, atMs) + Number(end - first) / perMs;
    const learnedMs = pollMs ? Math.ceil(this.#busyUntilMs / pollMs) * pollMs : this.#busyUntilMs;
    return Math.max(learnedMs, this.clock.nowMs());
  }

  /** Ends slices until a result is there. */
  async run<T>(result: Promise<T>): Promise<T> {
    let isSettled = false;
    result.catch(() => {}).finally(() => isSettled = true);
    await turns();
    for (let i = 0; !isSettled; i++) {
      if (i > MOST_SLICES) assert.fail(`no end after ${i} slices`);
      await this.finish();
    }
    return await result;
  }

  /** Loses the device with all slices on it, and those that come later. */
  async lose(message = "gone"): Promise<void> {
    if (this.#current) this.#lost.set(this.#current, message);
    await this.fail(new EngineLostError(message));
  }

  /** Fails all slices that are waiting. */
  async fail(error: Error): Promise<void> {
    await turns();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    await turns();
  }

  #open(): SearchEngine {
    const { options } = this;
    const engine: SearchEngine = {
      variant: "u32",
      deviceName: "fake",
      slicesInFlight: options.slicesInFlight ?? 3,
      leastInner: options.leastInner ?? 50,
      guessedRate: this.rateOf(),
      warmUp: () => Promise.resolve(),
      start: async (plan) => {
        await options.onStart?.(plan);
        this.openSearches += 1;
        return this.#search(engine, plan);
      },
      close: () => {},
    };
    return engine;
  }

  #search(engine: SearchEngine, plan: SearchPlan): Search {
    return {
      run: (slice) => {
        const lost = this.#lost.get(engine);
        if (lost !== undefined) return Promise.reject(new EngineLostError(lost));
        const first = candidateIndex(plan, slice.group, slice.first);
        const end = first + BigInt(slice.count * plan.inner.length);
        const { promise, resolve, reject } = Promise.withResolvers<Suspect[]>();
        const given = { engine, plan, slice, first, end, atMs: this.clock.nowMs() };
        this.given.push(given);
        this.#waiting.push({ ...given, resolve, reject });
        return promise;
      },
      end: () => void (this.openSearches -= 1),
    };
  }

  #suspectsIn({ plan, slice, first, end }: GivenSlice): Suspect[] {
    const innerCount = plan.inner.length;
    return this.#suspects
      .filter(({ targetWord, index }) =>
        targetWord === plan.targetWord && index >= first && index < end
      )
      .map(({ index }) => {
        const outer = slice.first + Number((index - first) / BigInt(innerCount));
        return { outer, innerFirst: 0, innerCount };
      });
  }
}

/** Lets everything happen that waits for nothing but promises. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await undefined;
}

/** Slices of a challenge as ranges of candidates, in the order in which they were given. */
export function rangesOf(given: readonly GivenSlice[]): [bigint, bigint][] {
  return given.map(({ first, end }) => [first, end]);
}

/** Asserts that ranges, in whatever order, cover `first` to `end - 1`, each index once. */
export function assertTiled(ranges: readonly [bigint, bigint][], first: bigint, end: bigint): void {
  let at = first;
  for (const [from, to] of ranges.toSorted(([x], [y]) => x < y ? -1 : x > y ? 1 : 0)) {
    assert.strictEqual(from, at, "a slice begins where the one before it ends");
    assert.isTrue(to > from, "a slice is not empty");
    at = to;
  }
  assert.strictEqual(at, end);
}
