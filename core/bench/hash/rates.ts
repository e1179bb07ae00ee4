/**
 * How many candidates a second each variant tries, with the adapter's integer bound taken in turn.
 *
 * @module
 */
import { measureRate } from "../../hash/measure_rate.ts";
import type { Search, SearchEngine, Variant } from "../../hash/search_engine.ts";
import { createPlan, type SearchPlan } from "../../hash/search_plan.ts";
import { type NowMs, raceMs, type Run } from "../timing.ts";
import { absentTarget, type Challenge } from "./challenge.ts";
import { type Contender, contendersFor } from "./contenders.ts";
import type { IntegerBound } from "./integer_bound.ts";
import { countOperations, type OperationCount } from "../../hash/wasm/operation_count.ts";

/** Length of a slice, as the solver has it. */
const SLICE_MS = 20;
/** Length of a round. */
const RATE_ROUND_MS = 600;

/** Candidates a second of each variant, and what the adapter did in the same rounds. */
export interface Rates {
  /** What a candidate costs. */
  readonly count: OperationCount;
  readonly perSecond: ReadonlyMap<Variant, number>;
  /** 32-bit operations a second; undefined without an adapter. */
  readonly boundPerSecond: number | undefined;
}

/** A search whose slices can be run over and over. */
export interface SliceRun {
  /** Runs as many slices, with as many on their way at once as the engine likes. */
  readonly run: Run;
  readonly sliceCandidates: number;
  /** Slices that make a round. */
  readonly times: number;
  end(): void;
}

/** Slices of a challenge on an engine; no password is in them. */
export async function openSliceRun(
  engine: SearchEngine,
  challenge: Challenge,
  nowMs: NowMs,
): Promise<SliceRun> {
  const perMs = await measureRate(engine, challenge.mode.algorithm, nowMs);
  const plan = createPlan(absentTarget(challenge), challenge.keyspace, engine.leastInner);
  const count = Math.max(
    1,
    Math.min(plan.groupSize, Math.round(perMs * SLICE_MS / plan.inner.length)),
  );
  const sliceCandidates = count * plan.inner.length;
  const search = await engine.start(plan);
  return {
    sliceCandidates,
    times: Math.ceil(perMs * RATE_ROUND_MS / sliceCandidates),
    run: (times) =>
      runSlices(search, engine.slicesInFlight, sliceStarts(plan, count), count, times),
    end: () => search.end(),
  };
}

/** Medians over rounds in which all variants and the bound take turns. */
export async function raceRates(
  contenders: readonly Contender[],
  challenge: Challenge,
  bound: IntegerBound | undefined,
  rounds: number,
  nowMs: NowMs,
): Promise<Rates> {
  const { algorithm } = challenge.mode;
  const entries: [Variant, SliceRun][] = [];
  for (const { variant, engineOf } of contendersFor(contenders, challenge.mode)) {
    const engine = engineOf.get(algorithm);
    if (engine) entries.push([variant, await openSliceRun(engine, challenge, nowMs)]);
  }
  const runs = entries.map(([, sliceRun]) => sliceRun);
  const ms = await raceMs(bound ? [...runs, bound] : runs, rounds, nowMs);
  for (const sliceRun of runs) sliceRun.end();
  return {
    count: countOperations(createPlan(absentTarget(challenge), challenge.keyspace, 1)),
    perSecond: new Map(entries.map(([variant, { sliceCandidates }], index) => [
      variant,
      1000 * sliceCandidates / ms[index],
    ])),
    boundPerSecond: bound && 1000 * bound.operations / ms[runs.length],
  };
}

/** Where the slices of a plan start, over and over through its first group. */
function* sliceStarts({ groupSize }: SearchPlan, count: number): Generator<number, never> {
  for (let first = 0;;) {
    yield first;
    first += count;
    if (first + count > groupSize) first = 0;
  }
}

async function runSlices(
  search: Search,
  inFlight: number,
  starts: Iterator<number, never>,
  count: number,
  times: number,
): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await search.run({ group: 0n, first: starts.next().value, count });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
